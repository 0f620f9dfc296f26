//! Load generators as this crate sees them: they are given an errand and tell what they measured.

mod external;
mod own;

pub use external::External;
pub use own::Own;

use crate::known::Class;
use crate::spread::Spread;
use crate::{AccuracyError, Bench};
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// When requests are to be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// As soon as the answer before is there.
    Closed,
    /// At equal distances.
    Constant {
        /// Requests per second over all connections.
        per_second: f64,
    },
    /// At independent, exponentially distributed distances.
    Poisson {
        /// Requests per second over all connections, on average.
        per_second: f64,
    },
}

/// What a generator is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// Where to.
    pub url: String,
    /// Connections that are kept open.
    pub connections: usize,
    /// When to send.
    pub arrivals: Arrivals,
    /// For how long.
    pub time: Duration,
    /// The most that one request may take.
    pub timeout: Duration,
    /// When it is to be stopped before its time.
    pub abort_after: Option<Duration>,
}

impl Errand {
    /// A closed loop with patience.
    pub fn closed(url: String, connections: usize, time: Duration) -> Self {
        Self {
            url,
            connections,
            arrivals: Arrivals::Closed,
            time,
            timeout: Duration::from_secs(20),
            abort_after: None,
        }
    }

    /// Another way of arriving.
    #[must_use]
    pub fn arriving(self, arrivals: Arrivals) -> Self {
        Self { arrivals, ..self }
    }
}

/// Latencies as a generator tells them.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// How many.
    pub count: u64,
    /// Their mean.
    pub mean_ns: f64,
    /// The longest.
    pub max_ns: f64,
    /// The quantiles that it tells, ascending.
    pub quantiles: Vec<(f64, f64)>,
    /// All of them, where it keeps them.
    pub histogram: Option<Histogram<u64>>,
}

impl Told {
    /// The quantile `q` in nanoseconds, if it is told.
    pub fn at(&self, q: f64) -> Option<f64> {
        match &self.histogram {
            Some(all) if !all.is_empty() => {
                Some(all.median_equivalent(all.value_at_quantile(q)) as f64)
            }
            Some(_) => None,
            None => {
                let told =
                    |(known, value): &(f64, f64)| ((known - q).abs() < 1e-9).then_some(*value);
                self.quantiles.iter().find_map(told)
            }
        }
    }

    pub(crate) fn spread(&self) -> Option<Spread> {
        match &self.histogram {
            Some(all) => Spread::from_histogram(all),
            None => Spread::from_quantiles(&self.quantiles),
        }
    }
}

/// What a generator measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Requests sent, if it tells.
    pub sent: Option<u64>,
    /// Right answers.
    pub ok: u64,
    /// Failures whose kind it tells.
    pub failures: BTreeMap<Class, u64>,
    /// Failures whose kind it does not tell.
    pub other_failures: u64,
    /// Requests still awaited at the end.
    pub in_flight: u64,
    /// Bytes received, and how exactly that is told.
    pub bytes_in: Option<(u64, f64)>,
    /// Bytes sent, and how exactly that is told.
    pub bytes_out: Option<(u64, f64)>,
    /// Right answers per second.
    pub rate: f64,
    /// From the moment of sending, or whatever it calls latency.
    pub latency: Told,
    /// From the moment at which the request was to be sent.
    pub from_schedule: Option<Told>,
    /// Its CPU time.
    pub cpu_ns: Option<u64>,
}

impl Answer {
    /// All failures.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum::<u64>() + self.other_failures
    }
}

/// A load generator. One file each.
pub trait Generator {
    /// Its name.
    fn name(&self) -> &str;

    /// Whether the question with this key concerns it.
    fn is_asked(&self, _question: &str) -> bool {
        true
    }

    /// Why it cannot do such an errand; `None` if it can.
    fn refuses(&self, errand: &Errand) -> Option<String>;

    /// Does it.
    ///
    /// # Errors
    /// [`AccuracyError`] when it cannot be started or its answer not be read.
    fn ask(&self, errand: &Errand, bench: &Bench) -> Result<Answer, AccuracyError>;
}
