//! The null distribution of Wilcoxon's signed-rank statistic: the sum of those ranks 1..=n that
//! carry a positive sign, when every sign is a fair coin.

use statrs::function::erf::erfc;

/// Up to this many observations the distribution is counted out; above, it is the normal
/// approximation with continuity correction, whose error is then below 0.0015 (0.0005 in the tails).
pub const EXACT_UP_TO: usize = 60;

/// The probability that the statistic of `n` observations is at most `statistic`.
pub fn probability_at_most(n: usize, statistic: usize) -> f64 {
    let largest = n * (n + 1) / 2;
    if statistic >= largest {
        return 1.0;
    }
    if n <= EXACT_UP_TO {
        exact_densities(n)[..=statistic].iter().sum()
    } else {
        approximate(n, statistic)
    }
}

/// The largest `k` with `P(statistic <= k) <= tail`, together with that probability; `None` where
/// even `P(statistic <= 0)` is larger, so that `n` observations cannot decide at that level.
pub fn lower_critical(n: usize, tail: f64) -> Option<(usize, f64)> {
    if n <= EXACT_UP_TO {
        exact_critical(n, tail)
    } else {
        approximate_critical(n, tail)
    }
}

/// `P(statistic = w)` for every `w`, one rank added at a time: each is there or not with one half.
fn exact_densities(n: usize) -> Vec<f64> {
    let mut densities = vec![0.0; n * (n + 1) / 2 + 1];
    densities[0] = 1.0;
    for rank in 1..=n {
        for sum in (0..=rank * (rank + 1) / 2).rev() {
            let without = densities[sum];
            let with = if sum >= rank {
                densities[sum - rank]
            } else {
                0.0
            };
            densities[sum] = f64::midpoint(without, with);
        }
    }
    densities
}

fn exact_critical(n: usize, tail: f64) -> Option<(usize, f64)> {
    let cumulative = exact_densities(n).into_iter().scan(0.0, |sum, density| {
        *sum += density;
        Some(*sum)
    });
    cumulative
        .enumerate()
        .take_while(|(_, probability)| *probability <= tail)
        .last()
}

/// Normal approximation with the continuity correction of one half.
fn approximate(n: usize, statistic: usize) -> f64 {
    let count = n as f64;
    let mean = count * (count + 1.0) / 4.0;
    let deviation = (count * (count + 1.0) * (2.0 * count + 1.0) / 24.0).sqrt();
    let z = (statistic as f64 + 0.5 - mean) / deviation;
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

fn approximate_critical(n: usize, tail: f64) -> Option<(usize, f64)> {
    // The probability rises with k, so the answer can be found by halving.
    let (mut fits, mut fails) = (0, n * (n + 1) / 2);
    if approximate(n, fits) > tail {
        return None;
    }
    while fails - fits > 1 {
        let middle = usize::midpoint(fits, fails);
        if approximate(n, middle) <= tail {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    Some((fits, approximate(n, fits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_the_tables() {
        // Two-sided 5 %: the table found in every textbook.
        let table = [
            (6, 0),
            (7, 2),
            (8, 3),
            (9, 5),
            (10, 8),
            (12, 13),
            (15, 25),
            (20, 52),
            (25, 89),
            (30, 137),
        ];
        for (n, critical) in table {
            assert_eq!(
                lower_critical(n, 0.025).map(|(k, _)| k),
                Some(critical),
                "n = {n}"
            );
        }
        assert_eq!(lower_critical(5, 0.025), None);
        assert_eq!(lower_critical(0, 0.025), None);
    }

    #[test]
    fn small_cases_can_be_counted_by_hand() {
        assert!((probability_at_most(3, 3) - 5.0 / 8.0).abs() < 1e-15);
        assert!((probability_at_most(10, 8) - 25.0 / 1024.0).abs() < 1e-15);
        assert_eq!(probability_at_most(4, 10), 1.0);
        assert_eq!(probability_at_most(0, 0), 1.0);
    }

    #[test]
    fn the_distribution_is_symmetric_and_adds_up() {
        for n in [1, 7, 31, EXACT_UP_TO] {
            let densities = exact_densities(n);
            assert!((densities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let mirrored = densities.iter().rev();
            assert!(
                densities
                    .iter()
                    .zip(mirrored)
                    .all(|(one, other)| (one - other).abs() < 1e-15)
            );
        }
    }

    #[test]
    fn the_approximation_takes_over_without_a_jump() {
        let largest = EXACT_UP_TO * (EXACT_UP_TO + 1) / 2;
        for statistic in 0..largest {
            let error =
                probability_at_most(EXACT_UP_TO, statistic) - approximate(EXACT_UP_TO, statistic);
            assert!(
                error.abs() < 1.5e-3,
                "statistic = {statistic}, error = {error}"
            );
        }
        // Counted out, the critical value for n = 100 is 1955; the approximation is one short of
        // it, on the side of the wider interval.
        assert_eq!(exact_critical(100, 0.025).map(|(k, _)| k), Some(1_955));
        assert_eq!(lower_critical(100, 0.025).map(|(k, _)| k), Some(1_954));
    }
}
