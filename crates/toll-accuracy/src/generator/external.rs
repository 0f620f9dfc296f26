//! Load generators that are programs of their own, through the adapters of toll-lab.

use super::{Answer, Arrivals, Errand, Generator, Told};
use crate::known::Class;
use crate::{AccuracyError, Bench};
use std::collections::BTreeMap;
use std::sync::Arc;
use toll_lab::generator::{Assignment, GeneratorError, Outcome, Program};
use toll_load::{Request, Target};

/// A program that was found on this machine.
#[derive(Debug)]
pub struct External {
    program: Program,
    title: String,
}

impl External {
    /// A generator of `toll_lab::generator::all` by its name.
    ///
    /// # Errors
    /// [`AccuracyError::Tool`] when there is none of that name or it is not installed; it says how to get it.
    pub fn find(name: &str) -> Result<Self, AccuracyError> {
        let failed = |why: String| AccuracyError::Tool {
            tool: name.to_owned(),
            why,
        };
        let known = toll_lab::generator::named(name)
            .ok_or_else(|| failed("no such load generator is known".into()))?;
        let program = Program::find(known).map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            title: program.title(),
            program,
        })
    }

    fn failed(&self, error: &GeneratorError) -> AccuracyError {
        AccuracyError::Tool {
            tool: self.title.clone(),
            why: error.to_string(),
        }
    }
}

impl Generator for External {
    fn name(&self) -> &str {
        &self.title
    }

    fn refuses(&self, errand: &Errand) -> Option<String> {
        if errand.abort_after.is_some() {
            return Some("what it tells when it is stopped is not read".to_owned());
        }
        match errand.arrivals {
            Arrivals::Closed => None,
            Arrivals::Constant { per_second } => self.program.generator.refuses_rate(per_second),
            Arrivals::Poisson { .. } => Some("it has no Poisson arrivals".to_owned()),
        }
    }

    fn ask(&self, errand: &Errand, bench: &Bench) -> Result<Answer, AccuracyError> {
        let target = Target::parse(&errand.url)?;
        let assignment = Assignment {
            request: Request::get(target.path()),
            target,
            connections: errand.connections as u32,
            duration: errand.time.max(self.program.generator.shortest()),
            rate: match errand.arrivals {
                Arrivals::Constant { per_second } => Some(per_second),
                Arrivals::Closed | Arrivals::Poisson { .. } => None,
            },
            timeout: errand.timeout,
            core: bench.cores.generator,
            server: None,
        };
        let outcome = self.program.run(&assignment, &Arc::clone(&bench.abort));
        bench.go_on()?;
        Ok(answer(&outcome.map_err(|error| self.failed(&error))?))
    }
}

fn answer(outcome: &Outcome) -> Answer {
    let failures = failures(outcome);
    let known: u64 = failures.values().sum();
    let latency = &outcome.latency;
    let quantiles = latency
        .quantiles_ns
        .iter()
        .map(|(q, ns)| (f64::from(*q) / 1e4, *ns as f64));
    Answer {
        sent: outcome.sent,
        ok: outcome.ok,
        other_failures: outcome.failed.saturating_sub(known),
        failures,
        in_flight: 0,
        bytes_in: outcome.bytes_in.map(|bytes| (bytes, 0.0)),
        bytes_out: outcome.bytes_out.map(|bytes| (bytes, 0.0)),
        rate: outcome.rate(),
        latency: Told {
            count: outcome.ok,
            mean_ns: latency.mean_ns.map_or(f64::NAN, |ns| ns as f64),
            max_ns: latency.max_ns.map_or(f64::NAN, |ns| ns as f64),
            quantiles: quantiles.collect(),
            histogram: None,
        },
        from_schedule: None,
        cpu_ns: Some(outcome.client_cpu_ns),
    }
}

/// A status of 500 is the one class that tells itself apart in every tool that has classes.
fn failures(outcome: &Outcome) -> BTreeMap<Class, u64> {
    let is_500 = |name: &str| name.starts_with('5') || name == "server_error";
    let found = outcome
        .error_classes
        .iter()
        .filter(|(name, _)| is_500(name))
        .map(|(_, count)| *count)
        .reduce(|one, other| one + other);
    found
        .map(|count| (Class::ServerError, count))
        .into_iter()
        .collect()
}
