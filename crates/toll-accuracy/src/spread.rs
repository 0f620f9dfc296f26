//! Distributions of times: added to one another, and asked for their quantiles.

use hdrhistogram::Histogram;

/// A distribution as values with weights, ascending, the weights adding up to 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    points: Vec<(f64, f64)>,
}

impl Spread {
    /// Every bucket of a histogram, at its middle. `None` where nothing was recorded.
    pub(crate) fn from_histogram(histogram: &Histogram<u64>) -> Option<Self> {
        let total = histogram.len() as f64;
        let points = histogram
            .iter_recorded()
            .map(|bucket| {
                let middle = histogram.median_equivalent(bucket.value_iterated_to());
                (
                    middle as f64,
                    bucket.count_since_last_iteration() as f64 / total,
                )
            })
            .collect();
        (total > 0.0).then_some(Self { points })
    }

    /// A hundred equal parts, read from a few quantiles by straight lines; flat outside of them.
    pub(crate) fn from_quantiles(quantiles: &[(f64, f64)]) -> Option<Self> {
        const PARTS: usize = 100;
        let at = |part: usize| {
            let q = (part as f64 + 0.5) / PARTS as f64;
            interpolate(quantiles, q).map(|value| (value, 1.0 / PARTS as f64))
        };
        (0..PARTS)
            .map(at)
            .collect::<Option<Vec<_>>>()
            .map(|points| Self { points })
    }

    /// The distribution of the sum of two independent times.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut points: Vec<(f64, f64)> = self
            .points
            .iter()
            .flat_map(|(a, p)| other.points.iter().map(move |(b, q)| (a + b, p * q)))
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self { points }
    }

    /// The smallest value with at least the share `q` at or below it.
    pub(crate) fn at(&self, q: f64) -> f64 {
        let mut below = 0.0;
        for (value, weight) in &self.points {
            below += weight;
            // Weights are sums of rounded shares.
            if below >= q - 1e-12 {
                return *value;
            }
        }
        self.points.last().map_or(f64::NAN, |last| last.0)
    }
}

fn interpolate(quantiles: &[(f64, f64)], q: f64) -> Option<f64> {
    let (first, last) = (quantiles.first()?, quantiles.last()?);
    let pair = quantiles
        .windows(2)
        .find(|pair| pair[0].0 <= q && q <= pair[1].0);
    Some(match pair {
        Some([(low, from), (high, to)]) => from + (to - from) * (q - low) / (high - low),
        _ if q < first.0 => first.1,
        _ => last.1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spread(points: &[(f64, f64)]) -> Spread {
        Spread {
            points: points.to_vec(),
        }
    }

    #[test]
    fn two_dice_add_up() {
        let die = spread(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|eyes| (eyes, 1.0 / 6.0)));
        let sum = die.plus(&die);
        let at = [1.0, 15.0, 21.0, 35.0, 36.0].map(|of_36| sum.at(of_36 / 36.0));
        assert_eq!(at, [2.0, 6.0, 7.0, 11.0, 12.0]);
    }

    #[test]
    fn quantiles_are_read_between() {
        let read = Spread::from_quantiles(&[(0.5, 10.0), (0.9, 50.0)]).unwrap();
        assert_eq!((read.at(0.1), read.at(1.0)), (10.0, 50.0));
        assert!((read.at(0.7) - 30.0).abs() < 1.0);
        assert_eq!(Spread::from_quantiles(&[]), None);
    }

    proptest! {
        #[test]
        fn the_quantiles_of_a_histogram_come_back(values in prop::collection::vec(1_u64..1_000_000, 1..50), q in 0.001_f64..1.0) {
            let mut histogram = Histogram::new_with_bounds(1, 10_000_000, 3).unwrap();
            for value in &values {
                histogram.saturating_record(*value);
            }
            let found = Spread::from_histogram(&histogram).unwrap().at(q);
            let known = histogram.median_equivalent(histogram.value_at_quantile(q)) as f64;
            prop_assert!((found - known).abs() <= known * 0.001 + 1.0);
        }
    }
}
