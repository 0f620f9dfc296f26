//! Where a sample lies: an estimate, and an interval that assumes no normal distribution.

use statrs::function::gamma::ln_gamma;

use crate::quantile::{median, sorted};
use crate::signed_rank;

/// An interval and the confidence that it really has, which is at least the one asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence reached, 0 to 1.
    pub confidence: f64,
}

/// An estimate of a location, with an interval where there are observations enough for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Best single value.
    pub estimate: f64,
    /// The interval; `None` where so few observations cannot give the confidence asked for.
    pub interval: Option<Interval>,
}

impl Location {
    /// The same location in another unit. A negative `factor` turns the interval round.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let interval = self.interval.map(
            |Interval {
                 low,
                 high,
                 confidence,
             }| {
                let (one, other) = (low * factor, high * factor);
                Interval {
                    low: one.min(other),
                    high: one.max(other),
                    confidence,
                }
            },
        );
        Self {
            estimate: self.estimate * factor,
            interval,
        }
    }
}

/// Hodges & Lehmann's estimate of the centre of a symmetric distribution, the median of all
/// pairwise (Walsh) averages, with the interval got by inverting Wilcoxon's signed-rank test:
/// from the (k+1)-th smallest to the (k+1)-th largest average, where k is the critical value
/// (Hollander & Wolfe, *Nonparametric Statistical Methods*, section 3.3). Two-sided 95 % needs
/// six observations.
///
/// `None` where there are no observations or one of them is not finite.
pub fn hodges_lehmann(values: &[f64], confidence: f64) -> Option<Location> {
    let averages = walsh_averages(values)?;
    let critical = signed_rank::lower_critical(values.len(), (1.0 - confidence) / 2.0);
    let interval = critical.map(|(k, tail)| between(&averages, k, tail));
    Some(Location {
        estimate: median(&averages)?,
        interval,
    })
}

/// The median with the interval between two order statistics: exact for every continuous
/// distribution, symmetric or not, and wider for it.
///
/// `None` where there are no observations or one of them is not finite.
pub fn median_location(values: &[f64], confidence: f64) -> Option<Location> {
    let sorted = sorted(values)?;
    let critical = binomial_critical(sorted.len(), (1.0 - confidence) / 2.0);
    let interval = critical.map(|(k, tail)| between(&sorted, k, tail));
    Some(Location {
        estimate: median(&sorted)?,
        interval,
    })
}

/// All averages of two observations, those of an observation with itself among them, sorted.
fn walsh_averages(values: &[f64]) -> Option<Vec<f64>> {
    let sorted_values = sorted(values)?;
    let averages: Vec<f64> = sorted_values
        .iter()
        .enumerate()
        .flat_map(|(place, one)| {
            sorted_values[place..]
                .iter()
                .map(move |other| f64::midpoint(*one, *other))
        })
        .collect();
    sorted(&averages)
}

/// From the (k+1)-th smallest to the (k+1)-th largest.
fn between(sorted: &[f64], k: usize, tail: f64) -> Interval {
    Interval {
        low: sorted[k],
        high: sorted[sorted.len() - 1 - k],
        confidence: 1.0 - 2.0 * tail,
    }
}

