//! Servers that answer what was not asked, or answer in circles, or do not take connections.

mod common;

use common::bounds::{TIMEOUT, bounded_run, bounded_slice, config, hello, plan, slice};
use common::{OK, Server, always, ping};
use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use toll_load::{Errors, Fault, LoadError, LoadPlan, Request, Schedule, Session, Stop, Target};

#[test]
fn a_hundred_redirects_are_not_followed() {
    let server = Server::tcp(always(
        b"HTTP/1.1 302 Found\r\nlocation: /_ping\r\ncontent-length: 0\r\n\r\n",
    ));
    let result = bounded_run(&LoadPlan {
        stop: Stop::Count(100),
        ..plan(&server)
    });
    let expected = Errors {
        redirect: 100,
        ..Errors::default()
    };
    assert_eq!((result.ok, result.errors), (0, expected));
    assert_eq!(
        (result.statuses[&302], server.seen(), result.reconnects),
        (100, 100, 0)
    );
}

/// The extra answer comes while nothing is asked: it is told, and never taken for the next one.
#[test]
fn extra_answers_between_two_requests_are_told() {
    let server = Server::tcp(common::pieces(&[OK, OK], Duration::from_millis(3)));
    let result = bounded_run(&LoadPlan {
        schedule: Schedule::ConstantRate { per_second: 20.0 },
        stop: Stop::Count(8),
        ..plan(&server)
    });
    assert_eq!((result.ok, result.errors.total(), server.seen()), (8, 0, 8));
    assert!((7..=8).contains(&result.unasked), "{} of 8", result.unasked);
    assert_eq!(result.reconnects, 7);
}

/// An extra answer cut in two, the second part of which comes while nothing is asked.
#[test]
fn halves_of_extra_answers_are_told() {
    for cut in [1, 20, OK.len() - 1] {
        let first = [OK, &OK[..cut]].concat();
        let server = Server::tcp(common::pieces(
            &[&first, &OK[cut..]],
            Duration::from_millis(3),
        ));
        let outcome = slice(&server);
        let expected = Errors {
            framing: outcome.sent,
            ..Errors::default()
        };
        assert_eq!((outcome.ok, outcome.errors), (0, expected));
    }
}

/// Refused before it was sent in full: the refusal counts, and the connection with half a request on it is given up.
#[test]
fn refusals_before_the_request_was_sent_whole() {
    let refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nhello";
    let server = Server::tcp(move |stream, _| {
        let mut first = [0; 1000];
        if stream.read(&mut first).is_ok_and(|length| length > 0)
            && stream.write_all(refusal).is_ok()
        {
            std::thread::sleep(2 * TIMEOUT);
        }
    });
    let large = Request::new("POST", "/").body(vec![b'x'; 16 << 20]);
    let mut session = Session::connect(&server.target(), &large, &hello(), &config()).unwrap();
    let outcome = bounded_slice(&mut session, Duration::from_millis(50));
    let expected = Errors {
        client_error: outcome.sent,
        ..Errors::default()
    };
    assert_eq!((outcome.ok, outcome.errors), (0, expected));
    assert!(outcome.sent > 0 && outcome.bytes_out < outcome.sent * (16 << 20));
    assert!(outcome.reconnects + 3 >= outcome.sent);
}

#[test]
fn a_request_that_is_never_read_times_out() {
    let server = Server::tcp(|_, _| std::thread::sleep(4 * TIMEOUT));
    let large = Request::new("POST", "/").body(vec![b'x'; 16 << 20]);
    let mut session = Session::connect(&server.target(), &large, &hello(), &config()).unwrap();
    let outcome = bounded_slice(&mut session, Duration::from_millis(50));
    let expected = Errors {
        timeout: 3,
        ..Errors::default()
    };
    assert_eq!((outcome.sent, outcome.errors), (3, expected));
    let complaint = session.exchange().unwrap_err();
    assert!(
        matches!(
            complaint,
            LoadError::Exchange {
                fault: Fault::Timeout,
                ..
            }
        ),
        "{complaint}"
    );
}

/// Listens with room for three connections and takes none of them.
fn deaf_tcp() -> (OwnedFd, Target) {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    rustix::net::listen(&socket, 2).unwrap();
    let address = SocketAddr::try_from(rustix::net::getsockname(&socket).unwrap()).unwrap();
    (socket, Target::tcp(address))
}

fn deaf_unix(path: &std::path::Path) -> (OwnedFd, Target) {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddrUnix::new(path).unwrap()).unwrap();
    rustix::net::listen(&socket, 2).unwrap();
    (socket, Target::unix(path))
}

/// The first three requests wait in the queue until they time out; then the queue is full, and there is no connection.
#[test]
fn a_server_that_never_accepts() {
    let folder = tempfile::tempdir().unwrap();
    for (_listener, target) in [deaf_tcp(), deaf_unix(&folder.path().join("deaf"))] {
        let mut session = Session::connect(&target, &ping(), &hello(), &config()).unwrap();
        let outcome = bounded_slice(&mut session, TIMEOUT + Duration::from_millis(100));
        let expected = Errors {
            timeout: 3,
            connect: 3,
            ..Errors::default()
        };
        assert_eq!((outcome.sent, outcome.errors), (3, expected), "{target}");
        let start = Instant::now();
        let complaint = Session::connect(&target, &ping(), &hello(), &config())
            .err()
            .unwrap();
        assert!(
            matches!(complaint, LoadError::Connect { .. }),
            "{complaint}"
        );
        assert!(
            (TIMEOUT / 2..3 * TIMEOUT).contains(&start.elapsed()),
            "{:?}",
            start.elapsed()
        );
    }
}
