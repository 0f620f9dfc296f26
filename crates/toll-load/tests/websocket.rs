//! WebSocket echoes against a server of a few lines, well-behaved and not.

#![cfg(unix)]

mod common;

use common::{Server, Stream, read_request};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use toll_load::{
    Expectation, LoadError, LoadPlan, LoadResult, Protocol, Request, Schedule, Session,
    SessionConfig, Stop, Target, run,
};

/// The answer to the one key that is sent (RFC 6455 §1.3).
const ACCEPTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const PING: &[u8] = b"\x89\x02hi";

/// One frame from the client: opcode and payload. The mask must be there.
fn read_frame(stream: &mut dyn Stream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).ok()?;
    assert_eq!(head[1] & 0x80, 0x80, "a client masks");
    let length = match head[1] & 0x7f {
        126 => {
            let mut long = [0; 2];
            stream.read_exact(&mut long).ok()?;
            usize::from(u16::from_be_bytes(long))
        }
        short => usize::from(short),
    };
    let mut mask = [0; 4];
    stream.read_exact(&mut mask).ok()?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).ok()?;
    let bytes = payload.iter_mut().zip(mask.iter().cycle());
    bytes.for_each(|(byte, mask)| *byte ^= mask);
    Some((head[0] & 0x0f, payload))
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    if payload.len() < 126 {
        bytes.push(payload.len() as u8);
    } else {
        bytes.push(126);
        bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    }
    bytes.extend_from_slice(payload);
    bytes
}

