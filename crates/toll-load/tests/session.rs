//! Sessions against servers that behave.

mod common;

use common::{OK, Server, always, close_when_idle, once, pieces, ping, read_request};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use toll_load::{Expectation, LoadError, Request, Session, SessionConfig, SliceOutcome, Target};

static GO: AtomicBool = AtomicBool::new(false);
const SLICE: Duration = Duration::from_millis(60);

fn config(connections: usize) -> SessionConfig {
    SessionConfig {
        connections,
        ..SessionConfig::default()
    }
}

fn session(server: &Server, request: &Request, expectation: &Expectation) -> Session {
    Session::connect(&server.target(), request, expectation, &config(3)).unwrap()
}

fn hello() -> Expectation {
    Expectation {
        status: Some(200),
        body: Some(b"hello".to_vec()),
        ..Expectation::default()
    }
}

fn all_right(outcome: &SliceOutcome) {
    assert!(outcome.ok > 10, "{outcome:?}");
    assert_eq!(
        (outcome.sent, outcome.errors.total(), outcome.in_flight),
        (outcome.ok, 0, 0)
    );
    assert_eq!((outcome.latency.len(), outcome.unasked), (outcome.ok, 0));
    assert!(outcome.client_cpu_ns > 0 && outcome.wall_ns >= SLICE.as_nanos() as u64);
}

#[test]
fn a_slice_counts_what_the_server_counts() {
    let server = Server::tcp(always(OK));
    let mut session = session(&server, &ping(), &hello());
    for _ in 0..3 {
        let before = server.seen();
        let outcome = session.slice(SLICE, &GO).unwrap();
        all_right(&outcome);
        assert_eq!(server.seen() - before, outcome.sent);
        assert_eq!(outcome.bytes_in, outcome.ok * OK.len() as u64);
        let request = "GET /_ping HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n".len() as u64;
        assert_eq!(outcome.bytes_out, outcome.sent * request);
        let busy = outcome.latency_sum_ns as f64 / (3.0 * outcome.wall_ns as f64);
        assert!((0.9..=1.001).contains(&busy), "Little's law: {busy}");
    }
    assert_eq!(server.accepted(), 3);
}

#[test]
fn every_way_to_answer() {
    let chunked =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    let interim = [
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".as_slice(),
        OK,
    ]
    .concat();
    let pause = Duration::from_micros(300);
    let servers = [
        Server::tcp(always(chunked)),
        Server::tcp(always(&interim)),
        Server::tcp(pieces(&[&OK[..9], &OK[9..70], &OK[70..]], pause)),
        Server::tcp(pieces(
            &[&chunked[..50], &chunked[50..58], &chunked[58..]],
            pause,
        )),
        Server::tcp(once(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
        )),
        Server::tcp(once(b"HTTP/1.1 200 OK\r\n\r\nhello")),
    ];
    for (index, server) in servers.iter().enumerate() {
        let mut session = session(server, &ping(), &hello());
        let response = session.exchange().unwrap();
        assert_eq!(
            (response.status, response.body.as_slice()),
            (200, b"hello".as_slice()),
            "server {index}"
        );
        all_right(&session.slice(SLICE, &GO).unwrap());
    }
}

#[test]
fn an_answer_that_always_changes_is_still_right() {
    let counter = AtomicU64::new(0);
    let server = Server::tcp(move |stream, requests| {
        while read_request(stream).is_some() {
            requests.fetch_add(1, Ordering::SeqCst);
            let number = counter.fetch_add(1, Ordering::SeqCst);
            let answer =
                format!("HTTP/1.1 200 OK\r\nx-request: {number}\r\ncontent-length: 5\r\n\r\nhello");
            let (first, second) = answer.split_at(number as usize % 30 + 1);
            stream
                .write_all(first.as_bytes())
                .and_then(|()| stream.write_all(second.as_bytes()))
                .unwrap();
        }
    });
    all_right(
        &session(&server, &ping(), &hello())
            .slice(SLICE * 2, &GO)
            .unwrap(),
    );
}

#[test]
fn one_wrong_answer_among_many_is_found() {
    let server = Server::tcp(|stream, requests| {
        while read_request(stream).is_some() {
            let wrong = requests.fetch_add(1, Ordering::SeqCst) % 10 == 9;
            let answer = if wrong {
                String::from_utf8_lossy(OK)
                    .replace("hello", "hallo")
                    .into_bytes()
            } else {
                OK.to_vec()
            };
            stream.write_all(&answer).unwrap();
        }
    });
    let outcome = session(&server, &ping(), &hello())
        .slice(SLICE, &GO)
        .unwrap();
    assert_eq!(outcome.errors.wrong_body, server.seen() / 10);
    assert_eq!(outcome.ok + outcome.errors.wrong_body, outcome.sent);
    assert_eq!(outcome.latency.len(), outcome.ok);
}

