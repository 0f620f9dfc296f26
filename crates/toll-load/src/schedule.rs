//! When requests are sent.

use crate::LoadError;
use serde::{Deserialize, Serialize};

/// One request in eleven days.
const LEAST_RATE: f64 = 1e-6;
/// Far above what one machine can send.
const MOST_RATE: f64 = 1e8;

/// What decides the moment of each request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Schedule {
    /// Closed loop: a connection sends its next request as soon as the answer is there.
    Closed,
    /// Open loop: requests at a constant rate, whatever the answers do. The connections take turns, each at its own
    /// fixed moments, so that no two send at the same time. While an answer is outstanding its connection falls
    /// behind, and catches up afterwards; the latency from the intended moment shows it.
    ConstantRate {
        /// Requests per second over all connections.
        per_second: f64,
    },
    /// Open loop: independent requests, as from many people who know nothing of one another. Each connection has its own
    /// Poisson process; together they are one of the whole rate. The same seed gives the same moments.
    Poisson {
        /// Requests per second over all connections, in the long run.
        per_second: f64,
        /// Decides the moments.
        seed: u64,
    },
}

impl Schedule {
    pub(crate) fn is_open(self) -> bool {
        self.asked_rate().is_some()
    }

    pub(crate) fn asked_rate(self) -> Option<f64> {
        match self {
            Schedule::Closed => None,
            Schedule::ConstantRate { per_second } | Schedule::Poisson { per_second, .. } => {
                Some(per_second)
            }
        }
    }

    pub(crate) fn check(self) -> Result<(), LoadError> {
        match self.asked_rate() {
            Some(rate) if !(LEAST_RATE..=MOST_RATE).contains(&rate) => Err(LoadError::Plan(
                format!("a rate of {rate} per second; give one from {LEAST_RATE} to {MOST_RATE}"),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_rates_are_refused() {
        for per_second in [1e-12, 1e9, 0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Schedule::ConstantRate { per_second }.check().is_err());
            assert!(
                Schedule::Poisson {
                    per_second,
                    seed: 1
                }
                .check()
                .is_err()
            );
        }
    }
}
