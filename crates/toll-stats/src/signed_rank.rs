//! Wilcoxon's signed-rank test, and the null distribution of its statistic: the sum of those ranks
//! 1..=n that carry a positive sign, when every sign is a fair coin.

use std::sync::LazyLock;

use statrs::function::erf::erfc;

/// Up to this many observations the distribution is counted out; above, it is the normal
/// approximation with continuity correction, whose error is then below 0.0015 (0.0005 in the tails).
pub const EXACT_UP_TO: usize = 60;

/// `P(statistic <= w)` for every `w` of every number of observations up to [`EXACT_UP_TO`], counted
/// out once: gates and their simulations ask for them thousands of times.
static COUNTED: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
    (0..=EXACT_UP_TO)
        .map(|n| cumulative(exact_densities(n)).collect())
        .collect()
});

/// The probability that the statistic of `n` observations is at most `statistic`.
pub fn probability_at_most(n: usize, statistic: usize) -> f64 {
    let largest = n * (n + 1) / 2;
    if statistic >= largest {
        return 1.0;
    }
    if n <= EXACT_UP_TO {
        COUNTED[n][statistic].min(1.0)
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

/// The one-sided p-value of Wilcoxon's signed-rank test that `values` lie above `centre`: how likely
/// ranks of positive sign at least as large are where the values are symmetric about `centre`.
///
/// Values equal to the centre are dropped, and those equally far from it share the mean of their
/// ranks, as Wilcoxon does; the p-value is the one given these ranks (Hollander & Wolfe,
/// *Nonparametric Statistical Methods*, section 3.1). It is counted out up to [`EXACT_UP_TO`] values
/// that are left; above, it is the normal approximation with the variance that the ties leave and
/// continuity correction.
///
/// 1 where no value is left or one is not finite: nothing speaks for anything.
pub fn p_above(values: &[f64], centre: f64) -> f64 {
    p_positive(values.iter().map(|value| value - centre).collect())
}

/// The one-sided p-value that `values` lie below `centre`: [`p_above`] with every sign turned.
pub fn p_below(values: &[f64], centre: f64) -> f64 {
    p_positive(values.iter().map(|value| centre - value).collect())
}

/// The p-value that `differences` lie above 0.
fn p_positive(mut differences: Vec<f64>) -> f64 {
    if differences.iter().any(|difference| !difference.is_finite()) {
        return 1.0;
    }
    differences.retain(|difference| *difference != 0.0);
    differences.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
    let ranks = doubled_ranks(&differences);
    let signed = differences.iter().zip(&ranks);
    let negative = signed.filter(|(difference, _)| **difference < 0.0);
    // A large sum of the positive ranks is a small one of the negative, which is distributed alike.
    ranks_at_most(&ranks, negative.map(|(_, rank)| rank).sum())
}

/// Twice the rank of each difference by its size, in which they must be sorted: whole numbers even
/// where those equally large share the mean of their ranks.
fn doubled_ranks(sorted: &[f64]) -> Vec<usize> {
    let mut before = 0;
    let ties = sorted.chunk_by(|one, other| one.abs() == other.abs());
    ties.flat_map(|tied| {
        let first = before + 1;
        before += tied.len();
        std::iter::repeat_n(first + before, tied.len())
    })
    .collect()
}

/// The probability that the sum of those of the doubled `ranks`, of which a fair coin each picks or
/// not, is at most `sum`.
fn ranks_at_most(ranks: &[usize], sum: usize) -> f64 {
    let mut places = ranks.iter().enumerate();
    if places.all(|(place, rank)| *rank == 2 * (place + 1)) {
        probability_at_most(ranks.len(), sum / 2)
    } else if ranks.len() <= EXACT_UP_TO {
        let densities = densities_of(ranks.iter().copied());
        densities[..=sum].iter().sum::<f64>().min(1.0)
    } else {
        approximate_ranks(ranks, sum)
    }
}

/// Normal approximation with the variance that ties leave, a quarter of the sum of the squared
/// ranks, and the continuity correction of half a rank: a whole one of the doubled.
fn approximate_ranks(ranks: &[usize], sum: usize) -> f64 {
    let mean = ranks.iter().sum::<usize>() as f64 / 2.0;
    let squares: usize = ranks.iter().map(|rank| rank * rank).sum();
    normal_at_most((sum as f64 + 1.0 - mean) / (squares as f64 / 4.0).sqrt())
}

/// `P(statistic = w)` for every `w` of `n` observations without ties.
fn exact_densities(n: usize) -> Vec<f64> {
    densities_of(1..=n)
}

/// `P(sum = w)` for every `w`, one rank added at a time: each is there or not with one half.
fn densities_of(ranks: impl Iterator<Item = usize>) -> Vec<f64> {
    let mut densities = vec![1.0];
    for rank in ranks {
        let mut with = vec![0.0; rank];
        with.extend_from_slice(&densities);
        densities.resize(with.len(), 0.0);
        for (density, with) in densities.iter_mut().zip(with) {
            *density = 0.5 * (*density + with);
        }
    }
    densities
}

fn cumulative(densities: Vec<f64>) -> impl Iterator<Item = f64> {
    densities.into_iter().scan(0.0, |sum, density| {
        *sum += density;
        Some(*sum)
    })
}

fn exact_critical(n: usize, tail: f64) -> Option<(usize, f64)> {
    cumulative(exact_densities(n))
        .enumerate()
        .take_while(|(_, probability)| *probability <= tail)
        .last()
}

/// Normal approximation with the continuity correction of one half.
fn approximate(n: usize, statistic: usize) -> f64 {
    let count = n as f64;
    let mean = count * (count + 1.0) / 4.0;
    let deviation = (count * (count + 1.0) * (2.0 * count + 1.0) / 24.0).sqrt();
    normal_at_most((statistic as f64 + 0.5 - mean) / deviation)
}

/// The standard normal distribution function.
fn normal_at_most(z: f64) -> f64 {
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
    use proptest::prelude::*;

    use super::*;
    use crate::examples::DIFFERENCES;
    use crate::random::Random;

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

    #[test]
    fn the_textbook_p_value_comes_out() {
        // T+ = 5 of nine: 10 of the 512 ways to sign the ranks.
        assert!((p_below(&DIFFERENCES, 0.0) - 10.0 / 512.0).abs() < 1e-15);
        // P(T+ >= 5) = 1 - P(T+ <= 4) = 1 - 7/512.
        assert!((p_above(&DIFFERENCES, 0.0) - 505.0 / 512.0).abs() < 1e-15);
        assert_eq!(p_above(&[1.0; 12], 0.0), 0.5_f64.powi(12));
    }

    #[test]
    fn zeros_are_dropped_and_ties_share_their_ranks() {
        // Ranks 1, 2.5, 2.5, 4, the first of them negative: of 16 ways, two give at most 1.
        let values = [3.0, 1.0, 5.0, 3.0, 7.0, 9.0];
        assert_eq!(p_above(&values, 3.0), p_above(&[-2.0, 2.0, 4.0, 6.0], 0.0));
        assert_eq!(doubled_ranks(&[-2.0, 3.0, -3.0, 4.0]), [2, 5, 5, 8]);
        assert_eq!(p_above(&[-2.0, 3.0, 3.0, 4.0], 0.0), 2.0 / 16.0);
    }

    #[test]
    fn where_nothing_is_known_nothing_is_claimed() {
        let unknown: [(&[f64], f64); 5] = [
            (&[], 0.0),
            (&[2.0, 2.0], 2.0),
            (&[1.0, f64::NAN], 0.0),
            (&[1.0, f64::INFINITY], 0.0),
            (&[1.0, 2.0], f64::NAN),
        ];
        for (values, centre) in unknown {
            assert_eq!(p_above(values, centre), 1.0, "{values:?}");
            assert_eq!(p_below(values, centre), 1.0, "{values:?}");
        }
    }

    #[test]
    fn many_tied_values_are_approximated_well() {
        let mut random = Random::from_seed(5);
        for n in [EXACT_UP_TO + 1, 100] {
            let mut differences: Vec<f64> = (0..n).map(|_| 1.0 + random.below(20) as f64).collect();
            differences.sort_by(f64::total_cmp);
            let ranks = doubled_ranks(&differences);
            let mut exact = 0.0;
            for (sum, density) in densities_of(ranks.iter().copied()).into_iter().enumerate() {
                exact += density;
                let error = exact - ranks_at_most(&ranks, sum);
                assert!(error.abs() < 2e-3, "n = {n}, sum = {sum}, error = {error}");
            }
        }
    }

    /// The p-value by its definition: every way to sign the ranks is tried.
    fn by_enumeration(values: &[f64]) -> f64 {
        let kept: Vec<f64> = values.iter().copied().filter(|v| *v != 0.0).collect();
        let rank = |value: &f64| -> f64 {
            let below = kept.iter().filter(|other| other.abs() < value.abs());
            let equal = kept.iter().filter(|other| other.abs() == value.abs());
            below.count() as f64 + f64::midpoint(1.0, equal.count() as f64)
        };
        let ranks: Vec<f64> = kept.iter().map(rank).collect();
        let sum = |signs: usize| -> f64 {
            let picked = ranks
                .iter()
                .enumerate()
                .filter(|(k, _)| signs >> k & 1 == 1);
            picked.map(|(_, rank)| rank).sum()
        };
        let signs = kept
            .iter()
            .enumerate()
            .map(|(k, v)| usize::from(*v > 0.0) << k);
        let (found, ways) = (sum(signs.sum()), 1_usize << kept.len());
        (0..ways).filter(|signs| sum(*signs) >= found).count() as f64 / ways as f64
    }

    proptest! {
        #[test]
        fn p_values_are_those_of_the_definition(values in prop::collection::vec(-4..=4_i8, 0..10)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            prop_assert!((p_above(&values, 0.0) - by_enumeration(&values)).abs() < 1e-14);
        }

        #[test]
        fn both_sides_mirror_each_other(
            values in prop::collection::vec(-1e3..1e3, 1..80), centre in -1e2..1e2_f64,
        ) {
            let mirrored: Vec<f64> = values.iter().map(|value| -value).collect();
            let (above, below) = (p_above(&values, centre), p_below(&values, centre));
            prop_assert_eq!(above, p_below(&mirrored, -centre));
            prop_assert!((0.0..=1.0).contains(&above) && (0.0..=1.0).contains(&below));
            // What was found counts on both sides.
            prop_assert!(above + below >= 1.0 - 1e-9);
        }

        #[test]
        fn a_higher_centre_is_harder_to_lie_above(
            values in prop::collection::vec(-1e3..1e3, 1..80), centre in -1e2..1e2_f64, step in 0.0..1e2,
        ) {
            prop_assert!(p_above(&values, centre) <= p_above(&values, centre + step) + 1e-12);
        }
    }
}
