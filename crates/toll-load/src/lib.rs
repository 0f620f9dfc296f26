//! An HTTP/1.1 load generator that costs little and says how accurate it is.
//!
//! It is built as worker × schedule × HTTP × tally. A *worker* is one thread with its own connections and shares
//! nothing with the others; the *schedule* says when each connection sends; *HTTP* reads the answers and judges them;
//! the *tally* counts. Every answer is checked, and nothing that is not a right answer is ever counted as one or enters
//! the latencies.
//!
//! Two ways to use it: a [`Session`] keeps its connections between short slices of load that run in the calling thread,
//! and [`run`] carries out a whole [`LoadPlan`] on threads of its own.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//! use std::time::Duration;
//! use toll_load::{Expectation, Request, Session, SessionConfig, Target};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let target = Target::parse("http://127.0.0.1:8000/_ping")?;
//! let request = Request::get(target.path());
//! let config = SessionConfig { connections: 10, ..SessionConfig::default() };
//! let mut session = Session::connect(&target, &request, &Expectation::default(), &config)?;
//! let answer = session.exchange()?;
//! assert_eq!(answer.status, 200);
//! let slice = session.slice(Duration::from_millis(50), &AtomicBool::new(false))?;
//! assert_eq!(slice.sent, slice.ok + slice.errors.after_sending());
//! # Ok(())
//! # }
//! ```
//!
//! How it is fast: a socket is registered with epoll once; an exchange is one receive, one look at the clock and one
//! send; an answer with the same bytes as one that was found right before is recognised by comparing memory; counting
//! touches memory of the own thread only.

mod arrivals;
mod clock;
mod config;
mod delayed_ack;
mod doubt;
mod error;
mod expectation;
mod fault;
mod http;
mod latency;
mod limit;
mod net;
mod pin;
mod plan;
mod request;
mod request_file;
mod result;
mod run;
mod schedule;
mod session;
mod tally;
mod target;
mod websocket;
mod worker;

pub use config::SessionConfig;
pub use delayed_ack::{DelayedAck, delayed_ack};
pub use doubt::{
    Doubt, GENERATOR_BUSY, Surroundings, doubt_codes, doubts, kept_up, percentile_is_known,
};
pub use error::{LoadError, TargetError};
pub use expectation::Expectation;
pub use fault::{Errors, Fault};
pub use hdrhistogram::Histogram;
pub use latency::Latency;
pub use limit::{
    Goal, GoalError, LimitEvent, LimitReport, LimitSettings, Probe, Purpose, Search, Step, Verdict,
    find_limit,
};
pub use pin::{pin_current_thread, pinning_supported};
pub use plan::{LoadPlan, Stop};
pub use request::Request;
pub use request_file::read_requests;
pub use result::LoadResult;
pub use run::{Progress, run};
pub use schedule::Schedule;
pub use session::{Response, Session, SliceOutcome};
pub use tally::Second;
pub use target::{Protocol, Target};