/// The largest `k` with `P(Binomial(n, 1/2) <= k) <= tail`, and that probability.
fn binomial_critical(n: usize, tail: f64) -> Option<(usize, f64)> {
    let count = n as f64;
    let density = |k: usize| {
        let k = k as f64;
        (ln_gamma(count + 1.0)
            - ln_gamma(k + 1.0)
            - ln_gamma(count - k + 1.0)
            - count * std::f64::consts::LN_2)
            .exp()
    };
    let cumulative = (0..=n).scan(0.0, |sum, k| {
        *sum += density(k);
        Some((k, *sum))
    });
    cumulative
        .take_while(|(_, probability)| *probability <= tail)
        .last()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::examples::DIFFERENCES;
    use crate::random::Random;

    #[test]
    fn the_textbook_example_comes_out() {
        let location = hodges_lehmann(&DIFFERENCES, 0.95).unwrap();
        let interval = location.interval.unwrap();
        assert!((location.estimate + 0.46).abs() < 1e-9);
        assert!((interval.low + 0.786).abs() < 1e-9);
        assert!((interval.high + 0.01).abs() < 1e-9);
        assert!((interval.confidence - 0.9609).abs() < 1e-4);
    }

    #[test]
    fn six_observations_are_the_fewest_for_95_percent() {
        let five = hodges_lehmann(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert_eq!(
            five,
            Location {
                estimate: 3.0,
                interval: None
            }
        );
        let six = hodges_lehmann(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.95).unwrap();
        assert_eq!(
            six.interval,
            Some(Interval {
                low: 1.0,
                high: 6.0,
                confidence: 0.96875
            })
        );
        assert_eq!(hodges_lehmann(&[], 0.95), None);
        assert_eq!(hodges_lehmann(&[f64::NAN], 0.95), None);
    }

    #[test]
    fn the_median_lies_between_order_statistics() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let location = median_location(&values, 0.95).unwrap();
        let interval = location.interval.unwrap();
        // P(Binomial(10, 1/2) <= 1) = 11/1024.
        assert_eq!(
            (location.estimate, interval.low, interval.high),
            (5.5, 2.0, 9.0)
        );
        assert!((interval.confidence - (1.0 - 22.0 / 1024.0)).abs() < 1e-9);
        assert_eq!(median_location(&values[..5], 0.95).unwrap().interval, None);
    }

    #[test]
    fn intervals_cover_as_often_as_they_say() {
        let mut random = Random::from_seed(1);
        let runs = 8_000;
        for (n, trial) in [
            (6, hodges_lehmann as fn(&[f64], f64) -> Option<Location>),
            (12, hodges_lehmann),
            (12, median_location),
        ] {
            let mut covered = 0;
            let mut promised = 0.0;
            for _ in 0..runs {
                let values: Vec<f64> = (0..n).map(|_| 7.0 + random.standard_normal()).collect();
                let interval = trial(&values, 0.95).unwrap().interval.unwrap();
                covered += usize::from(interval.low <= 7.0 && 7.0 <= interval.high);
                promised = interval.confidence;
            }
            let share = covered as f64 / f64::from(runs);
            // Four standard errors of a share near 0.97 over 8000 runs.
            assert!(
                (share - promised).abs() < 0.008,
                "n = {n}: {share} instead of {promised}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_location_moves_and_scales_with_its_values(
            values in prop::collection::vec(-1e3..1e3, 1..30), shift in -1e3..1e3_f64, scale in -10.0..10.0_f64,
        ) {
            let moved: Vec<f64> = values.iter().map(|value| value * scale + shift).collect();
            let expected = hodges_lehmann(&values, 0.95).unwrap().scaled(scale);
            let found = hodges_lehmann(&moved, 0.95).unwrap();
            prop_assert!((found.estimate - expected.estimate - shift).abs() < 1e-6);
            prop_assert_eq!(found.interval.is_some(), values.len() >= 6);
            if let (Some(found), Some(expected)) = (found.interval, expected.interval) {
                prop_assert!((found.low - expected.low - shift).abs() < 1e-6);
                prop_assert!((found.high - expected.high - shift).abs() < 1e-6);
            }
        }

        #[test]
        fn an_estimate_lies_in_its_interval(values in prop::collection::vec(-1e3..1e3, 6..70), confidence in 0.5..0.96) {
            for locate in [hodges_lehmann, median_location] {
                let location = locate(&values, confidence).unwrap();
                let interval = location.interval.unwrap();
                prop_assert!(interval.low <= location.estimate && location.estimate <= interval.high);
                prop_assert!(interval.confidence >= confidence && interval.confidence <= 1.0);
            }
        }
    }
}
