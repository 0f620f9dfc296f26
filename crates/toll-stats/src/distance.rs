//! How far a sample is from what it should be distributed like.

use crate::quantile::{mean, sorted};

/// The distance of Kolmogorov & Smirnov between `values` and the exponential distribution with the mean
/// `expected_mean`: the largest difference of the two distribution functions, 0 to 1.
///
/// `None` where there are no values, where one of them is not finite, or where the mean is not above 0.
pub fn exponential_distance(values: &[f64], expected_mean: f64) -> Option<f64> {
    if expected_mean.is_nan() || expected_mean <= 0.0 {
        return None;
    }
    let sorted = sorted(values)?;
    let count = sorted.len() as f64;
    let at = |(index, value): (usize, &f64)| {
        let known = -(-value.max(0.0) / expected_mean).exp_m1();
        let (below, upto) = (index as f64 / count, (index + 1) as f64 / count);
        (known - below).max(upto - known)
    };
    sorted.iter().enumerate().map(at).reduce(f64::max)
}

/// The probability that a sample of `count` values from the very distribution is at least `distance` away from it:
/// Kolmogorov's limit with the correction of Stephens (1970) for finite samples, good to about 0.001 from five values
/// on (Numerical Recipes, 3rd edition, §14.3.3).
pub fn kolmogorov_p(distance: f64, count: usize) -> f64 {
    let root = (count as f64).sqrt();
    let scaled = (root + 0.12 + 0.11 / root) * distance;
    // The series converges badly near 0, where the probability is 1 to more than ten digits.
    if scaled < 0.2 {
        return 1.0;
    }
    let term = |k: i32| {
        let exponent = (-2.0 * f64::from(k * k) * scaled * scaled).exp();
        if k % 2 == 1 { exponent } else { -exponent }
    };
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// The correlation of each value with the one before: near 0, within a few times 1/√count, where values are
/// independent. (Box & Jenkins, *Time Series Analysis*, §2.1.)
///
/// `None` where there are fewer than three values, where one is not finite, or where all are equal.
pub fn lag_one_correlation(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    let square = values
        .iter()
        .map(|value| (value - centre).powi(2))
        .sum::<f64>();
    let product = values
        .windows(2)
        .map(|pair| (pair[0] - centre) * (pair[1] - centre))
        .sum::<f64>();
    (values.len() > 2 && square > 0.0).then(|| product / square)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    fn exponential(count: usize, seed: u64) -> Vec<f64> {
        let mut random = Random::from_seed(seed);
        (0..count)
            .map(|_| -3.0 * (1.0 - random.uniform()).ln())
            .collect()
    }

    #[test]
    fn the_distance_is_that_of_the_definition() {
        // F(ln 2) = 1/2 for the mean 1: steps from 0 to 1 at the median.
        let median = std::f64::consts::LN_2;
        assert!((exponential_distance(&[median], 1.0).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(exponential_distance(&[], 1.0), None);
        assert_eq!(exponential_distance(&[1.0], 0.0), None);
        assert_eq!(exponential_distance(&[f64::NAN], 1.0), None);
    }

    #[test]
    fn probabilities_are_those_of_the_tables() {
        // Critical values of Kolmogorov's limit: 1.2238 (10 %), 1.3581 (5 %), 1.6276 (1 %).
        for (scaled, p) in [(1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01)] {
            let found = kolmogorov_p(scaled / 1e4, 100_000_000);
            assert!((found - p).abs() < 1e-4, "{scaled}: {found}");
        }
        assert_eq!(kolmogorov_p(0.0, 10), 1.0);
        assert!(kolmogorov_p(1.0, 100) < 1e-12);
    }

    #[test]
    fn a_true_sample_passes_and_a_false_one_does_not() {
        let p = |values: &[f64], mean| {
            kolmogorov_p(exponential_distance(values, mean).unwrap(), values.len())
        };
        let passed = (0..200)
            .filter(|seed| p(&exponential(500, *seed), 3.0) > 0.05)
            .count();
        // Of 200 tests at 5 % ten fail, give or take four standard deviations.
        assert!((178..=200).contains(&passed), "{passed}");
        assert!(p(&exponential(2_000, 1), 3.6) < 1e-3);
        assert!(p(&vec![3.0; 100], 3.0) < 1e-6);
    }

    #[test]
    fn correlation_is_seen() {
        let values = exponential(4_000, 9);
        assert!(lag_one_correlation(&values).unwrap().abs() < 0.06);
        let alternating: Vec<f64> = (0..100).map(|k| f64::from(k % 2)).collect();
        assert!(lag_one_correlation(&alternating).unwrap() < -0.9);
        assert_eq!(lag_one_correlation(&[1.0, 1.0, 1.0]), None);
        assert_eq!(lag_one_correlation(&[1.0, 2.0]), None);
    }
}
