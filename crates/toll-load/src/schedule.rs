//! When requests are sent.

use crate::LoadError;
use crate::clock::NANOS_PER_SECOND;
use serde::{Deserialize, Serialize};

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
}

impl Schedule {
    pub(crate) fn is_open(self) -> bool {
        self.asked_rate().is_some()
    }

    pub(crate) fn asked_rate(self) -> Option<f64> {
        match self {
            Schedule::Closed => None,
            Schedule::ConstantRate { per_second } => Some(per_second),
        }
    }

    pub(crate) fn check(self) -> Result<(), LoadError> {
        match self.asked_rate() {
            Some(rate) if !(rate.is_finite() && rate > 0.0 && rate <= 1e9) => Err(LoadError::Plan(
                format!("a rate of {rate} per second; give one above 0 and up to 1e9"),
            )),
            _ => Ok(()),
        }
    }

    /// The moments of one connection.
    pub(crate) fn arrivals(self, lane: Lane, origin_ns: u64) -> Arrivals {
        match self {
            Schedule::Closed => Arrivals::Closed,
            Schedule::ConstantRate { per_second } => Arrivals::Constant {
                origin_ns,
                gap_ns: NANOS_PER_SECOND as f64 / per_second,
                lane,
                next: 0,
            },
        }
    }
}

/// One connection among all those that share a schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    pub(crate) index: u64,
    pub(crate) of: u64,
}

/// The moments at which one connection is to send.
#[derive(Debug, Clone)]
pub(crate) enum Arrivals {
    Closed,
    /// Request `k` of the lane is due at `origin + (k · of + index) · gap`: computed anew each time, so that nothing
    /// accumulates.
    Constant {
        origin_ns: u64,
        gap_ns: f64,
        lane: Lane,
        next: u64,
    },
}

impl Arrivals {
    /// When the next request is due on a connection that is free at `free_ns`.
    pub(crate) fn due(&self, free_ns: u64) -> u64 {
        match self {
            Arrivals::Closed => free_ns,
            Arrivals::Constant {
                origin_ns,
                gap_ns,
                lane,
                next,
            } => origin_ns + ((next * lane.of + lane.index) as f64 * gap_ns) as u64,
        }
    }

    /// The next request is under way.
    pub(crate) fn advance(&mut self) {
        if let Arrivals::Constant { next, .. } = self {
            *next += 1;
        }
    }

    /// How many requests are due before `until_ns` and not under way.
    pub(crate) fn missed(&self, until_ns: u64) -> u64 {
        let mut later = self.clone();
        let Arrivals::Constant {
            origin_ns,
            gap_ns,
            lane,
            next,
        } = self
        else {
            return 0;
        };
        let first_after = until_ns.saturating_sub(*origin_ns) as f64 / gap_ns;
        // One below the estimate, then exactly: rounding must not disagree with `due`.
        let estimate = ((first_after - lane.index as f64) / lane.of as f64).max(1.0) as u64 - 1;
        if let Arrivals::Constant { next, .. } = &mut later {
            *next = estimate.max(*next);
        }
        while later.due(0) < until_ns {
            later.advance();
        }
        match later {
            Arrivals::Constant { next: end, .. } => end - next,
            Arrivals::Closed => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lanes(per_second: f64, of: u64) -> Vec<Arrivals> {
        let schedule = Schedule::ConstantRate { per_second };
        (0..of)
            .map(|index| schedule.arrivals(Lane { index, of }, 500))
            .collect()
    }

    #[test]
    fn connections_take_turns_at_equal_distances() {
        let mut lanes = lanes(1000.0, 4);
        let mut due: Vec<u64> = Vec::new();
        for lane in &mut lanes {
            for _ in 0..5 {
                due.push(lane.due(0));
                lane.advance();
            }
        }
        due.sort_unstable();
        let expected: Vec<u64> = (0..20).map(|k| 500 + k * 1_000_000).collect();
        assert_eq!(due, expected);
    }

    #[test]
    fn a_closed_loop_is_due_when_free() {
        let arrivals = Schedule::Closed.arrivals(Lane { index: 0, of: 1 }, 7);
        assert_eq!((arrivals.due(42), arrivals.missed(u64::MAX)), (42, 0));
    }

    #[test]
    fn impossible_rates_are_refused() {
        for per_second in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Schedule::ConstantRate { per_second }.check().is_err());
        }
    }

    proptest! {
        #[test]
        fn missed_is_what_counting_finds(rate in 0.5_f64..1e6, of in 1_u64..20, begun in 0_u64..50, span in 0_u64..20_000_000) {
            for mut lane in lanes(rate, of) {
                (0..begun).for_each(|_| lane.advance());
                let missed = lane.missed(500 + span);
                let mut counted = 0;
                while lane.due(0) < 500 + span {
                    lane.advance();
                    counted += 1;
                }
                prop_assert_eq!(missed, counted);
            }
        }
    }
}
