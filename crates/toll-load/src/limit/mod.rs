//! Finding the highest rate at which a server holds a latency.
//!
//! A short closed loop says about how much the server can do; then an open loop tries rates on a geometric grid. The
//! latency is that from the moment each request was due, so a queue that builds up is seen at once.

mod goal;
mod search;

pub use goal::{Goal, GoalError};
pub use search::{Purpose, Search, Step};

use crate::clock::duration_ns;
use crate::doubt::{GENERATOR_BUSY, kept_up, lag_bound_ns};
use crate::{LoadError, LoadPlan, LoadResult, Progress, Schedule, Stop, run};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The share of the asked rate that must be answered.
const MIN_KEPT_UP: f64 = 0.99;
/// Load before each probe that is not counted, as a share of the probe.
const WARMUP_SHARE: f64 = 0.1;
/// How long a server gets to work off what a failed probe left in it, at most.
const DRAIN: Duration = Duration::from_millis(500);
const DRAIN_STEP: Duration = Duration::from_millis(20);
/// A probe below so many requests says too little of any percentile.
const FEWEST_REQUESTS: f64 = 20.0;

/// How to search.
#[derive(Debug, Clone, Copy)]
pub struct LimitSettings {
    /// What is to be held.
    pub goal: Goal,
    /// How long one rate is tried.
    pub probe: Duration,
    /// How long the limit is confirmed.
    pub confirm: Duration,
    /// Distance of the rates that are tried, 0.05 for 5 %.
    pub resolution: f64,
    /// The share of requests that may fail.
    pub max_error_share: f64,
    /// Random arrivals (Poisson) with this seed; constant ones without it.
    pub poisson_seed: Option<u64>,
}

impl LimitSettings {
    fn schedule(&self, per_second: f64) -> Schedule {
        match self.poisson_seed {
            None => Schedule::ConstantRate { per_second },
            Some(seed) => Schedule::Poisson { per_second, seed },
        }
    }
}

/// What came of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The goal was held.
    Held,
    /// The percentile was above its bound.
    TooSlow,
    /// Less than 99 % of the asked rate was answered.
    RateMissed,
    /// More requests failed than may.
    Errors,
    /// It did not hold, and the generator was too busy or too late to tell whether the server would have.
    GeneratorLimited,
}

/// One rate that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// Requests per second that were asked for.
    pub rate: f64,
    /// Why it was tried.
    pub purpose: Purpose,
    /// How long, in nanoseconds.
    pub planned_ns: u64,
    /// Right answers per second.
    pub achieved_rate: f64,
    /// The share of what was due that was answered rightly and in time, 0 to 1.
    pub kept_up: f64,
    /// The goal's percentile, from the moment the requests were due.
    pub reached_ns: u64,
    /// Right answers that the percentile is of.
    pub count: u64,
    /// Failed requests.
    pub errors: u64,
    /// The busiest generator thread's share of its core.
    pub client_utilisation: f64,
    /// What came of it.
    pub verdict: Verdict,
}

/// What the search found.
#[derive(Debug, Clone, Serialize)]
pub struct LimitReport {
    /// What was to be held.
    pub goal: Goal,
    /// Distance of the rates that were tried.
    pub resolution: f64,
    /// Right answers per second of the closed loop that the search began with.
    pub closed_loop_rate: f64,
    /// The highest rate that held, in requests per second; `None`: not even the lowest did.
    pub limit: Option<f64>,
    /// Whether the limit held for the longer look too. False only after an interruption.
    pub confirmed: bool,
    /// The lowest rate above the limit that did not hold, and why.
    pub first_failed: Option<Probe>,
    /// Whether it was the generator, not the server, that could not go on.
    pub generator_limited: bool,
    /// Everything that was tried, in order.
    pub probes: Vec<Probe>,
    /// The longest look at the limit, whole.
    pub at_limit: Option<LoadResult>,
    /// Stopped from outside.
    pub interrupted: bool,
    /// Why the search ended early: the server could not be reached any more, in the system's words.
    pub gone: Option<String>,
}