#[test]
fn a_header_that_disappears_once_is_found() {
    let server = Server::tcp(|stream, requests| {
        while read_request(stream).is_some() {
            let bare = requests.fetch_add(1, Ordering::SeqCst) % 10 == 9;
            let mark = if bare { "" } else { "x-mark: 1\r\n" };
            let answer = format!("HTTP/1.1 200 OK\r\n{mark}content-length: 5\r\n\r\nhello");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let marked = Expectation {
        headers: vec![("x-mark".to_owned(), b"1".to_vec())],
        ..hello()
    };
    let outcome = session(&server, &ping(), &marked)
        .slice(SLICE, &GO)
        .unwrap();
    assert_eq!(outcome.errors.wrong_header, server.seen() / 10);
    assert_eq!(outcome.ok + outcome.errors.wrong_header, outcome.sent);
}

#[test]
fn bodiless_answers() {
    let head = Server::tcp(always(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n"));
    all_right(
        &session(&head, &Request::new("HEAD", "/"), &Expectation::default())
            .slice(SLICE, &GO)
            .unwrap(),
    );
    let empty = Server::tcp(always(
        b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9999\r\n\r\n",
    ));
    let unmodified = Expectation {
        status: Some(304),
        ..Expectation::default()
    };
    all_right(
        &session(&empty, &ping(), &unmodified)
            .slice(SLICE, &GO)
            .unwrap(),
    );
}

#[test]
fn a_large_request_is_written_in_parts() {
    let server = Server::tcp(|stream, requests| {
        let (mut left, mut buffer) = (0_u64, vec![0; 8192]);
        loop {
            if left == 0 {
                requests.fetch_add(1, Ordering::SeqCst);
                let Some(head) = std::iter::from_fn(|| {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).ok().map(|()| byte[0])
                })
                .scan(Vec::new(), |head, byte| {
                    head.push(byte);
                    Some(head.clone())
                })
                .find(|head| head.ends_with(b"\r\n\r\n")) else {
                    return;
                };
                let text = String::from_utf8(head).unwrap();
                let length = text
                    .lines()
                    .find_map(|line| line.strip_prefix("Content-Length: "))
                    .unwrap();
                left = length.parse().unwrap();
            }
            let Ok(length @ 1..) = stream.read(&mut buffer) else {
                return;
            };
            left -= length as u64;
            if left == 0 {
                stream.write_all(OK).unwrap();
            }
        }
    });
    let request = Request::new("POST", "/upload").body(vec![7; 8 << 20]);
    let mut session = session(&server, &request, &hello());
    assert_eq!(session.exchange().unwrap().status, 200);
    let outcome = session.slice(SLICE, &GO).unwrap();
    assert!(
        outcome.ok >= 3 && outcome.errors.total() == 0,
        "{:?}",
        outcome.errors
    );
    assert!(outcome.bytes_out > outcome.sent * (8 << 20));
}

#[test]
fn unix_sockets_and_ipv6() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::unix(&folder.path().join("s.sock"), always(OK));
    all_right(
        &session(&server, &ping(), &hello())
            .slice(SLICE, &GO)
            .unwrap(),
    );
    let close = Server::unix(
        &folder.path().join("c.sock"),
        once(b"HTTP/1.0 200 OK\r\n\r\nhello"),
    );
    all_right(
        &session(&close, &ping(), &hello())
            .slice(SLICE, &GO)
            .unwrap(),
    );
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        let server = Server::listen("[::1]:0", always(OK));
        all_right(
            &session(&server, &ping(), &hello())
                .slice(SLICE, &GO)
                .unwrap(),
        );
    }
}

#[test]
fn the_first_address_that_answers_is_used() {
    let server = Server::tcp(always(OK));
    let target = Target::parse(&format!(
        "http://localhost:{}/",
        server.target().host().rsplit(':').next().unwrap()
    ))
    .unwrap();
    let mut session = Session::connect(&target, &ping(), &hello(), &config(1)).unwrap();
    assert_eq!(session.exchange().unwrap().body, b"hello");
}

#[test]
fn an_exchange_keeps_headers_and_any_status() {
    let server = Server::tcp(always(
        b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nContent-Length: 2\r\nx-a: 2\r\n\r\nno",
    ));
    let mut session = session(&server, &ping(), &hello());
    let response = session.exchange().unwrap();
    assert_eq!(
        (response.status, response.body.as_slice()),
        (404, b"no".as_slice())
    );
    assert_eq!(response.header_all("X-a").collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!(
        response.headers[1],
        ("content-length".into(), b"2".to_vec())
    );
    let outcome = session.slice(SLICE, &GO).unwrap();
    assert_eq!((outcome.ok, outcome.errors.client_error), (0, outcome.sent));
    assert!(outcome.sent > 10);
}

#[test]
fn connections_closed_while_idle_are_replaced_first() {
    let server = Server::tcp(|stream, requests| {
        close_when_idle(stream, Duration::from_millis(40));
        always(OK)(stream, requests);
    });
    let mut session = session(&server, &ping(), &hello());
    for round in 1..4 {
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(session.exchange().unwrap().status, 200);
        std::thread::sleep(Duration::from_millis(100));
        let outcome = session.slice(SLICE, &GO).unwrap();
        all_right(&outcome);
        assert_eq!((outcome.reconnects, server.accepted()), (3, 3 + round * 6));
    }
}

#[test]
fn nobody_listening_is_an_error_at_once() {
    let server = Server::tcp(always(OK));
    let target = server.target();
    drop(server);
    std::thread::sleep(Duration::from_millis(20));
    let outcome = Session::connect(&target, &ping(), &hello(), &config(1));
    assert!(matches!(outcome, Err(LoadError::Connect { .. })));
}

#[test]
#[cfg(target_os = "linux")]
fn nagle_against_delayed_acknowledgements_is_recognised() {
    let server = Server::tcp(|stream, requests| {
        rustix::net::sockopt::set_tcp_nodelay(stream.as_fd(), false).unwrap();
        pieces(&[&OK[..75], &OK[75..]], Duration::ZERO)(stream, requests);
    });
    let outcome = session(&server, &ping(), &hello())
        .slice(Duration::from_millis(1500), &GO)
        .unwrap();
    let found = toll_load::delayed_ack(&outcome.latency).expect("a mode at 40 ms");
    assert!(found.share > 0.3, "{found:?}");
}

#[test]
fn a_session_can_move_to_another_thread() {
    let server = Server::tcp(always(OK));
    let mut session = session(&server, &ping(), &hello());
    let outcome = std::thread::spawn(move || session.slice(SLICE, &GO).unwrap())
        .join()
        .unwrap();
    all_right(&outcome);
}
