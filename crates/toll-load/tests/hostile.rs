//! Servers that misbehave: an error class and a bound, never a hang.

mod common;

use common::bounds::{TIMEOUT, session, slice};
use common::{OK, Server, Stream, always, once, pieces, ping, read_request};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use toll_load::{Errors, Expectation, Fault, LoadError, Session, SessionConfig, SliceOutcome};

fn fails_with(
    fault: Fault,
    handler: impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static,
) -> SliceOutcome {
    let server = Server::tcp(handler);
    let outcome = slice(&server);
    assert!(
        outcome.errors.of(fault) > 0,
        "{fault}: {:?}",
        outcome.errors
    );
    assert_eq!(outcome.ok, 0);
    outcome
}

/// Sends what is given, and then nothing, but stays.
fn then_silence(
    answer: &'static [u8],
) -> impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static {
    move |stream, _| {
        if read_request(stream).is_some() {
            let _ = stream.write_all(answer);
            while read_request(stream).is_some() {}
        }
    }
}

fn reset(stream: &mut dyn Stream) {
    let fd = stream.as_fd();
    rustix::net::sockopt::set_socket_linger(fd, Some(Duration::ZERO)).unwrap();
}

#[test]
fn silence_times_out() {
    let outcome = fails_with(Fault::Timeout, then_silence(b""));
    assert_eq!(
        outcome.errors,
        Errors {
            timeout: outcome.sent,
            ..Errors::default()
        }
    );
    assert!(outcome.wall_ns >= TIMEOUT.as_nanos() as u64);
    fails_with(Fault::Timeout, then_silence(b"HTTP/1.1 200 OK\r\ncontent-"));
    fails_with(
        Fault::Timeout,
        then_silence(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell"),
    );
    fails_with(
        Fault::Timeout,
        then_silence(b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\nhello"),
    );
}

#[test]
fn what_is_not_http_is_bad_framing() {
    for answer in [
        b"SSH-2.0-OpenSSH_9.6\r\n".as_slice(),
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    ] {
        let outcome = fails_with(Fault::Framing, once(answer));
        assert_eq!(
            outcome.errors.total(),
            outcome.errors.framing,
            "{:?}",
            String::from_utf8_lossy(answer)
        );
    }
}

#[test]
fn extra_answers_are_bad_framing() {
    fails_with(Fault::Framing, always(&OK.repeat(2)));
    fails_with(Fault::Framing, always(&[OK, b"x"].concat()));
}

#[test]
fn extra_answers_that_come_later_are_told() {
    let server = Server::tcp(pieces(&[OK, OK], Duration::from_millis(1)));
    let outcome = slice(&server);
    assert!(
        outcome.unasked + outcome.errors.framing > 0,
        "{:?}",
        outcome.errors
    );
}

#[test]
fn closes_and_resets_do_not_spin() {
    for handler in [false, true] {
        let outcome = fails_with(Fault::Closed, move |stream, _| {
            if read_request(stream).is_some() && handler {
                reset(stream);
            }
        });
        assert!(outcome.errors.total() < 60, "{:?}", outcome.errors);
    }
    fails_with(
        Fault::ShortBody,
        once(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel"),
    );
    fails_with(
        Fault::ShortBody,
        once(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    );
}

#[test]
fn a_server_that_resets_now_and_then_goes_on_being_measured() {
    let server = Server::tcp(|stream, requests| {
        while read_request(stream).is_some() {
            if requests.fetch_add(1, Ordering::SeqCst) % 20 == 19 {
                return reset(stream);
            }
            stream.write_all(OK).unwrap();
        }
    });
    let outcome = slice(&server);
    assert!(outcome.ok > 50 && !outcome.gave_up);
    assert_eq!(outcome.errors.total(), server.seen() / 20);
    assert_eq!(outcome.sent, server.seen());
}

#[test]
fn wrong_statuses_have_their_classes() {
    for (status, fault) in [
        (201, Fault::WrongStatus),
        (302, Fault::Redirect),
        (404, Fault::ClientError),
        (500, Fault::ServerError),
    ] {
        let answer =
            format!("HTTP/1.1 {status} X\r\nlocation: /\r\ncontent-length: 5\r\n\r\nhello");
        let outcome = fails_with(fault, always(answer.as_bytes()));
        assert_eq!(
            (outcome.errors.of(fault), outcome.reconnects),
            (outcome.sent, 0)
        );
    }
    for body in ["hell", "hello!", "HELLO"] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        fails_with(Fault::WrongBody, always(answer.as_bytes()));
    }
}

#[test]
fn a_server_that_dies_ends_the_slice_early() {
    let server = Server::tcp(once(OK));
    let mut session = session(&server);
    drop(server);
    let start = Instant::now();
    let outcome = session
        .slice(Duration::from_secs(20), &AtomicBool::new(false))
        .unwrap();
    assert!(outcome.gave_up && start.elapsed() < Duration::from_secs(2));
    assert!(
        (1..100).contains(&outcome.errors.connect),
        "{:?}",
        outcome.errors
    );
    let complaint = session.exchange().unwrap_err();
    assert!(
        matches!(complaint, LoadError::Connect { .. }),
        "{complaint}"
    );
}

#[test]
fn an_abort_is_seen_soon() {
    let server = Server::tcp(then_silence(b""));
    let config = SessionConfig {
        connections: 3,
        ..SessionConfig::default()
    };
    let mut session =
        Session::connect(&server.target(), &ping(), &Expectation::default(), &config).unwrap();
    let abort = AtomicBool::new(false);
    let start = Instant::now();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            abort.store(true, Ordering::SeqCst);
        });
        session.slice(Duration::from_secs(20), &abort).unwrap()
    });
    assert!(start.elapsed() < Duration::from_millis(500));
    assert!(outcome.aborted);
    assert_eq!(
        (outcome.sent, outcome.in_flight, outcome.errors.total()),
        (3, 3, 0)
    );
}
