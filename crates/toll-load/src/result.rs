//! What a run of load found.

use crate::clock::{NANOS_PER_SECOND, duration_ns};
use crate::plan::LoadPlan;
use crate::tally::{Second, Tally};
use crate::worker::Ending;
use crate::{DelayedAck, Errors, Latency, LoadError, Schedule, delayed_ack};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The result of a run. `sent == ok + errors.after_sending() + in_flight`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadResult {
    /// The target as it can be written again.
    pub target: String,
    /// How many different requests were sent in turn.
    pub requests: u64,
    /// The method of the first of them.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its headers, as given.
    pub headers: Vec<(String, String)>,
    /// The length of its body.
    pub request_body_bytes: u64,
    /// Connections over all threads.
    pub connections: u64,
    /// Threads.
    pub threads: u64,
    /// The cores they were pinned to; empty if not pinned.
    pub cores: Vec<usize>,
    /// Its threads never slept.
    pub spin: bool,
    /// When requests were sent.
    pub schedule: Schedule,
    /// Time of load before, of which nothing is counted.
    pub warmup_ns: u64,
    /// The most that one request could take.
    pub timeout_ns: u64,
    /// From the common start to the last answer, and not less than the planned time.
    pub wall_ns: u64,
    /// Requests sent.
    pub sent: u64,
    /// Right answers.
    pub ok: u64,
    /// Everything else, by class.
    pub errors: Errors,
    /// Requests whose answers were still awaited when the run was aborted or given up.
    pub in_flight: u64,
    /// Open loop: requests that were due and never sent, because their connections had not become free.
    pub unsent: u64,
    /// Complete answers by status, the wrong ones included.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Connections that had to be made anew.
    pub reconnects: u64,
    /// Connections on which bytes came that nobody had asked for. Above 0, answers may have been counted for the wrong
    /// requests.
    pub unasked: u64,
    /// Open loop: requests per second asked for.
    pub asked_rate: Option<f64>,
    /// Right answers per second of `wall_ns`.
    pub achieved_rate: f64,
    /// Open loop: achieved by asked rate.
    pub rate_ratio: Option<f64>,
    /// Right answers only, from the moment the request was sent. Where a connection had to be made anew for it, that
    /// time is included.
    pub latency: Latency,
    /// Open loop, right answers only: from the moment the request was to be sent. What users would have waited.
    pub latency_from_schedule: Option<Latency>,
    /// Open loop, all requests: how late the generator itself was, that is from the moment the request was due and its
    /// connection free.
    pub schedule_lag: Option<Latency>,
    /// Closed loop: rate × mean latency ÷ connections, which is 1 by Little's law when all time is accounted for. Not
    /// defined where there were failures.
    pub littles_law_ratio: Option<f64>,
    /// CPU time of all threads, without that of spinning.
    pub client_cpu_ns: u64,
    /// The busiest thread's CPU time ÷ wall time: near 1, the generator was the bottleneck.
    pub client_utilisation: f64,
    /// The run, second by second.
    pub per_second: Vec<Second>,
    /// A mode at 40 ms, see [`delayed_ack`].
    pub delayed_ack: Option<DelayedAck>,
    /// The run was aborted.
    pub aborted: bool,
    /// Every connection failed again and again, so the run ended early.
    pub gave_up: bool,
}

/// What one thread brings.
pub(crate) struct Part {
    pub(crate) tally: Tally,
    pub(crate) ending: Ending,
    pub(crate) cpu_ns: u64,
    pub(crate) origin_ns: u64,
}

impl LoadResult {
    pub(crate) fn merge(plan: &LoadPlan, parts: &[Part]) -> Result<LoadResult, LoadError> {
        let mut tally = Tally::new(plan.schedule.is_open())?;
        for part in parts {
            tally.merge(&part.tally)?;
        }
        let wall_ns = wall_ns(plan, parts);
        let achieved_rate = tally.ok as f64 * NANOS_PER_SECOND as f64 / wall_ns.max(1) as f64;
        let asked_rate = plan.schedule.asked_rate();
        let against = tally.against_schedule.as_ref();
        let first = &plan.requests[0];
        let busiest_ns = parts.iter().map(|part| part.cpu_ns).max().unwrap_or(0);
        Ok(LoadResult {
            target: plan.target.clone().with_path(&first.path).to_string(),
            requests: plan.requests.len() as u64,
            method: first.method.clone(),
            path: first.path.clone(),
            headers: first.headers.clone(),
            request_body_bytes: first.body.len() as u64,
            connections: plan.connections as u64,
            threads: plan.threads as u64,
            cores: plan.cores.clone(),
            spin: plan.spin,
            schedule: plan.schedule,
            warmup_ns: duration_ns(plan.warmup),
            timeout_ns: duration_ns(plan.timeout),
            wall_ns,
            sent: tally.sent,
            ok: tally.ok,
            errors: tally.errors,
            in_flight: parts.iter().map(|part| part.ending.in_flight).sum(),
            unsent: parts.iter().map(|part| part.ending.unsent).sum(),
            statuses: tally.statuses(),
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
            reconnects: tally.reconnects,
            unasked: tally.unasked,
            asked_rate,
            achieved_rate,
            rate_ratio: asked_rate.map(|asked| achieved_rate / asked),
            latency: Latency::from_histogram(&tally.latency)?,
            latency_from_schedule: against
                .map(|own| Latency::from_histogram(&own.latency))
                .transpose()?,
            schedule_lag: against
                .map(|own| Latency::from_histogram(&own.lag))
                .transpose()?,
            littles_law_ratio: littles_law(plan, &tally, wall_ns),
            client_cpu_ns: parts.iter().map(|part| part.cpu_ns).sum(),
            client_utilisation: busiest_ns as f64 / wall_ns.max(1) as f64,
            per_second: tally.seconds(),
            delayed_ack: delayed_ack(&tally.latency),
            aborted: parts.iter().any(|part| part.ending.aborted),
            gave_up: parts.iter().any(|part| part.ending.gave_up),
        })
    }
}

/// From the common start to the last answer. A run that came to its own end took at least the planned time, even if
/// the last answer of a slow schedule was there earlier.
fn wall_ns(plan: &LoadPlan, parts: &[Part]) -> u64 {
    let cut = parts
        .iter()
        .any(|part| part.ending.aborted || part.ending.gave_up);
    let end_of = |part: &Part| {
        if cut {
            part.ending.ended_ns
        } else {
            part.tally.last_ns
        }
    };
    let longest = parts
        .iter()
        .map(|part| end_of(part).saturating_sub(part.origin_ns))
        .max()
        .unwrap_or(0);
    if cut {
        longest
    } else {
        longest.max(duration_ns(plan.planned()))
    }
}

/// Mean number of requests in flight ÷ connections (J. D. C. Little, 1961: L = λ·W).
fn littles_law(plan: &LoadPlan, tally: &Tally, wall_ns: u64) -> Option<f64> {
    let defined = !plan.schedule.is_open() && tally.ok > 0 && tally.failed == 0;
    let in_flight = tally.latency_sum_ns as f64 / wall_ns.max(1) as f64;
    defined.then_some(in_flight / plan.connections as f64)
}
