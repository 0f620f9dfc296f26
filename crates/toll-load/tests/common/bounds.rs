//! What holds whatever a server does: nothing is lost in counting, and everything ends in time.

use super::{Server, ping};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use toll_load::{Expectation, LoadPlan, LoadResult, Session, SessionConfig, SliceOutcome, run};

pub(crate) const TIMEOUT: Duration = Duration::from_millis(200);
pub(crate) const SLICE: Duration = Duration::from_millis(80);
/// How late a timeout may be noticed: every 20 ms it is looked for, and machines are busy.
const LATE: Duration = Duration::from_millis(700);

pub(crate) fn hello() -> Expectation {
    Expectation {
        status: Some(200),
        body: Some(b"hello".to_vec()),
        ..Expectation::default()
    }
}

/// Three connections with short timeouts.
pub(crate) fn config() -> SessionConfig {
    SessionConfig {
        connections: 3,
        timeout: TIMEOUT,
        connect_timeout: TIMEOUT,
    }
}

pub(crate) fn session(server: &Server) -> Session {
    Session::connect(&server.target(), &ping(), &hello(), &config()).unwrap()
}

/// Runs a slice and holds it to its bounds.
pub(crate) fn slice(server: &Server) -> SliceOutcome {
    bounded_slice(&mut session(server), SLICE)
}

/// The last request is begun at the end of the slice; then it may have to connect, and to wait for its answer.
pub(crate) fn bounded_slice(session: &mut Session, duration: Duration) -> SliceOutcome {
    let start = Instant::now();
    let outcome = session.slice(duration, &AtomicBool::new(false)).unwrap();
    let took = start.elapsed();
    assert!(
        took < duration + 2 * TIMEOUT + LATE,
        "took {took:?}: {} bytes came, {:?}",
        outcome.bytes_in,
        outcome.errors
    );
    assert_eq!(
        outcome.sent,
        outcome.ok + outcome.errors.after_sending() + outcome.in_flight
    );
    assert_eq!(outcome.latency.len(), outcome.ok);
    outcome
}

/// Carries a plan out and holds it to its counts.
pub(crate) fn bounded_run(plan: &LoadPlan) -> LoadResult {
    let result = run(plan, &AtomicBool::new(false), &mut |_| {}).unwrap();
    assert_eq!(
        result.sent,
        result.ok + result.errors.after_sending() + result.in_flight
    );
    assert_eq!(result.latency.count, result.ok);
    result
}

/// One connection that expects a greeting.
pub(crate) fn plan(server: &Server) -> LoadPlan {
    LoadPlan {
        expectation: hello(),
        connections: 1,
        timeout: TIMEOUT,
        connect_timeout: TIMEOUT,
        ..LoadPlan::new(server.target(), ping())
    }
}
