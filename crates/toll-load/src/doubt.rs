//! What makes a result doubtful, and what to do about it.
//!
//! A doubt is not an error: the figures are as measured, but something was in the way of what they are taken for.

use crate::{LoadResult, Schedule};
use serde::Serialize;

/// A generator whose busiest thread used more than this share of its core may be what limited the load.
pub const GENERATOR_BUSY: f64 = 0.8;
/// A percentile is known when at least so many answers lie beyond it; with fewer it is the luck of a few.
const ENOUGH_BEYOND: f64 = 10.0;
/// A schedule is late when its 99th percentile is more than one gap between requests, but not for less than this …
const LEAST_LAG_NS: f64 = 100_000.0;
/// … and surely for more than this.
const MOST_LAG_NS: f64 = 1_000_000.0;

/// What the machine did to the generator meanwhile; `None` where it cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Surroundings {
    /// How often the system took the core away from one of the generator's threads.
    pub involuntary_switches: Option<u64>,
    /// Share of all CPU time that the hypervisor gave to others, 0 to 1.
    pub steal_share: Option<f64>,
}

/// Something that makes a result doubtful.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Doubt {
    /// Its stable name.
    pub code: &'static str,
    /// What was found, in the unit of the bound.
    pub figure: f64,
    /// What it had to keep to.
    pub bound: f64,
    /// What it means and what to do.
    pub message: String,
}

/// A figure that is out of bounds.
struct Seen {
    figure: f64,
    bound: f64,
    message: String,
}

impl Seen {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "every rule ends with it, and rules return an option"
    )]
    fn new(figure: f64, bound: f64, message: impl Into<String>) -> Option<Seen> {
        let message = message.into();
        Some(Seen {
            figure,
            bound,
            message,
        })
    }
}

struct Rule {
    code: &'static str,
    look: fn(&LoadResult, &Surroundings) -> Option<Seen>,
}

const RULES: [Rule; 11] = [
    Rule {
        code: "littles-law",
        look: littles_law,
    },
    Rule {
        code: "generator-busy",
        look: generator_busy,
    },
    Rule {
        code: "rate-missed",
        look: rate_missed,
    },
    Rule {
        code: "sent-late",
        look: sent_late,
    },
    Rule {
        code: "unasked-bytes",
        look: unasked_bytes,
    },
    Rule {
        code: "delayed-ack",
        look: delayed_ack,
    },
    Rule {
        code: "errors",
        look: errors,
    },
    Rule {
        code: "gave-up",
        look: gave_up,
    },
    Rule {
        code: "preempted",
        look: preempted,
    },
    Rule {
        code: "cpu-stolen",
        look: cpu_stolen,
    },
    Rule {
        code: "few-answers",
        look: few_answers,
    },
];

/// The codes of all doubts that there can be.
pub fn doubt_codes() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.code)
}

/// Everything that is doubtful about a result.
pub fn doubts(result: &LoadResult, surroundings: &Surroundings) -> Vec<Doubt> {
    let found = |rule: &Rule| {
        let seen = (rule.look)(result, surroundings)?;
        Some(Doubt {
            code: rule.code,
            figure: seen.figure,
            bound: seen.bound,
            message: seen.message,
        })
    };
    RULES.iter().filter_map(found).collect()
}

/// Whether `count` answers are enough for a percentile (`quantile` from 0 to 1): ten must lie beyond it.
pub fn percentile_is_known(count: u64, quantile: f64) -> bool {
    // A relative epsilon: 1 − 0.999 is a little less than 0.001.
    count as f64 * (1.0 - quantile) * (1.0 + 1e-9) >= ENOUGH_BEYOND
}

/// Open loop: the share of the asked rate that was really answered rightly, 0 to 1.
///
/// Achieved by asked rate says nearly this, but counts the wait for the last answer as time in which nothing was
/// achieved, which makes short runs against slow answers look too slow; here one answer's time (p99) is allowed for.
pub fn kept_up(result: &LoadResult, planned_ns: u64) -> f64 {
    let due = due(result);
    if due == 0 {
        return 0.0;
    }
    let wall_ns = result.wall_ns.saturating_sub(result.latency.p99_ns);
    let in_time = planned_ns as f64 / wall_ns.max(planned_ns).max(1) as f64;
    result.ok as f64 / due as f64 * in_time
}

/// Requests that the schedule wanted.
fn due(result: &LoadResult) -> u64 {
    result.sent + result.errors.connect + result.unsent
}

/// How late the 99th percentile of the requests may be sent, in nanoseconds.
pub(crate) fn lag_bound_ns(asked_rate: f64) -> f64 {
    (1e9 / asked_rate).clamp(LEAST_LAG_NS, MOST_LAG_NS)
}

fn littles_law(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    let ratio = result.littles_law_ratio?;
    let bound = if ratio < 1.0 { 0.97 } else { 1.03 };
    ((ratio - 1.0).abs() > 0.03).then_some(())?;
    Seen::new(
        ratio,
        bound,
        format!(
            "rate × mean latency ÷ connections is {ratio:.3}, not 1: time is not accounted for; give the generator a core of its own (--cores), or send for longer"
        ),
    )
}

