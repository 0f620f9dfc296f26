//! Whole runs: closed and open loop, threads, conservation of counts.

mod common;

use common::{OK, Server, always, ping, read_request};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use toll_load::{LoadPlan, LoadResult, Request, Schedule, Stop, run};

fn plan(server: &Server) -> LoadPlan {
    let mut plan = LoadPlan::new(server.target(), ping());
    plan.connections = 5;
    plan.expectation.body = Some(b"hello".to_vec());
    plan.stop = Stop::After(Duration::from_millis(300));
    plan
}

fn carry_out(plan: &LoadPlan) -> LoadResult {
    let result = run(plan, &AtomicBool::new(false), &mut |_| {}).unwrap();
    assert_eq!(
        result.sent,
        result.ok + result.errors.after_sending() + result.in_flight
    );
    assert_eq!(result.latency.count, result.ok);
    let by_second: u64 = result
        .per_second
        .iter()
        .map(|second| second.ok + second.errors)
        .sum();
    assert_eq!(by_second, result.ok + result.errors.total());
    result
}

#[test]
fn a_closed_loop_on_two_threads() {
    let server = Server::tcp(always(OK));
    let plan = LoadPlan {
        threads: 2,
        warmup: Duration::from_millis(50),
        ..plan(&server)
    };
    let result = carry_out(&plan);
    assert!(result.ok > 100 && result.ok < server.seen());
    assert_eq!(result.statuses[&200], result.ok);
    assert_eq!(server.accepted(), 5);
    let ratio = result.littles_law_ratio.unwrap();
    assert!((0.9..1.01).contains(&ratio), "Little's law: {ratio}");
    assert!(result.client_utilisation > 0.0 && result.client_utilisation <= 1.01);
    assert_eq!((result.asked_rate, result.unsent), (None, 0));
}

#[test]
fn spinning_is_no_work() {
    let server = Server::tcp(always(OK));
    let plan = LoadPlan {
        spin: true,
        schedule: Schedule::Poisson {
            per_second: 500.0,
            seed: 3,
        },
        stop: Stop::After(Duration::from_millis(600)),
        ..plan(&server)
    };
    let result = carry_out(&plan);
    assert!((200..400).contains(&result.ok), "{}", result.ok);
    assert_eq!(result.ok, result.sent);
    // 300 exchanges of some ten microseconds, in a thread that was on its core nearly all the time.
    let busy = result.client_utilisation;
    assert!(busy > 0.001 && busy < 0.3, "{busy}");
}

#[test]
fn requests_take_turns() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let paths = seen.clone();
    let server = Server::tcp(move |stream, _| {
        while let Some(request) = read_request(stream) {
            let line = String::from_utf8_lossy(&request).into_owned();
            paths
                .lock()
                .unwrap()
                .push(line.split(' ').nth(1).unwrap().to_owned());
            let head_only = line.starts_with("HEAD");
            let length = if head_only { OK.len() - 5 } else { OK.len() };
            stream.write_all(&OK[..length]).unwrap();
        }
    });
    let mut plan = LoadPlan {
        connections: 1,
        stop: Stop::Count(9),
        ..plan(&server)
    };
    plan.expectation.body = None;
    plan.requests = vec![
        Request::get("/a"),
        Request::new("HEAD", "/b"),
        Request::get("/c").header("x", "y"),
    ];
    assert_eq!(carry_out(&plan).ok, 9);
    assert_eq!(seen.lock().unwrap().concat(), "/a/b/c".repeat(3));
}

#[test]
fn a_count_is_exact() {
    let server = Server::tcp(always(OK));
    for schedule in [
        Schedule::Closed,
        Schedule::ConstantRate { per_second: 2000.0 },
    ] {
        let before = server.seen();
        let plan = LoadPlan {
            threads: 2,
            stop: Stop::Count(123),
            schedule,
            ..plan(&server)
        };
        assert_eq!((carry_out(&plan).ok, server.seen() - before), (123, 123));
    }
}

#[test]
fn a_result_survives_json() {
    let server = Server::tcp(always(OK));
    let plan = LoadPlan {
        schedule: Schedule::ConstantRate { per_second: 500.0 },
        ..plan(&server)
    };
    let result = carry_out(&plan);
    let text = serde_json::to_string(&result).unwrap();
    let again: LoadResult = serde_json::from_str(&text).unwrap();
    assert_eq!(
        again.latency.decode().unwrap(),
        result.latency.decode().unwrap()
    );
    assert_eq!((again.sent, again.schedule), (result.sent, result.schedule));
}