/// What happens during a search.
#[derive(Debug)]
pub enum LimitEvent<'a> {
    /// Load begins: a closed loop (`None`) or a rate, for so long.
    Begun(Option<f64>, Duration),
    /// Load goes on.
    Running(&'a Progress),
    /// What the closed loop achieved, in requests per second.
    ClosedLoop(f64),
    /// A probe is done.
    Probed(&'a Probe),
}

/// Searches the highest rate at which the server holds the goal. Target, request, connections and everything else but
/// schedule and stop are the plan's.
///
/// # Errors
/// Those of [`run`]; what was found until an interruption, or until the server went away, is no error.
pub fn find_limit(
    plan: &LoadPlan,
    settings: &LimitSettings,
    abort: &AtomicBool,
    tell: &mut dyn FnMut(&LimitEvent<'_>),
) -> Result<LimitReport, LoadError> {
    let mut hunt = Hunt {
        plan,
        settings,
        abort,
        tell,
        probes: Vec::new(),
        at_limit: None,
        gone: None,
    };
    let closed_loop_rate = hunt.closed_loop()?;
    let lowest = FEWEST_REQUESTS / settings.probe.as_secs_f64();
    let mut search = Search::new(closed_loop_rate, settings.resolution, lowest);
    while let (Step::Try(rate, purpose), false) = (search.next(), hunt.is_over()) {
        let time = if search.is_long() {
            settings.confirm
        } else {
            settings.probe
        };
        match hunt.probe(rate, purpose, time) {
            Ok(Some(holds)) => search.record(holds),
            Ok(None) => {}
            // Nobody answers any more: what was found before still tells something.
            Err(error @ LoadError::Connect { .. }) => {
                hunt.gone = Some(error.to_string());
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(hunt.report(closed_loop_rate, &search))
}

struct Hunt<'a> {
    plan: &'a LoadPlan,
    settings: &'a LimitSettings,
    abort: &'a AtomicBool,
    tell: &'a mut dyn FnMut(&LimitEvent<'_>),
    probes: Vec<Probe>,
    at_limit: Option<(f64, LoadResult)>,
    gone: Option<String>,
}

impl Hunt<'_> {
    fn is_over(&self) -> bool {
        self.abort.load(Ordering::Relaxed)
    }

    fn send(&mut self, plan: &LoadPlan, time: Duration) -> Result<LoadResult, LoadError> {
        (self.tell)(&LimitEvent::Begun(plan.schedule.asked_rate(), time));
        run(plan, self.abort, &mut |seen| {
            (self.tell)(&LimitEvent::Running(seen));
        })
    }

    /// About how much the server can do. Where nothing is answered rightly there is nothing to search.
    fn closed_loop(&mut self) -> Result<f64, LoadError> {
        let plan = LoadPlan {
            schedule: Schedule::Closed,
            stop: Stop::After(self.settings.probe),
            ..self.plan.clone()
        };
        let result = self.send(&plan, self.settings.probe)?;
        if result.ok == 0 && !result.aborted {
            return Err(LoadError::Plan(format!(
                "none of {} requests was answered rightly, so there is no limit to find; try it with a plain `asgi-toll load` first",
                result.sent
            )));
        }
        (self.tell)(&LimitEvent::ClosedLoop(result.achieved_rate));
        Ok(result.achieved_rate)
    }

    /// Whether the rate holds the goal; `None` after an interruption.
    fn probe(
        &mut self,
        rate: f64,
        purpose: Purpose,
        time: Duration,
    ) -> Result<Option<bool>, LoadError> {
        let plan = LoadPlan {
            schedule: self.settings.schedule(rate),
            stop: Stop::After(time),
            warmup: time.mul_f64(WARMUP_SHARE),
            ..self.plan.clone()
        };
        let result = self.send(&plan, time)?;
        if result.aborted {
            return Ok(None);
        }
        let probe = judged(&result, rate, purpose, time, self.settings);
        (self.tell)(&LimitEvent::Probed(&probe));
        let holds = probe.verdict == Verdict::Held;
        self.probes.push(probe);
        if holds {
            self.keep(rate, result);
        } else {
            self.drain();
        }
        Ok(Some(holds))
    }

    /// The result at the limit is the longest one at its rate.
    fn keep(&mut self, rate: f64, result: LoadResult) {
        let known = self.at_limit.as_ref();
        let is_better =
            known.is_none_or(|(at, before)| *at != rate || before.wall_ns <= result.wall_ns);
        if is_better {
            self.at_limit = Some((rate, result));
        }
    }

    fn drain(&self) {
        let start = Instant::now();
        while start.elapsed() < DRAIN && !self.is_over() {
            std::thread::sleep(DRAIN_STEP);
        }
    }

    fn report(self, closed_loop_rate: f64, search: &Search) -> LimitReport {
        let limit = search.held();
        let above = |probe: &&Probe| {
            probe.verdict != Verdict::Held && limit.is_none_or(|limit| probe.rate > limit)
        };
        // The last of several looks at the same rate is the one that decided.
        let failed = self.probes.iter().rev().filter(above);
        let first_failed = failed
            .min_by(|one, other| one.rate.total_cmp(&other.rate))
            .cloned();
        let at_limit = self
            .at_limit
            .filter(|(rate, _)| Some(*rate) == limit)
            .map(|(_, result)| result);
        LimitReport {
            goal: self.settings.goal,
            resolution: self.settings.resolution,
            closed_loop_rate,
            limit,
            confirmed: search.next() == Step::Done && search.is_confirmed(),
            generator_limited: first_failed
                .as_ref()
                .is_some_and(|probe| probe.verdict == Verdict::GeneratorLimited),
            first_failed,
            probes: self.probes,
            at_limit,
            interrupted: self.abort.load(Ordering::Relaxed),
            gone: self.gone,
        }
    }
}

fn judged(
    result: &LoadResult,
    rate: f64,
    purpose: Purpose,
    time: Duration,
    settings: &LimitSettings,
) -> Probe {
    let planned_ns = duration_ns(time);
    let latency = result
        .latency_from_schedule
        .as_ref()
        .unwrap_or(&result.latency);
    let mut probe = Probe {
        rate,
        purpose,
        planned_ns,
        achieved_rate: result.achieved_rate,
        kept_up: kept_up(result, planned_ns),
        reached_ns: settings.goal.of(latency),
        count: latency.count,
        errors: result.errors.total(),
        client_utilisation: result.client_utilisation,
        verdict: Verdict::Held,
    };
    probe.verdict = verdict(&probe, result, settings);
    probe
}

fn verdict(probe: &Probe, result: &LoadResult, settings: &LimitSettings) -> Verdict {
    let answered_or_failed = (probe.count + probe.errors).max(1);
    let too_many_errors =
        probe.errors as f64 / answered_or_failed as f64 > settings.max_error_share;
    // Failures that may be are not missing from the rate.
    let min_kept_up = MIN_KEPT_UP - settings.max_error_share;
    let missed = match () {
        () if too_many_errors => return Verdict::Errors,
        () if probe.kept_up < min_kept_up => Verdict::RateMissed,
        () if probe.reached_ns > settings.goal.at_most_ns => Verdict::TooSlow,
        () => return Verdict::Held,
    };
    if is_generators_fault(probe, result, settings.goal) {
        Verdict::GeneratorLimited
    } else {
        missed
    }
}

/// Busy, or late by so much that it matters for the goal, while the answers themselves came soon enough.
fn is_generators_fault(probe: &Probe, result: &LoadResult, goal: Goal) -> bool {
    let late = result.schedule_lag.as_ref().is_some_and(|lag| {
        let lag_ns = lag.p99_ns as f64;
        lag_ns > lag_bound_ns(probe.rate) && lag_ns > goal.at_most_ns as f64 / 2.0
    });
    let server_is_slow = goal.of(&result.latency) > goal.at_most_ns;
    (late && !server_is_slow) || probe.client_utilisation > GENERATOR_BUSY
}
