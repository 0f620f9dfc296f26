//! Medians and quantiles.

/// The quantile `p` of `values` by linear interpolation between order statistics: type 7 of
/// Hyndman & Fan (1996), the default of R and NumPy.
///
/// `None` where there are no values, where one of them is not finite, or where `p` lies outside 0..=1.
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let sorted = sorted(values)?;
    let place = p * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (place - below as f64) * (sorted[above] - sorted[below]))
}

/// The median: [`quantile`] at one half.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The arithmetic mean; `None` where there are no values or one of them is not finite.
pub fn mean(values: &[f64]) -> Option<f64> {
    let usable = !values.is_empty() && values.iter().all(|value| value.is_finite());
    usable.then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A sorted copy; `None` where there are no values or one of them is not finite.
pub(crate) fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut copy = values.to_vec();
    copy.sort_by(f64::total_cmp);
    Some(copy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_are_those_of_type_seven() {
        // R: quantile(c(1, 2, 4, 8), c(.1, .25, .5, .9))
        let values = [8.0, 1.0, 4.0, 2.0];
        for (p, expected) in [
            (0.0, 1.0),
            (0.1, 1.3),
            (0.25, 1.75),
            (0.5, 3.0),
            (0.9, 6.8),
            (1.0, 8.0),
        ] {
            assert!(
                (quantile(&values, p).unwrap() - expected).abs() < 1e-12,
                "p = {p}"
            );
        }
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn what_has_no_quantile_says_so() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(quantile(&[1.0], 1.1), None);
        assert_eq!(quantile(&[1.0], f64::NAN), None);
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[f64::INFINITY]), None);
        assert_eq!(mean(&[1.0, 3.0]), Some(2.0));
    }

    proptest! {
        #[test]
        fn quantiles_rise_with_p_and_stay_inside(
            values in prop::collection::vec(-1e6..1e6, 1..40), p in 0.0..=1.0, q in 0.0..=1.0,
        ) {
            let (low, high) = (f64::min(p, q), f64::max(p, q));
            let (at_low, at_high) = (quantile(&values, low).unwrap(), quantile(&values, high).unwrap());
            prop_assert!(at_low <= at_high + 1e-9);
            prop_assert!(at_low >= quantile(&values, 0.0).unwrap());
            prop_assert!(at_high <= quantile(&values, 1.0).unwrap());
        }
    }
}