fn generator_busy(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    let used = result.client_utilisation;
    (used > GENERATOR_BUSY).then_some(())?;
    Seen::new(
        used,
        GENERATOR_BUSY,
        format!(
            "the generator was busy for {:.0} % of its core, so the server may be faster than this; add --threads",
            used * 100.0
        ),
    )
}

fn rate_missed(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    let asked = result.asked_rate.filter(|_| !result.aborted)?;
    let due = due(result) as f64;
    // Random arrivals are not exactly as many as asked for: three standard deviations are chance.
    let chance = match result.schedule {
        Schedule::ConstantRate { .. } => 0.0,
        _ => 3.0 / due.max(1.0).sqrt(),
    };
    let kept = kept_up(result, (due / asked * 1e9) as u64);
    let answered = result.ok as f64 / due.max(1.0);
    let missed = answered < 0.99 || kept < 0.99 - chance;
    missed.then_some(())?;
    Seen::new(
        kept,
        0.99,
        format!(
            "{:.1} % of the asked rate were reached: {}",
            kept * 100.0,
            why_missed(result, asked)
        ),
    )
}

fn why_missed(result: &LoadResult, asked: f64) -> String {
    let failed = result.errors.total();
    if failed > result.unsent && failed > 0 {
        return format!("{failed} requests failed; look at the errors first");
    }
    if is_late(result, asked) || result.client_utilisation > GENERATOR_BUSY {
        return "the generator itself was late; add --threads, or give it a core of its own"
            .to_owned();
    }
    let unsent = match result.unsent {
        0 => String::new(),
        unsent => format!(", and {unsent} were never sent"),
    };
    format!(
        "requests had to wait for a free connection{unsent}, so the server is full; ask for less, or add --connections if the server can do several at once"
    )
}

fn is_late(result: &LoadResult, asked: f64) -> bool {
    let lag = result.schedule_lag.as_ref();
    lag.is_some_and(|lag| lag.p99_ns as f64 > lag_bound_ns(asked))
}

fn sent_late(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    let (asked, lag) = (result.asked_rate?, result.schedule_lag.as_ref()?);
    is_late(result, asked).then_some(())?;
    Seen::new(
        lag.p99_ns as f64,
        lag_bound_ns(asked),
        format!(
            "1 % of the requests left more than {:.0} µs late by the generator's own fault; give it a core of its own (--cores), or more --threads",
            lag.p99_ns as f64 / 1e3
        ),
    )
}

fn unasked_bytes(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    (result.unasked > 0).then_some(())?;
    Seen::new(
        result.unasked as f64,
        0.0,
        format!(
            "on {} connections bytes came that nobody had asked for, so answers may have been counted for the wrong requests; the server's framing is broken",
            result.unasked
        ),
    )
}

fn delayed_ack(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    let mode = result.delayed_ack?;
    Seen::new(
        mode.share,
        0.01,
        format!(
            "{:.1} % of the answers took about {:.0} ms: the server sends head and body apart without TCP_NODELAY, and waits for a delayed acknowledgement; set TCP_NODELAY, or send both at once",
            mode.share * 100.0,
            mode.peak_ns as f64 / 1e6
        ),
    )
}

fn errors(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    let failed = result.errors.total();
    (failed > 0).then_some(())?;
    Seen::new(
        failed as f64,
        0.0,
        format!(
            "{failed} requests failed; the rates and latencies are those of the others, and a server that fails is often fast at it: look at its log"
        ),
    )
}

fn gave_up(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    result.gave_up.then_some(())?;
    Seen::new(
        1.0,
        0.0,
        "every connection failed again and again, so the load ended early; is the server still there?",
    )
}

fn preempted(result: &LoadResult, surroundings: &Surroundings) -> Option<Seen> {
    let switches = surroundings.involuntary_switches? as f64;
    let per_second = switches / (result.wall_ns.max(1) as f64 / 1e9) / result.threads.max(1) as f64;
    (per_second > 100.0).then_some(())?;
    Seen::new(
        per_second,
        100.0,
        format!(
            "the system took the core away from a generator thread {per_second:.0} times a second: something else runs there; choose another with --cores, or bind the server elsewhere"
        ),
    )
}

fn cpu_stolen(_: &LoadResult, surroundings: &Surroundings) -> Option<Seen> {
    let share = surroundings.steal_share.filter(|share| *share > 0.01)?;
    Seen::new(
        share,
        0.01,
        format!(
            "the hypervisor gave {:.1} % of the CPU time to others; repeat it when the host is quieter",
            share * 100.0
        ),
    )
}

fn few_answers(result: &LoadResult, _: &Surroundings) -> Option<Seen> {
    let count = result.latency.count;
    let doubtful = count > 0 && !percentile_is_known(count, 0.99);
    doubtful.then_some(())?;
    Seen::new(
        count as f64,
        1000.0,
        format!(
            "{count} answers are too few for a 99th percentile; send at least 1000 requests (--duration, --count)"
        ),
    )
}

#[cfg(test)]
mod tests;
