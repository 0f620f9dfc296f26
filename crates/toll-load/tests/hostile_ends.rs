//! Connections that end at every byte of an answer, in every way, told by every way of reading.

mod common;

use common::bounds::{bounded_run, plan, session, slice};
use common::{OK, Server, Stream, read_request};
use rustix::net::{Shutdown, shutdown};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use toll_load::{Errors, Fault, LoadError, LoadPlan, Stop};

const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nx-sum: 1\r\n\r\n";
const ANSWERS: [&[u8]; 2] = [OK, CHUNKED];

/// How a connection ends.
type Ending = fn(&mut dyn Stream);

const ENDINGS: [(&str, Ending); 3] = [
    ("close", close),
    ("reset", reset),
    ("half-close", half_close),
];

fn close(_: &mut dyn Stream) {}

fn reset(stream: &mut dyn Stream) {
    rustix::net::sockopt::set_socket_linger(stream.as_fd(), Some(Duration::ZERO)).unwrap();
}

/// Sends no more, but goes on reading.
fn half_close(stream: &mut dyn Stream) {
    shutdown(stream.as_fd(), Shutdown::Write).unwrap();
    while read_request(stream).is_some() {}
}

fn head_length(answer: &[u8]) -> usize {
    answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4
}

/// Ends after so many bytes as `at` says, which may change.
fn cut_server(answer: &'static [u8], at: Arc<AtomicUsize>, ending: Ending) -> Server {
    Server::tcp(move |stream, _| {
        if read_request(stream).is_some() {
            let _ = stream.write_all(&answer[..at.load(Ordering::SeqCst)]);
            ending(stream);
        }
    })
}

#[test]
fn at_every_byte_of_a_single_exchange() {
    for (answer, (name, ending)) in ANSWERS
        .iter()
        .flat_map(|answer| ENDINGS.map(|ending| (answer, ending)))
    {
        let at = Arc::new(AtomicUsize::new(0));
        let server = cut_server(answer, at.clone(), ending);
        let mut session = session(&server);
        for length in 0..answer.len() {
            at.store(length, Ordering::SeqCst);
            let expected = if length < head_length(answer) {
                Fault::Closed
            } else {
                Fault::ShortBody
            };
            let start = Instant::now();
            let complaint = session.exchange().unwrap_err();
            assert!(
                matches!(&complaint, LoadError::Exchange { fault, .. } if *fault == expected),
                "{name} after {length}: {complaint}, not {expected}"
            );
            assert!(
                start.elapsed() < Duration::from_millis(150),
                "{name} after {length}"
            );
        }
    }
}

/// Every connection has one good answer, so that there is something to compare with, and then one that is cut.
#[test]
fn at_every_byte_of_an_answer_under_load() {
    for (answer, (name, ending)) in ANSWERS
        .iter()
        .flat_map(|answer| ENDINGS.map(|ending| (*answer, ending)))
    {
        let next = AtomicUsize::new(0);
        let server = Server::tcp(move |stream, _| {
            if read_request(stream).is_some()
                && stream.write_all(answer).is_ok()
                && read_request(stream).is_some()
            {
                let length = next.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(&answer[..length.min(answer.len())]);
                ending(stream);
            }
        });
        let (all, head) = (answer.len() as u64, head_length(answer) as u64);
        let plan = LoadPlan {
            stop: Stop::Count(2 * all),
            ..plan(&server)
        };
        let start = Instant::now();
        let result = bounded_run(&plan);
        let expected = Errors {
            closed: head,
            short_body: all - head,
            ..Errors::default()
        };
        assert_eq!((result.ok, result.errors), (all, expected), "{name}");
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "{name}: {:?}",
            start.elapsed()
        );
    }
}

/// A complete answer is one, also if a half-close follows; but the next request on that connection is lost.
#[test]
fn right_after_the_answer() {
    for (name, ending) in ENDINGS {
        let server = Server::tcp(move |stream, _| {
            if read_request(stream).is_some() && stream.write_all(OK).is_ok() {
                ending(stream);
            }
        });
        let outcome = slice(&server);
        let lost = Errors {
            closed: outcome.errors.closed,
            ..Errors::default()
        };
        assert_eq!(outcome.errors, lost, "{name}");
        assert!(
            (1..=server.accepted()).contains(&outcome.ok),
            "{name}: {} right",
            outcome.ok
        );
        assert_eq!(outcome.unasked, 0);
    }
}

#[test]
fn before_anything_was_read() {
    for (name, ending) in ENDINGS {
        let server = Server::tcp(move |stream, _| {
            // Most of the time later than the client has seen that the connection was made.
            std::thread::sleep(Duration::from_millis(3));
            ending(stream);
        });
        let outcome = slice(&server);
        let lost = Errors {
            closed: outcome.sent - outcome.in_flight,
            // A reset may overtake the making of the connection.
            connect: if name == "reset" {
                outcome.errors.connect
            } else {
                0
            },
            ..Errors::default()
        };
        assert_eq!((outcome.ok, outcome.errors), (0, lost), "{name}");
        assert!(
            (1..60).contains(&outcome.sent),
            "{name}: it spins: {} sent",
            outcome.sent
        );
    }
}