/// Accepts, and answers every message with what `answer` makes of it. Pongs are counted, not answered.
fn answering(
    pongs: Arc<AtomicU64>,
    answer: impl Fn(u64, &[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> Server {
    Server::tcp(move |stream, requests| {
        if read_request(stream).is_none() || stream.write_all(ACCEPTED).is_err() {
            return;
        }
        while let Some((opcode, payload)) = read_frame(stream) {
            if opcode == 10 {
                assert_eq!(payload, b"hi");
                pongs.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            let number = requests.fetch_add(1, Ordering::SeqCst);
            if stream.write_all(&answer(number, &payload)).is_err() {
                return;
            }
        }
    })
}

fn echoing() -> Server {
    answering(Arc::default(), |_, payload| frame(0x81, payload))
}

fn plan(server: &Server, message: &str) -> LoadPlan {
    let target = server.target().speaking(Protocol::WebSocket);
    let mut plan = LoadPlan::new(target, Request::get("/ws").body(message));
    plan.connections = 3;
    plan.stop = Stop::Count(300);
    plan
}

fn carry_out(plan: &LoadPlan) -> LoadResult {
    let result = run(plan, &AtomicBool::new(false), &mut |_| {}).unwrap();
    let after = result.errors.after_sending();
    assert_eq!(result.sent, result.ok + after + result.in_flight);
    result
}

#[test]
fn messages_come_back() {
    for length in [0, 5, 125, 126, 4000] {
        let server = echoing();
        let result = carry_out(&plan(&server, &"m".repeat(length)));
        assert_eq!((result.ok, result.errors.total()), (300, 0), "{length}");
        assert_eq!((server.seen(), server.accepted()), (300, 3));
        let head = if length < 126 { 2 } else { 4 };
        assert_eq!(result.bytes_in, 300 * (head + length as u64));
        assert_eq!(result.bytes_out, 300 * (head + 4 + length as u64));
        assert_eq!(result.statuses[&101], 300);
    }
}

#[test]
fn several_messages_take_turns() {
    let server = echoing();
    let mut plan = plan(&server, "one");
    plan.requests.push(Request::get("/ws").body("and another"));
    let result = carry_out(&plan);
    assert_eq!((result.ok, result.requests), (300, 2));
}

#[test]
fn pings_are_answered_and_fragments_put_together() {
    let pongs = Arc::new(AtomicU64::new(0));
    let server = answering(pongs.clone(), |number, payload| {
        let (front, back) = payload.split_at(payload.len() / 2);
        match number % 4 {
            0 => [PING, &frame(0x81, payload)].concat(),
            1 => [frame(0x01, front), PING.to_vec(), frame(0x80, back)].concat(),
            2 => [&frame(0x81, payload), PING].concat(),
            _ => frame(0x81, payload),
        }
    });
    let result = carry_out(&plan(&server, "hello"));
    assert_eq!(
        (result.ok, result.errors.total()),
        (300, 0),
        "{:?}",
        result.errors
    );
    assert_eq!(result.reconnects, 0);
    // The pong to the last ping may still be on its way.
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(pongs.load(Ordering::SeqCst), 225);
}

#[test]
fn a_ping_between_messages_disturbs_nothing() {
    let pongs = Arc::new(AtomicU64::new(0));
    let counted = pongs.clone();
    let server = Server::tcp(move |stream, requests| {
        read_request(stream).unwrap();
        stream.write_all(ACCEPTED).unwrap();
        while let Some((opcode, payload)) = read_frame(stream) {
            if opcode == 10 {
                counted.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            requests.fetch_add(1, Ordering::SeqCst);
            stream.write_all(&frame(0x81, &payload)).unwrap();
            std::thread::sleep(Duration::from_millis(5));
            stream.write_all(PING).unwrap();
        }
    });
    let mut plan = plan(&server, "hello");
    plan.schedule = Schedule::ConstantRate { per_second: 100.0 };
    plan.stop = Stop::Count(30);
    let result = carry_out(&plan);
    assert_eq!((result.ok, result.unasked, result.reconnects), (30, 0, 0));
    std::thread::sleep(Duration::from_millis(50));
    assert!(pongs.load(Ordering::SeqCst) >= 27);
}

#[test]
fn wrong_echoes_and_lost_connections_have_their_classes() {
    let server = answering(Arc::default(), |number, payload| match number % 10 {
        3 => frame(0x81, b"another"),
        5 => frame(0x88, b"\x03\xe8"),
        7 => b"\x83\x00".to_vec(),
        _ => frame(0x81, payload),
    });
    let result = carry_out(&plan(&server, "hello"));
    let errors = &result.errors;
    assert_eq!(
        (errors.wrong_body, errors.closed, errors.framing),
        (30, 30, 30)
    );
    assert_eq!(result.ok, 210);
    // Each of them cost its connection, but for the last ones.
    assert!(
        (57..=60).contains(&result.reconnects),
        "{}",
        result.reconnects
    );
}

#[test]
fn an_echo_that_is_expected_otherwise() {
    let server = answering(Arc::default(), |_, _| frame(0x82, b"\xff\x00"));
    let mut plan = plan(&server, "hello");
    plan.expectation.body = Some(b"\xff\x00".to_vec());
    assert_eq!(carry_out(&plan).ok, 300);
}

#[test]
fn a_refused_upgrade_says_its_status() {
    let server = Server::tcp(|stream, _| {
        read_request(stream);
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
    let refused = run(&plan(&server, "x"), &AtomicBool::new(false), &mut |_| {});
    assert!(matches!(
        refused.unwrap_err(),
        LoadError::Refused { status: 403, .. }
    ));
}

#[test]
fn a_server_that_never_accepts_the_upgrade_is_left() {
    let server = Server::tcp(|stream, _| while read_request(stream).is_some() {});
    let mut plan = plan(&server, "x");
    plan.connect_timeout = Duration::from_millis(100);
    let error = run(&plan, &AtomicBool::new(false), &mut |_| {}).unwrap_err();
    assert!(matches!(error, LoadError::Connect { .. }), "{error}");
}

#[test]
fn a_session_exchanges_and_slices() {
    let server = echoing();
    let target = server.target().speaking(Protocol::WebSocket);
    let request = Request::get("/ws").body("hello");
    let config = SessionConfig {
        connections: 2,
        ..SessionConfig::default()
    };
    let mut session =
        Session::connect(&target, &request, &Expectation::default(), &config).unwrap();
    let answer = session.exchange().unwrap();
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (101, &b"hello"[..])
    );
    assert_eq!(answer.header("upgrade"), Some(&b"websocket"[..]));
    let slice = session
        .slice(Duration::from_millis(30), &AtomicBool::new(false))
        .unwrap();
    assert!(slice.ok > 0 && slice.errors.total() == 0);
    assert_eq!(slice.ok + 1, server.seen());
}

#[test]
fn the_ways_to_write_a_target() {
    for (text, written) in [
        ("ws://127.0.0.1:80/x", "ws://127.0.0.1:80/x"),
        ("ws+unix://%2Frun%2Fa.sock/x", "ws+unix:///run/a.sock:/x"),
    ] {
        let target = Target::parse(text).unwrap();
        assert_eq!(target.protocol(), Protocol::WebSocket);
        assert_eq!(target.to_string(), written);
        assert_eq!(Target::parse(written).unwrap(), target);
    }
}
