//! Answers without an end: time and memory stay bounded however much comes.

mod common;

use common::bounds::{TIMEOUT, bounded_slice, config, session};
use common::{Server, ping, read_request};
use std::time::{Duration, Instant};
use toll_load::{Expectation, Fault, LoadError, Session, SessionConfig};

const MIB: u64 = 1 << 20;
/// What three connections may need in all.
const MOST_BYTES: u64 = 6 * MIB;
const TEN_GIB: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// A beginning, what is repeated behind it without end, and what becomes of it.
struct Endless {
    name: &'static str,
    start: &'static [u8],
    again: &'static [u8],
    fault: Fault,
}

const ENDLESS: [Endless; 11] = [
    Endless {
        name: "content-length",
        start: TEN_GIB,
        again: b"xxxxxxxxxxxxxxxx",
        fault: Fault::Timeout,
    },
    Endless {
        name: "until close",
        start: b"HTTP/1.1 200 OK\r\n\r\n",
        again: b"xxxxxxxxxxxxxxxx",
        fault: Fault::Timeout,
    },
    Endless {
        name: "one chunk",
        start: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffff\r\n",
        again: b"xxxxxxxxxxxxxxxx",
        fault: Fault::Timeout,
    },
    Endless {
        name: "small chunks",
        start: CHUNKED,
        again: b"40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n",
        fault: Fault::Timeout,
    },
    Endless {
        name: "extension",
        start: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
        again: b"x",
        fault: Fault::Framing,
    },
    Endless {
        name: "zeros",
        start: CHUNKED,
        again: b"0",
        fault: Fault::Framing,
    },
    Endless {
        name: "trailers",
        start: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        again: b"a: b\r\n",
        fault: Fault::Framing,
    },
    Endless {
        name: "headers",
        start: b"HTTP/1.1 200 OK\r\n",
        again: b"a: b\r\n",
        fault: Fault::Framing,
    },
    Endless {
        name: "one header",
        start: b"HTTP/1.1 200 OK\r\nx: ",
        again: b"x",
        fault: Fault::Framing,
    },
    Endless {
        name: "interim answers",
        start: b"",
        again: b"HTTP/1.1 102 Processing\r\n\r\n",
        fault: Fault::Framing,
    },
    Endless {
        name: "garbage",
        start: b"\x16\x03\x01",
        again: b"\x00\xff\r\n\r\n",
        fault: Fault::Framing,
    },
];

fn endless(start: &'static [u8], again: &'static [u8]) -> Server {
    let block = again.repeat(65_536 / again.len());
    Server::tcp(move |stream, _| {
        if read_request(stream).is_some() && stream.write_all(start).is_ok() {
            while stream.write_all(&block).is_ok() {}
        }
    })
}

/// The most memory that this process has had since the last call of [`forget_peak`]; elsewhere than on Linux, 0.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.map_or(0, |kib| kib * 1024)
}

fn forget_peak() {
    // Where this is not allowed the peak is the one of the whole life, which is no smaller.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// How much more memory was needed at most.
fn growth(work: impl FnOnce()) -> u64 {
    forget_peak();
    let before = peak_bytes();
    work();
    // The system notes a peak late, so that the first may have been missed.
    peak_bytes().saturating_sub(before)
}

// One test, because its parts measure the memory of the whole process.
#[test]
fn endless_answers_take_no_memory_and_little_time() {
    for case in &ENDLESS {
        under_load(case);
        in_an_exchange(case);
    }
    an_exchange_keeps_so_much_and_no_more();
    one_byte_at_a_time();
}

fn under_load(case: &Endless) {
    let server = endless(case.start, case.again);
    let mut session = session(&server);
    let grown = growth(|| {
        let outcome = bounded_slice(&mut session, Duration::from_millis(80));
        let counted = outcome.errors.of(case.fault);
        assert_eq!(
            (outcome.ok, outcome.errors.total()),
            (0, counted),
            "{}: {:?}",
            case.name,
            outcome.errors
        );
        assert!(counted > 0, "{}", case.name);
        if case.fault == Fault::Timeout {
            assert!(
                outcome.bytes_in > MIB,
                "{}: {} bytes came",
                case.name,
                outcome.bytes_in
            );
            assert!(
                outcome.wall_ns >= TIMEOUT.as_nanos() as u64,
                "{}",
                case.name
            );
        }
    });
    assert!(grown < MOST_BYTES, "{}: {grown} bytes", case.name);
}

/// Only faults that need no long body: that one is kept, see below.
fn in_an_exchange(case: &Endless) {
    if case.fault == Fault::Timeout {
        return;
    }
    let server = endless(case.start, case.again);
    let mut session = session(&server);
    let grown = growth(|| {
        let complaint = session.exchange().unwrap_err();
        let right = matches!(&complaint, LoadError::Exchange { fault, .. } if *fault == case.fault);
        assert!(right, "{}: {complaint}", case.name);
    });
    assert!(grown < MOST_BYTES, "{}: {grown} bytes", case.name);
}

fn an_exchange_keeps_so_much_and_no_more() {
    let server = endless(TEN_GIB, b"xxxxxxxxxxxxxxxx");
    let config = SessionConfig {
        timeout: Duration::from_secs(5),
        ..config()
    };
    let mut session =
        Session::connect(&server.target(), &ping(), &Expectation::default(), &config).unwrap();
    let start = Instant::now();
    let grown = growth(|| {
        let complaint = session.exchange().unwrap_err();
        assert!(
            matches!(complaint, LoadError::BodyTooLarge { .. }),
            "{complaint}"
        );
    });
    assert!(grown < 3 * 64 * MIB, "{grown} bytes");
    assert!(start.elapsed() < Duration::from_secs(4));
}

/// Bytes go on coming all the time, so a timeout that each of them put off would never end.
fn one_byte_at_a_time() {
    let drips: [(&[u8], &[u8]); 4] = [
        (b"", b"HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"),
        (b"HTTP/1.1 200 OK\r\nx: ", b"y"),
        (TEN_GIB, b"y"),
        (CHUNKED, b"1\r\nx\r\n"),
    ];
    for (start, again) in drips {
        let server = Server::tcp(move |stream, _| {
            if read_request(stream).is_some() && stream.write_all(start).is_ok() {
                for byte in again.iter().cycle() {
                    std::thread::sleep(Duration::from_millis(10));
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                }
            }
        });
        let outcome = bounded_slice(&mut session(&server), Duration::from_millis(80));
        assert_eq!(
            (outcome.sent, outcome.errors.timeout, outcome.errors.total()),
            (3, 3, 3)
        );
        assert!(outcome.bytes_in > 3 * 5, "{} bytes came", outcome.bytes_in);
        let began = Instant::now();
        let complaint = session(&server).exchange().unwrap_err();
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
        assert!(
            (TIMEOUT..2 * TIMEOUT).contains(&began.elapsed()),
            "{:?}",
            began.elapsed()
        );
    }
}
