//! What a rate must hold: a percentile of the latency and a bound.

use crate::Latency;
use serde::Serialize;
use std::str::FromStr;
use thiserror::Error;

/// A percentile by its name, where it is found in a [`Latency`], and what share of the answers lies below.
struct Percentile {
    name: &'static str,
    of: fn(&Latency) -> u64,
    quantile: f64,
}

const PERCENTILES: [Percentile; 6] = [
    Percentile {
        name: "p50",
        of: |latency| latency.p50_ns,
        quantile: 0.5,
    },
    Percentile {
        name: "p90",
        of: |latency| latency.p90_ns,
        quantile: 0.9,
    },
    Percentile {
        name: "p95",
        of: |latency| latency.p95_ns,
        quantile: 0.95,
    },
    Percentile {
        name: "p99",
        of: |latency| latency.p99_ns,
        quantile: 0.99,
    },
    Percentile {
        name: "p99.9",
        of: |latency| latency.p999_ns,
        quantile: 0.999,
    },
    Percentile {
        name: "max",
        of: |latency| latency.max_ns,
        quantile: 1.0,
    },
];

/// From nanoseconds to the unit.
const UNITS: [(&str, f64); 5] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
];

/// A latency that is to be held, such as `p99=10ms`: from the moment at which a request was due.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Goal {
    /// Name of the percentile: `p50`, `p90`, `p95`, `p99`, `p99.9` or `max`.
    pub percentile: &'static str,
    /// The most that it may be.
    pub at_most_ns: u64,
}

/// A goal that is not understood.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "`{0}` is no goal; write a percentile and a time, such as p99=10ms (p50, p90, p95, p99, p99.9, max; us, ms, s)"
)]
pub struct GoalError(String);

impl Goal {
    /// The percentile in a distribution, in nanoseconds.
    pub fn of(&self, latency: &Latency) -> u64 {
        (self.row().of)(latency)
    }

    /// Requests after which the percentile is known: ten lie beyond it. The maximum never is; it is judged as it comes.
    pub fn enough(&self) -> u64 {
        let beyond = 1.0 - self.row().quantile;
        if beyond <= 0.0 {
            0
        } else {
            (10.0 / beyond).round() as u64
        }
    }

    fn row(&self) -> &'static Percentile {
        let found = PERCENTILES.iter().find(|row| row.name == self.percentile);
        found.unwrap_or(&PERCENTILES[3])
    }
}

impl FromStr for Goal {
    type Err = GoalError;

    fn from_str(text: &str) -> Result<Goal, GoalError> {
        read(text).ok_or_else(|| GoalError(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Goal> {
    let (name, time) = text.split_once('=')?;
    let row = PERCENTILES.iter().find(|row| row.name == name.trim())?;
    let time = time.trim();
    let split = time.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = time.split_at(split);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    let at_most_ns = (number.parse::<f64>().ok()? * factor).round() as u64;
    (at_most_ns > 0).then_some(Goal {
        percentile: row.name,
        at_most_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_read_or_refused() {
        let goal: Goal = "p99=10ms".parse().unwrap();
        assert_eq!(
            (goal.percentile, goal.at_most_ns, goal.enough()),
            ("p99", 10_000_000, 1_000)
        );
        assert_eq!(
            "max = 0.5 s".parse::<Goal>().unwrap().at_most_ns,
            500_000_000
        );
        assert_eq!("p99.9=250us".parse::<Goal>().unwrap().at_most_ns, 250_000);
        for wrong in [
            "p99", "p98=1ms", "p99=10", "p99=ms", "p99=0ms", "p99=-1ms", "=1ms", "p99=1h", "",
        ] {
            assert!(wrong.parse::<Goal>().is_err(), "{wrong}");
        }
    }
}
