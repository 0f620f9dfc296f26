//! Many tests in one family: p-values adjusted so that the chance of even one false alarm among
//! them is kept.

/// The adjusted p-values of Holm's step-down procedure (Holm 1979, *A simple sequentially rejective
/// multiple test procedure*), in the order of `p`: the smallest times their number, the next times
/// one less, and so on, none smaller than one before it and none above 1.
///
/// Rejecting where the adjusted one is at most α makes a false rejection with at most the
/// probability α, whichever of the hypotheses are true and however the tests depend on one another.
/// What is not a number counts as 1.
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p.iter().map(|p| p.min(1.0)).enumerate().collect();
    order.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (step, (place, p)) in order.into_iter().enumerate() {
        let remaining = (adjusted.len() - step) as f64;
        largest = largest.max(p * remaining).min(1.0);
        adjusted[place] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_example_by_hand() {
        // R: p.adjust(c(.01, .04, .03, .005), "holm")
        let found = adjusted(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(
            found
                .iter()
                .zip(expected)
                .all(|(one, other)| (one - other).abs() < 1e-15),
            "{found:?}"
        );
    }

    #[test]
    fn few_and_strange_ones() {
        assert!(adjusted(&[]).is_empty());
        assert_eq!(adjusted(&[0.02]), [0.02]);
        assert_eq!(adjusted(&[0.5, 0.9]), [1.0, 1.0]);
        assert_eq!(adjusted(&[f64::NAN, 0.25]), [1.0, 0.5]);
    }

    proptest! {
        #[test]
        fn adjusting_keeps_the_order_and_lies_between_nothing_and_bonferroni(
            p in prop::collection::vec(0.0..=1.0, 1..20),
        ) {
            let adjusted = adjusted(&p);
            for (one, of_one) in p.iter().zip(&adjusted) {
                prop_assert!(one <= of_one && *of_one <= (one * p.len() as f64).min(1.0));
                for (other, of_other) in p.iter().zip(&adjusted) {
                    prop_assert!(one > other || of_one <= of_other);
                }
            }
        }

        #[test]
        fn a_smaller_p_value_never_makes_another_larger(
            p in prop::collection::vec(0.0..=1.0, 1..10), place in 0..10_usize, factor in 0.0..=1.0,
        ) {
            let mut smaller = p.clone();
            smaller[place % p.len()] *= factor;
            let pairs = adjusted(&smaller).into_iter().zip(adjusted(&p));
            prop_assert!(pairs.into_iter().all(|(after, before)| after <= before));
        }
    }
}
