//! Connections that stay, and slices of load on them.

use crate::clock::{duration_ns, now_ns, thread_cpu_ns};
use crate::schedule::Schedule;
use crate::tally::Tally;
use crate::worker::{Order, Wanted, Worker};
use crate::{Errors, Expectation, LoadError, Request, SessionConfig, Target};
use hdrhistogram::Histogram;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// After so many failures in a row on every connection (about 60 ms) a slice ends early.
const PATIENCE: u32 = 8;

/// Persistent connections to one target for one request. It works in the thread that calls it, which is best
/// [pinned](crate::pin_current_thread).
pub struct Session {
    worker: Worker,
}

/// One answer, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers in their order, names in lower case; on a WebSocket those of the accepted handshake.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, with the transfer coding undone.
    pub body: Vec<u8>,
    /// From before the request was sent to the last byte of the answer.
    pub elapsed: Duration,
}

/// What a slice of load found. `sent == ok + errors.after_sending() + in_flight`.
#[derive(Debug, Clone)]
pub struct SliceOutcome {
    /// Requests sent.
    pub sent: u64,
    /// Right answers.
    pub ok: u64,
    /// Everything else, by class.
    pub errors: Errors,
    /// Requests whose answers were still awaited at the end: only if the slice was aborted or given up.
    pub in_flight: u64,
    /// From the start to the last answer.
    pub wall_ns: u64,
    /// CPU time of this thread in that time.
    pub client_cpu_ns: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Latencies of the right answers, in nanoseconds.
    pub latency: Histogram<u64>,
    /// Their sum.
    pub latency_sum_ns: u64,
    /// Connections made anew, those before the slice included.
    pub reconnects: u64,
    /// Connections on which bytes came that nobody had asked for, those before the slice included. Above 0, answers may have been counted for the wrong
    /// requests.
    pub unasked: u64,
    /// The abort flag was seen.
    pub aborted: bool,
    /// Every connection failed again and again, so the slice ended early.
    pub gave_up: bool,
}

impl Response {
    /// The value of the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.header_all(name).next()
    }

    /// The values of all headers of that name, in any case.
    pub fn header_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let same = move |have: &str| have.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .filter(move |(have, _)| same(have))
            .map(|(_, value)| value.as_slice())
    }
}

impl Session {
    /// Makes all connections. Where the target has several addresses, the first that can be connected to is used.
    ///
    /// # Errors
    /// [`LoadError::Connect`] when nothing listens there, [`LoadError::Request`] or [`LoadError::Plan`] when what is
    /// asked makes no sense.
    pub fn connect(
        target: &Target,
        request: &Request,
        expectation: &Expectation,
        config: &SessionConfig,
    ) -> Result<Session, LoadError> {
        let wanted = Wanted {
            target,
            requests: std::slice::from_ref(request),
            expectation,
            config,
        };
        let errand = wanted.choose()?;
        Ok(Session {
            worker: Worker::connect(errand, config.connections, false)?,
        })
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.worker.connections()
    }

    /// One exchange on the first connection, with the same request bytes and the same reader as in a slice. Any
    /// well-formed answer is returned, whatever its status and body.
    ///
    /// # Errors
    /// [`LoadError::Exchange`] when no well-formed answer comes in time, [`LoadError::BodyTooLarge`] above 64 MiB.
    pub fn exchange(&mut self) -> Result<Response, LoadError> {
        self.worker.mend();
        self.worker.exchange()
    }

    /// Replaces connections that the server has closed while they were idle. A slice does so too; whoever reads the
    /// server's clocks around a slice does it before, so that accepting connections is not in the reading.
    pub fn renew(&mut self) {
        self.worker.mend();
    }

    /// Sends in a closed loop on all connections until `duration` has passed, and waits for the answers on their way.
    ///
    /// Connections that the server has closed while idle are replaced first, outside of the measured time. Since
    /// nothing is in flight before or after, the server's CPU time around the call belongs to the counted requests.
    /// `abort` is looked at every 20 ms.
    ///
    /// # Errors
    /// [`LoadError::System`] when the machine fails. A server that fails is no error: it is counted.
    pub fn slice(
        &mut self,
        duration: Duration,
        abort: &AtomicBool,
    ) -> Result<SliceOutcome, LoadError> {
        self.worker.tally = Tally::new(false)?;
        self.worker.mend();
        let (start_cpu_ns, start_ns) = (thread_cpu_ns(), now_ns());
        let ending = self.worker.drive(&Order {
            schedule: Schedule::Closed,
            lanes: self.worker.connections() as u64,
            first_lane: 0,
            origin_ns: start_ns,
            until_ns: start_ns.saturating_add(duration_ns(duration)),
            budget: u64::MAX,
            patience: PATIENCE,
            spin: false,
            abort,
            gauge: None,
        })?;
        let client_cpu_ns = thread_cpu_ns() - start_cpu_ns;
        let tally = std::mem::replace(&mut self.worker.tally, Tally::new(false)?);
        let last_ns = if ending.in_flight > 0 || tally.last_ns == 0 {
            ending.ended_ns
        } else {
            tally.last_ns
        };
        Ok(SliceOutcome {
            sent: tally.sent,
            ok: tally.ok,
            errors: tally.errors,
            in_flight: ending.in_flight,
            wall_ns: last_ns - start_ns,
            client_cpu_ns,
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
            latency: tally.latency,
            latency_sum_ns: tally.latency_sum_ns,
            reconnects: tally.reconnects,
            unasked: tally.unasked,
            aborted: ending.aborted,
            gave_up: ending.gave_up,
        })
    }
}
