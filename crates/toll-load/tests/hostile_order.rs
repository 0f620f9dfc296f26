//! Answers in the wrong order, and one whose date matters.

mod common;
use common::bounds::{bounded_run, bounded_slice, config, hello, plan};
use common::{OK, Server, ping, read_request};
use std::sync::atomic::Ordering;
use toll_load::{LoadPlan, Request, Session, Stop};

#[test]
fn an_expected_date_is_looked_at_in_every_answer() {
    let server = Server::tcp(|stream, requests| {
        while read_request(stream).is_some() {
            let number = requests.fetch_add(1, Ordering::SeqCst);
            let date = if number == 0 {
                "Tue, 01 Jan 2030"
            } else {
                "Wed, 02 Jan 2030"
            };
            let answer =
                format!("HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 5\r\n\r\nhello");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let mut plan = LoadPlan {
        stop: Stop::Count(10),
        ..plan(&server)
    };
    plan.expectation.headers = vec![("Date".into(), b"Tue, 01 Jan 2030".to_vec())];
    let result = bounded_run(&plan);
    assert_eq!((result.ok, result.errors.wrong_header), (1, 9));
}

#[test]
fn a_right_answer_before_the_request_was_sent_whole_is_no_success() {
    let server = Server::tcp(move |stream, _| {
        let mut first = [0; 1000];
        if stream.read(&mut first).is_ok_and(|length| length > 0) && stream.write_all(OK).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(400));
        }
    });
    let large = Request::new("POST", "/").body(vec![b'x'; 16 << 20]);
    let mut session = Session::connect(&server.target(), &large, &hello(), &config()).unwrap();
    let outcome = bounded_slice(&mut session, std::time::Duration::from_millis(50));
    assert_eq!(outcome.ok, 0, "{:?}", outcome.errors);
}

#[test]
fn an_answer_ahead_of_its_request_is_told() {
    let server = Server::tcp(|stream, requests| {
        let _ = stream.write_all(OK);
        while read_request(stream).is_some() {
            requests.fetch_add(1, Ordering::SeqCst);
            if stream.write_all(OK).is_err() {
                return;
            }
        }
    });
    let twice = Server::tcp(|stream, requests| {
        while read_request(stream).is_some() {
            let first = requests.fetch_add(1, Ordering::SeqCst) == 0;
            let answers = if first {
                [OK, OK].concat()
            } else {
                OK.to_vec()
            };
            if stream.write_all(&answers).is_err() {
                return;
            }
        }
    });
    let result = bounded_run(&LoadPlan {
        stop: Stop::Count(500),
        ..plan(&twice)
    });
    assert!(
        result.unasked + result.errors.framing > 0,
        "{} ok",
        result.ok
    );
    // While every answer comes one request too early, in step, nothing shows it; what is left over between slices does.
    let mut session = Session::connect(&server.target(), &ping(), &hello(), &config()).unwrap();
    let mut told = 0;
    // A server that gets no core within the pause is ahead again: then the next pause shows it.
    for _ in 0..20 {
        let slice = bounded_slice(&mut session, std::time::Duration::from_millis(30));
        told += slice.unasked + slice.errors.framing;
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(told > 0);
}
