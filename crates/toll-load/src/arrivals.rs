//! The moments at which one connection is to send.

use crate::clock::NANOS_PER_SECOND;
use crate::schedule::Schedule;

/// One connection among all those that share a schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    pub(crate) index: u64,
    pub(crate) of: u64,
}

/// The moments of one connection: points in time that do not depend on when anything was sent.
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
    /// The next request is due at `due_ns`; the distances are exponentially distributed.
    Poisson {
        due_ns: f64,
        mean_gap_ns: f64,
        random: SplitMix,
    },
}

impl Arrivals {
    pub(crate) fn new(schedule: Schedule, lane: Lane, origin_ns: u64) -> Arrivals {
        match schedule {
            Schedule::Closed => Arrivals::Closed,
            Schedule::ConstantRate { per_second } => Arrivals::Constant {
                origin_ns,
                gap_ns: NANOS_PER_SECOND as f64 / per_second,
                lane,
                next: 0,
            },
            Schedule::Poisson { per_second, seed } => {
                let mut first = Arrivals::Poisson {
                    due_ns: origin_ns as f64,
                    mean_gap_ns: NANOS_PER_SECOND as f64 * lane.of as f64 / per_second,
                    random: SplitMix::of_lane(seed, lane.index),
                };
                first.advance();
                first
            }
        }
    }

    /// When the next request is due on a connection that is free at `free_ns`.
    pub(crate) fn due(&self, free_ns: u64) -> u64 {
        match self {
            Arrivals::Closed => free_ns,
            Arrivals::Constant {
                origin_ns,
                gap_ns,
                lane,
                next,
            } => origin_ns.saturating_add(((next * lane.of + lane.index) as f64 * gap_ns) as u64),
            Arrivals::Poisson { due_ns, .. } => *due_ns as u64,
        }
    }

    /// The next request is under way.
    pub(crate) fn advance(&mut self) {
        match self {
            Arrivals::Closed => {}
            Arrivals::Constant { next, .. } => *next += 1,
            Arrivals::Poisson {
                due_ns,
                mean_gap_ns,
                random,
            } => *due_ns += *mean_gap_ns * random.exponential(),
        }
    }

    /// How many requests are due before `until_ns` and not under way.
    pub(crate) fn missed(&self, until_ns: u64) -> u64 {
        match self {
            Arrivals::Closed => 0,
            Arrivals::Constant { .. } => self.missed_of_constant(until_ns),
            Arrivals::Poisson { .. } => {
                let (mut later, mut missed) = (self.clone(), 0);
                while later.due(0) < until_ns {
                    later.advance();
                    missed += 1;
                }
                missed
            }
        }
    }

    fn missed_of_constant(&self, until_ns: u64) -> u64 {
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
            _ => 0,
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood: Fast Splittable Pseudorandom Number Generators, 2014).
#[derive(Debug, Clone)]
pub(crate) struct SplitMix {
    state: u64,
}

impl SplitMix {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

    /// A stream of its own for each lane: the seed is mixed before the lane is added, and the sum is mixed again.
    fn of_lane(seed: u64, lane: u64) -> SplitMix {
        let mut mixed = SplitMix { state: seed };
        let state = mixed.next() ^ lane.wrapping_mul(Self::GOLDEN);
        let mut own = SplitMix { state };
        let state = own.next();
        SplitMix { state }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(Self::GOLDEN);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Exponentially distributed with mean 1, by inversion. The uniform number is never 0.
    fn exponential(&mut self) -> f64 {
        let uniform = ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        -uniform.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lanes(schedule: Schedule, of: u64) -> Vec<Arrivals> {
        (0..of)
            .map(|index| Arrivals::new(schedule, Lane { index, of }, 500))
            .collect()
    }

    /// The moments of `each` requests of every lane, in order.
    fn moments(schedule: Schedule, of: u64, each: usize) -> Vec<u64> {
        let mut due = Vec::new();
        for mut lane in lanes(schedule, of) {
            for _ in 0..each {
                due.push(lane.due(0));
                lane.advance();
            }
        }
        due.sort_unstable();
        due
    }

    #[test]
    fn connections_take_turns_at_equal_distances() {
        let due = moments(Schedule::ConstantRate { per_second: 1000.0 }, 4, 5);
        let expected: Vec<u64> = (0..20).map(|k| 500 + k * 1_000_000).collect();
        assert_eq!(due, expected);
    }

    #[test]
    fn a_closed_loop_is_due_when_free() {
        let arrivals = Arrivals::new(Schedule::Closed, Lane { index: 0, of: 1 }, 7);
        assert_eq!((arrivals.due(42), arrivals.missed(u64::MAX)), (42, 0));
    }

    /// Distances of a Poisson process are exponential: mean 1, variance 1, and e⁻¹ of them above the mean.
    #[test]
    fn connections_together_are_one_poisson_process() {
        let schedule = Schedule::Poisson {
            per_second: 1000.0,
            seed: 7,
        };
        let all = moments(schedule, 10, 20_000);
        // Every lane has come at least as far as this.
        let within = all.iter().filter(|at| **at < 150_000_000_000);
        let within: Vec<u64> = within.copied().collect();
        let gaps: Vec<f64> = within
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64 / 1e6)
            .collect();
        let count = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / count;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
        let above = gaps.iter().filter(|gap| **gap > 1.0).count() as f64 / count;
        let neighbours = gaps
            .windows(2)
            .map(|pair| (pair[0] - mean) * (pair[1] - mean));
        let correlation = neighbours.sum::<f64>() / count / variance;
        // Four standard errors of 150 000 gaps.
        assert!((mean - 1.0).abs() < 0.011, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
        assert!((above - (-1.0_f64).exp()).abs() < 0.005, "{above}");
        assert!(correlation.abs() < 0.011, "{correlation}");
    }

    #[test]
    fn the_seed_decides_the_moments() {
        let of_seed = |seed| {
            let schedule = Schedule::Poisson {
                per_second: 100.0,
                seed,
            };
            moments(schedule, 3, 10)
        };
        assert_eq!(of_seed(1), of_seed(1));
        assert_ne!(of_seed(1), of_seed(2));
    }

    proptest! {
        #[test]
        fn missed_is_what_counting_finds(
            rate in 0.5_f64..1e6, of in 1_u64..20, begun in 0_u64..50, span in 0_u64..20_000_000, seed in any::<u64>(),
        ) {
            for schedule in [
                Schedule::ConstantRate { per_second: rate },
                Schedule::Poisson { per_second: rate, seed },
            ] {
                for mut lane in lanes(schedule, of) {
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
}