#[test]
fn an_open_loop_keeps_its_distances() {
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let seen = arrivals.clone();
    let server = Server::tcp(move |stream, _| {
        while read_request(stream).is_some() {
            seen.lock().unwrap().push(Instant::now());
            stream.write_all(OK).unwrap();
        }
    });
    let schedule = Schedule::ConstantRate { per_second: 200.0 };
    let plan = LoadPlan {
        schedule,
        stop: Stop::After(Duration::from_secs(1)),
        ..plan(&server)
    };
    let result = carry_out(&plan);
    assert_eq!((result.ok, result.unsent), (200, 0));
    assert!(
        (result.rate_ratio.unwrap() - 1.0).abs() < 0.05,
        "{:?}",
        result.rate_ratio
    );
    let mut arrivals = arrivals.lock().unwrap().clone();
    arrivals.sort_unstable();
    let mut gaps: Vec<f64> = arrivals
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_secs_f64() * 1e3)
        .collect();
    gaps.sort_by(f64::total_cmp);
    let median = gaps[gaps.len() / 2];
    assert!(
        (4.5..5.5).contains(&median),
        "the median distance is {median} ms"
    );
    assert!(result.schedule_lag.unwrap().count == 200);
}

#[test]
fn waiting_in_an_open_loop_is_counted_from_the_intended_moment() {
    // One connection, due every 10 ms; the server stalls once for 200 ms. The 20 requests behind it wait, on average
    // half of that time, although each of them is served at once.
    let server = Server::tcp(|stream, requests| {
        while read_request(stream).is_some() {
            if requests.fetch_add(1, Ordering::SeqCst) == 10 {
                std::thread::sleep(Duration::from_millis(200));
            }
            stream.write_all(OK).unwrap();
        }
    });
    let schedule = Schedule::ConstantRate { per_second: 100.0 };
    let plan = LoadPlan {
        connections: 1,
        schedule,
        stop: Stop::After(Duration::from_millis(500)),
        ..plan(&server)
    };
    let result = carry_out(&plan);
    let waited = result.latency_from_schedule.unwrap().decode().unwrap();
    assert_eq!(result.ok, 50);
    assert!(
        waited.count_between(20_000_000, u64::MAX) >= 15,
        "of 50 requests, 18 or so wait over 20 ms"
    );
    let served = result.latency.decode().unwrap();
    assert!(
        (1..5).contains(&served.count_between(150_000_000, u64::MAX)),
        "one request took long to be served"
    );
    let lag = result.schedule_lag.unwrap();
    assert!(
        lag.p50_ns < 5_000_000,
        "the generator itself was not late: {lag:?}"
    );
}

#[test]
fn what_was_never_sent_is_told() {
    let server = Server::tcp(|stream, _| {
        while read_request(stream).is_some() {
            std::thread::sleep(Duration::from_millis(50));
            stream.write_all(OK).unwrap();
        }
    });
    let schedule = Schedule::ConstantRate { per_second: 1000.0 };
    let timeout = Duration::from_millis(200);
    let plan = LoadPlan {
        connections: 2,
        schedule,
        timeout,
        ..plan(&server)
    };
    let result = carry_out(&plan);
    assert_eq!(result.sent + result.unsent, 300);
    assert!(result.unsent > 200 && result.rate_ratio.unwrap() < 0.2);
}

#[test]
fn an_abort_keeps_what_was_counted() {
    let server = Server::tcp(always(OK));
    let abort = AtomicBool::new(false);
    let plan = LoadPlan {
        stop: Stop::After(Duration::from_secs(30)),
        ..plan(&server)
    };
    let mut told = Vec::new();
    let result = run(&plan, &abort, &mut |progress| {
        told.push(*progress);
        abort.store(true, Ordering::SeqCst);
    })
    .unwrap();
    assert!(result.aborted && result.wall_ns < 2_000_000_000);
    assert!(!told.is_empty() && told[0].ok > 0 && !told[0].warming_up);
    assert!(result.ok >= told[0].ok);
    assert_eq!(result.sent, result.ok + result.in_flight);
}

#[test]
fn a_core_that_does_not_exist_ends_the_run_with_a_message() {
    let server = Server::tcp(always(OK));
    let plan = LoadPlan {
        threads: 2,
        cores: vec![0, 1000],
        ..plan(&server)
    };
    let complaint = run(&plan, &AtomicBool::new(false), &mut |_| {}).unwrap_err();
    assert!(
        !toll_load::pinning_supported() || complaint.to_string().contains("core 1000"),
        "{complaint}"
    );
}
