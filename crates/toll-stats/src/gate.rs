//! A gate in few looks: measuring ends as soon as a look decides, and false alarms stay as rare as
//! if there had been one look only.

use std::f64::consts::FRAC_1_PI;

use statrs::function::erf::erfc_inv;

use crate::quantile::{mean, median};
use crate::signed_rank::{p_above, p_below};

/// The chance of a false alarm for which [`detectable`] is computed.
const DETECTABLE_LEVEL: f64 = 0.010;

/// How often [`detectable`] differences are to be found.
const DETECTABLE_POWER: f64 = 0.90;

/// The standard deviation of a normal distribution over its median absolute deviation.
const NORMAL_DEVIATION: f64 = 1.4826;

/// One look at the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// After how many rounds.
    pub rounds: usize,
    /// The p-value up to which this look decides; its share of the chance of a false alarm.
    pub level: f64,
}

/// The looks at which a comparison may end.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    looks: Vec<Look>,
}

impl Default for Gate {
    /// After 12, 20 and 32 rounds at the levels .001, .003 and .006: .010 together. (Twelve rounds
    /// can reach 2⁻¹² = .00024, so even the first look can decide.)
    fn default() -> Self {
        let looks = [(12, 0.001), (20, 0.003), (32, 0.006)];
        Self::new(looks.map(|(rounds, level)| Look { rounds, level }).into())
    }
}

impl Gate {
    /// A gate with these looks, in whatever order. Those without rounds or without a level above 0
    /// could never decide and are left out.
    pub fn new(mut looks: Vec<Look>) -> Self {
        looks.retain(|look| look.rounds > 0 && look.level > 0.0);
        looks.sort_by_key(|look| look.rounds);
        Self { looks }
    }

    /// The chance of a false alarm on one side, all looks together: the sum of their levels.
    pub fn alpha(&self) -> f64 {
        self.looks.iter().map(|look| look.level).sum()
    }

    /// Whether there is a look after so many rounds.
    pub fn is_look(&self, rounds: usize) -> bool {
        self.looks.iter().any(|look| look.rounds == rounds)
    }

    /// The rounds at the last look; 0 where there is none.
    pub fn rounds_max(&self) -> usize {
        self.looks.last().map_or(0, |look| look.rounds)
    }

    /// The rounds at the first look that comes after `rounds`; `None` where the last has passed.
    pub fn next_look(&self, rounds: usize) -> Option<usize> {
        let mut places = self.looks.iter().map(|look| look.rounds);
        places.find(|look| *look > rounds)
    }

    /// The same gate where it ended after `rounds`: what the looks that were not reached would have spent
    /// goes to the one after these rounds, whether it was planned or not. That keeps the chance of a false
    /// alarm, as long as measuring ends because the time is up or because everything is decided, and not by
    /// what was seen besides (spending error at looks that were not planned: Lan & DeMets 1983).
    #[must_use]
    pub fn ended_after(&self, rounds: usize) -> Self {
        if rounds == 0 || rounds >= self.rounds_max() {
            return self.clone();
        }
        let before = |look: &&Look| look.rounds < rounds;
        let mut looks: Vec<Look> = self.looks.iter().filter(before).copied().collect();
        let spent: f64 = looks.iter().map(|look| look.level).sum();
        looks.push(Look {
            rounds,
            level: self.alpha() - spent,
        });
        Self { looks }
    }

    /// What the `differences`, one a round in the order of the rounds, say about the true one, in
    /// their unit, as is `margin` (0 or more).
    pub fn evidence(&self, differences: &[f64], margin: f64) -> Evidence {
        let sequential = |test, centre| self.sequential(differences, test, centre);
        Evidence {
            above: sequential(p_above, margin),
            below: sequential(p_below, -margin),
            not_above: sequential(p_below, margin),
            not_below: sequential(p_above, -margin),
            looks: self.reached(differences).count(),
        }
    }

    fn reached(&self, differences: &[f64]) -> impl Iterator<Item = &Look> {
        let rounds = differences.len();
        self.looks
            .iter()
            .take_while(move |look| look.rounds <= rounds)
    }

    /// The smallest p-value over the looks, each as many times larger as its level is smaller than
    /// all together.
    fn sequential(&self, differences: &[f64], test: fn(&[f64], f64) -> f64, centre: f64) -> f64 {
        let alpha = self.alpha();
        self.reached(differences)
            .map(|look| test(&differences[..look.rounds], centre) * alpha / look.level)
            .fold(1.0, f64::min)
    }
}

