//! What a known server is to do.

use super::answer::Class;
use serde::{Deserialize, Serialize};
use toll_stats::Random;

/// How a known server behaves. The default answers everything at once and rightly, and sleeps while nothing comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spec {
    /// The core it binds itself to.
    pub core: Option<usize>,
    /// It never sleeps, so that its own waking up is in no answer. It needs a core of its own.
    pub spinning: bool,
    /// The delays to draw from; none is no delay.
    pub delays: Vec<Delay>,
    /// Seed of the draws, so that a run can be repeated.
    pub seed: u64,
    /// What is to go wrong, and how often. The first entry that applies to a request counts.
    pub planted: Vec<Planted>,
    /// How many arrival times are kept.
    pub keep_arrivals: usize,
    /// It ends after so many seconds, whatever happens.
    pub deadline_s: u64,
}

/// One delay of a mixture: from the return of the receive call to the beginning of the send call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// How often, relative to the sum of the shares.
    pub share: f64,
    /// How long.
    pub delay_ns: u64,
}

/// Every so many requests end in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// Request number `every`, `2 · every` …, counted from 1 over all connections.
    pub every: u64,
    /// What happens to it.
    pub class: Class,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            core: None,
            spinning: false,
            delays: Vec::new(),
            seed: 1,
            planted: Vec::new(),
            keep_arrivals: 0,
            deadline_s: 120,
        }
    }
}

impl Spec {
    /// The delay of the next request; 0 where none is to be.
    pub(super) fn draw_delay_ns(&self, random: &mut Random) -> u64 {
        let [first, rest @ ..] = self.delays.as_slice() else {
            return 0;
        };
        if rest.is_empty() {
            return first.delay_ns;
        }
        let total: f64 = self.delays.iter().map(|delay| delay.share).sum();
        let mut left = random.uniform() * total;
        for delay in &self.delays {
            if left < delay.share {
                return delay.delay_ns;
            }
            left -= delay.share;
        }
        first.delay_ns
    }

    /// What happens to request `number`, counted from 1.
    pub(super) fn class_of(&self, number: u64) -> Class {
        self.planted
            .iter()
            .find(|planted| planted.every > 0 && number.is_multiple_of(planted.every))
            .map_or(Class::Ok, |planted| planted.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_drawn_in_their_shares_and_the_same_again() {
        let spec = Spec {
            delays: [(9.0, 1), (1.0, 15)]
                .map(|(share, delay_ns)| Delay { share, delay_ns })
                .to_vec(),
            ..Spec::default()
        };
        let draw = |seed| {
            let mut random = Random::from_seed(seed);
            (0..10_000)
                .map(|_| spec.draw_delay_ns(&mut random))
                .collect::<Vec<_>>()
        };
        let long = draw(3).iter().filter(|delay| **delay == 15).count();
        // Five standard deviations of a binomial count: √(10 000 · 0.1 · 0.9) = 30.
        assert!(long.abs_diff(1_000) < 150, "{long}");
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }

    #[test]
    fn the_first_planted_fault_that_applies_counts() {
        let spec = Spec {
            planted: vec![
                Planted {
                    every: 3,
                    class: Class::Reset,
                },
                Planted {
                    every: 2,
                    class: Class::ServerError,
                },
            ],
            ..Spec::default()
        };
        let classes: Vec<Class> = (1..=6).map(|number| spec.class_of(number)).collect();
        let (ok, error, reset) = (Class::Ok, Class::ServerError, Class::Reset);
        assert_eq!(classes, [ok, error, reset, error, ok, reset]);
    }

    #[test]
    fn a_spec_needs_only_what_differs() {
        let spec: Spec = serde_json::from_str(r#"{"spinning": true}"#).unwrap();
        assert_eq!(
            spec,
            Spec {
                spinning: true,
                ..Spec::default()
            }
        );
    }
}
