//! toll-load, in this process.

use super::{Answer, Arrivals, Errand, Generator, Told};
use crate::known::Class;
use crate::{AccuracyError, Bench};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use toll_load::{Errors, Latency, LoadPlan, LoadResult, Request, Schedule, Stop, Target, run};

/// How often a run that is to be stopped before its time is looked after.
const LOOK: Duration = Duration::from_millis(5);
/// How often the others are looked after, for an interruption.
const RARE_LOOK: Duration = Duration::from_millis(100);

/// The same moments every time, so that a report can be repeated.
const SEED: u64 = 7;

/// toll-load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Own {
    /// Its thread never sleeps. Then it is asked about times only: what it sends and counts is the same.
    pub spin: bool,
}

impl Generator for Own {
    fn name(&self) -> &'static str {
        if self.spin {
            "toll-load --spin"
        } else {
            "toll-load"
        }
    }

    fn is_asked(&self, question: &str) -> bool {
        !self.spin || ["delays", "stall", "spacing"].contains(&question)
    }

    fn refuses(&self, _errand: &Errand) -> Option<String> {
        None
    }

    fn ask(&self, errand: &Errand, bench: &Bench) -> Result<Answer, AccuracyError> {
        let plan = LoadPlan {
            spin: self.spin,
            ..plan(errand, bench)?
        };
        let stop = AtomicBool::new(false);
        let over = AtomicBool::new(false);
        let result = std::thread::scope(|scope| {
            scope.spawn(|| watch(errand.abort_after, bench, &stop, &over));
            let result = run(&plan, &stop, &mut |_| {});
            over.store(true, Ordering::Relaxed);
            result
        })?;
        bench.go_on()?;
        answer(&result)
    }
}

/// Hands an interruption on to the run, and the order to stop it early.
fn watch(abort_after: Option<Duration>, bench: &Bench, stop: &AtomicBool, over: &AtomicBool) {
    let start = Instant::now();
    // Every look takes a core away from somebody.
    let pause = if abort_after.is_some() {
        LOOK
    } else {
        RARE_LOOK
    };
    while !over.load(Ordering::Relaxed) {
        let early = abort_after.is_some_and(|after| start.elapsed() >= after);
        if early || bench.go_on().is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        std::thread::sleep(pause);
    }
}

fn plan(errand: &Errand, bench: &Bench) -> Result<LoadPlan, AccuracyError> {
    let target = Target::parse(&errand.url)?;
    let request = Request::get(target.path());
    let mut plan = LoadPlan::new(target, request);
    plan.connections = errand.connections;
    plan.cores = bench.cores.generator.into_iter().collect();
    plan.schedule = schedule(errand.arrivals);
    plan.stop = Stop::After(errand.time);
    plan.timeout = errand.timeout;
    Ok(plan)
}

fn schedule(arrivals: Arrivals) -> Schedule {
    match arrivals {
        Arrivals::Closed => Schedule::Closed,
        Arrivals::Constant { per_second } => Schedule::ConstantRate { per_second },
        Arrivals::Poisson { per_second } => Schedule::Poisson {
            per_second,
            seed: SEED,
        },
    }
}

fn answer(result: &LoadResult) -> Result<Answer, AccuracyError> {
    let told = |latency: &Latency| told(latency);
    Ok(Answer {
        sent: Some(result.sent),
        ok: result.ok,
        failures: by_class(&result.errors),
        other_failures: result.errors.total() - by_class(&result.errors).values().sum::<u64>(),
        in_flight: result.in_flight,
        bytes_in: Some((result.bytes_in, 0.0)),
        bytes_out: Some((result.bytes_out, 0.0)),
        rate: result.achieved_rate,
        latency: told(&result.latency)?,
        from_schedule: result
            .latency_from_schedule
            .as_ref()
            .map(told)
            .transpose()?,
        cpu_ns: Some(result.client_cpu_ns),
    })
}

fn by_class(errors: &Errors) -> std::collections::BTreeMap<Class, u64> {
    [
        (Class::ServerError, errors.server_error),
        (Class::Reset, errors.closed),
        (Class::ShortBody, errors.short_body),
        (Class::Silent, errors.timeout),
    ]
    .into()
}

fn told(latency: &Latency) -> Result<Told, AccuracyError> {
    Ok(Told {
        count: latency.count,
        mean_ns: latency.mean_ns as f64,
        max_ns: latency.max_ns as f64,
        quantiles: Vec::new(),
        histogram: Some(latency.decode()?),
    })
}