/// Sequential p-values: at each look that has been reached, the one-sided signed-rank p-value of
/// the rounds up to it times α/level; the smallest of them, and at most 1.
///
/// By the union bound (Bonferroni with weights), P(p ≤ x) ≤ x for every x where the true difference
/// does not lie where the p-value says, however the looks depend on one another. So these are
/// p-values like any other, and may go into [`crate::holm`]. They only fall from look to look, as
/// do those that Holm's procedure makes of them: an alarm once raised is not taken back.
///
/// What is assumed is what the signed-rank test assumes: given its size, each round's deviation
/// from the true difference is as likely to be positive as negative. Random order within the round
/// sees to that where there is no difference, whatever the noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// That the difference lies above +margin.
    pub above: f64,
    /// That it lies below −margin.
    pub below: f64,
    /// That it lies below +margin.
    pub not_above: f64,
    /// That it lies above −margin.
    pub not_below: f64,
    /// How many looks have been reached.
    pub looks: usize,
}

/// What a look decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The difference lies above +margin.
    Above,
    /// The difference lies below −margin.
    Below,
    /// The difference lies within the margin; at the last look, at least not above it.
    Within,
    /// Nothing is decided.
    Open,
}

impl Evidence {
    /// The decision: `Above` or `Below` where the evidence for it is at most `alarm_level`; else
    /// `Within` where that for both `not_above` and `not_below` is at most `clear_level`, or after
    /// the `last` look where that for `not_above` is.
    ///
    /// Both sides need no correction for each other to clear: the difference lies outside on one
    /// side only (the two one-sided tests of Schuirmann 1987).
    ///
    /// With margin 0, `not_above` says the same as `below` and `not_below` the same as `above`. So
    /// unless the clear level is larger than the alarm level, nothing is ever `Within`: it is
    /// `Above` or `Below` before.
    pub fn decision(&self, alarm_level: f64, clear_level: f64, last: bool) -> Decision {
        let not_above = self.not_above <= clear_level;
        let not_below = self.not_below <= clear_level;
        if self.above <= alarm_level {
            Decision::Above
        } else if self.below <= alarm_level {
            Decision::Below
        } else if not_above && (last || not_below) {
            Decision::Within
        } else {
            Decision::Open
        }
    }
}

/// The smallest true difference that `rounds` rounds find to be above `margin` in 90 of 100 cases
/// at a chance of .010 of a false alarm, in the unit of the `differences`, from which the noise is
/// taken: `margin + (z.99 + z.90) · deviation / √(rounds · 3/π)`.
///
/// That is the normal approximation of the power of a one-sided test, with 3/π for the efficiency
/// of the signed-rank test relative to the mean where the noise is normal (Hodges & Lehmann 1956).
/// The deviation is the standard one, or 1.4826 times the median absolute one where that is larger.
/// The approximation knows one look only and many rounds: at 32, the default gate finds about 83 of
/// 100 in normal noise, and over 90 where spikes widen the deviation more than they harm the test.
///
/// `None` where there are fewer than two differences, where one is not finite, or without rounds.
pub fn detectable(differences: &[f64], margin: f64, rounds: usize) -> Option<f64> {
    if differences.len() < 2 || rounds == 0 {
        return None;
    }
    let deviation = standard_deviation(differences)?.max(robust_deviation(differences)?);
    let quantiles = normal_quantile(1.0 - DETECTABLE_LEVEL) + normal_quantile(DETECTABLE_POWER);
    let effective_rounds = rounds as f64 * 3.0 * FRAC_1_PI;
    Some(margin + quantiles * deviation / effective_rounds.sqrt())
}

fn standard_deviation(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some((squares / (values.len() as f64 - 1.0)).sqrt())
}

fn robust_deviation(values: &[f64]) -> Option<f64> {
    let centre = median(values)?;
    let distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    Some(NORMAL_DEVIATION * median(&distances)?)
}

fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rounds all on one side of `centre`, no two equally far from it.
    fn one_sided(rounds: usize, centre: f64) -> Vec<f64> {
        (1..=rounds).map(|k| centre + 0.01 * k as f64).collect()
    }

    #[test]
    fn the_looks_are_where_they_were_put() {
        let gate = Gate::default();
        assert!((gate.alpha() - 0.010).abs() < 1e-15);
        assert_eq!(gate.rounds_max(), 32);
        assert!(gate.is_look(20) && !gate.is_look(21));
        let looks = [0, 11, 12, 20, 31, 32].map(|rounds| gate.next_look(rounds));
        assert_eq!(
            looks,
            [Some(12), Some(12), Some(20), Some(32), Some(32), None]
        );
    }

    #[test]
    fn looks_are_sorted_and_useless_ones_left_out() {
        let look = |rounds, level| Look { rounds, level };
        let found = Gate::new(vec![
            look(9, 0.1),
            look(0, 0.1),
            look(6, 0.2),
            look(7, f64::NAN),
            look(8, -1.0),
        ]);
        assert_eq!(found, Gate::new(vec![look(6, 0.2), look(9, 0.1)]));
        let none = Gate::new(vec![]);
        assert_eq!((none.rounds_max(), none.next_look(0)), (0, None));
        assert_eq!(none.evidence(&one_sided(40, 1.0), 0.0).above, 1.0);
    }

    #[test]
    fn what_is_left_at_the_end_goes_to_a_last_look() {
        let gate = Gate::default();
        for (rounds, looks) in [
            (9, vec![(9, 0.010)]),
            (12, vec![(12, 0.010)]),
            (14, vec![(12, 0.001), (14, 0.009)]),
            (31, vec![(12, 0.001), (20, 0.003), (31, 0.006)]),
        ] {
            let ended = gate.ended_after(rounds);
            assert!((ended.alpha() - gate.alpha()).abs() < 1e-15);
            assert_eq!(ended.looks.len(), looks.len());
            for (found, (rounds, level)) in ended.looks.iter().zip(looks) {
                assert_eq!(found.rounds, rounds);
                assert!((found.level - level).abs() < 1e-15, "{found:?}");
            }
        }
        for rounds in [0, 32, 33] {
            assert_eq!(gate.ended_after(rounds), gate, "{rounds}");
        }
    }

    #[test]
    fn only_rounds_up_to_a_look_count() {
        let gate = Gate::default();
        let mut differences = one_sided(11, 0.0);
        let before = gate.evidence(&differences, 0.0);
        assert_eq!((before.above, before.looks), (1.0, 0));
        differences.push(0.5);
        let first = gate.evidence(&differences, 0.0);
        assert!((first.above - 0.5_f64.powi(12) * 10.0).abs() < 1e-12);
        assert_eq!((first.below, first.looks), (1.0, 1));
        differences.extend([-9.0; 7]);
        assert_eq!(gate.evidence(&differences, 0.0), first);
        differences.push(-9.0);
        let second = gate.evidence(&differences, 0.0);
        assert_eq!((second.above, second.looks), (first.above, 2));
    }

    #[test]
    fn every_decision_can_fall() {
        let gate = Gate::default();
        let decide = |differences: &[f64], last| {
            let evidence = gate.evidence(differences, 1.0);
            evidence.decision(0.010, 0.010, last)
        };
        assert_eq!(decide(&one_sided(12, 1.0), false), Decision::Above);
        let below: Vec<f64> = one_sided(12, 1.0).iter().map(|d| -d).collect();
        assert_eq!(decide(&below, false), Decision::Below);
        assert_eq!(decide(&one_sided(12, 0.0), false), Decision::Within);
        // About −1: certainly not above +1, but perhaps below −1.
        let edge: Vec<f64> = (0..12)
            .map(|k| -1.0 + 0.01 * (f64::from(k) - 5.4))
            .collect();
        assert_eq!(decide(&edge, false), Decision::Open);
        assert_eq!(decide(&edge, true), Decision::Within);
        assert_eq!(decide(&[f64::NAN; 32], true), Decision::Open);
    }

    #[test]
    fn what_can_be_detected_is_computed_by_hand() {
        // Standard deviation 1.1547 (four values ±1), median absolute deviation 1: 1.4826.
        let found = detectable(&[-1.0, 1.0, -1.0, 1.0], 2.0, 16).unwrap();
        let expected = 2.0 + (2.326_348 + 1.281_552) * 1.4826 / 4.0 / (3.0 * FRAC_1_PI).sqrt();
        assert!((found - expected).abs() < 1e-6, "{found}");
        // One value far out: the standard deviation 5 is the larger.
        let spiked = detectable(&[0.0, 0.0, 0.0, 10.0], 0.0, 1).unwrap();
        assert!(
            (spiked - 3.607_9 * 5.0 / 0.977_205).abs() < 1e-3,
            "{spiked}"
        );
        assert_eq!(detectable(&[1.0], 0.0, 16), None);
        assert_eq!(detectable(&[1.0, 2.0], 0.0, 0), None);
        assert_eq!(detectable(&[1.0, f64::NAN], 0.0, 16), None);
    }

    proptest! {
        #[test]
        fn turning_the_signs_swaps_the_sides(
            differences in prop::collection::vec(-1.0..1.0, 0..40), margin in 0.0..0.5,
        ) {
            let gate = Gate::default();
            let turned: Vec<f64> = differences.iter().map(|difference| -difference).collect();
            let (found, mirror) = (gate.evidence(&differences, margin), gate.evidence(&turned, margin));
            prop_assert_eq!((found.above, found.not_above), (mirror.below, mirror.not_below));
            prop_assert_eq!(found.looks, mirror.looks);
        }

        #[test]
        fn evidence_only_grows_with_the_rounds(
            differences in prop::collection::vec(-0.3..1.0, 32), rounds in 0..32_usize,
        ) {
            let gate = Gate::default();
            let (early, late) = (gate.evidence(&differences[..rounds], 0.1), gate.evidence(&differences, 0.1));
            prop_assert!(late.above <= early.above && late.below <= early.below);
            prop_assert!(late.not_above <= early.not_above && late.not_below <= early.not_below);
        }

        #[test]
        fn nothing_is_within_no_margin(
            differences in prop::collection::vec(-0.5..1.0, 12..40), level in 0.001..0.5, last: bool,
        ) {
            let evidence = Gate::default().evidence(&differences, 0.0);
            prop_assert_ne!(evidence.decision(level, level, last), Decision::Within);
        }
    }
}
