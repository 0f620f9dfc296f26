//! How often something happens that happened in so many of so many trials: bounds that hold exactly,
//! for up to ten million trials. (The distribution function underneath no longer converges for more.)

use statrs::function::beta::beta_reg;

/// The interval in which a share lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Lower end, 0 to 1.
    pub low: f64,
    /// Upper end, 0 to 1.
    pub high: f64,
}

/// The two-sided interval of Clopper & Pearson (1934) for the share of successes: each end leaves
/// out at most half of what `confidence` (between 0 and 1) leaves, whatever the true share.
///
/// From 0 to 1 where there were no trials. More successes than trials count as all of them.
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Share {
    let one_sided = f64::midpoint(1.0, confidence);
    Share {
        low: lower_bound(successes, trials, one_sided),
        high: upper_bound(successes, trials, one_sided),
    }
}

/// The one-sided upper bound of the share of successes: the share at which so few successes or
/// fewer have the probability 1 − `confidence`, a quantile of the beta distribution (Clopper &
/// Pearson 1934). No success in n trials gives about 3/n at 95 %.
pub fn upper_bound(successes: u64, trials: u64, confidence: f64) -> f64 {
    if successes >= trials {
        return 1.0;
    }
    let failures = trials - successes;
    beta_quantile(successes as f64 + 1.0, failures as f64, confidence)
}

/// The one-sided lower bound of the share of successes: the share at which so many successes or
/// more have the probability 1 − `confidence`, a quantile of the beta distribution (Clopper &
/// Pearson 1934).
pub fn lower_bound(successes: u64, trials: u64, confidence: f64) -> f64 {
    let successes = successes.min(trials);
    if successes == 0 {
        return 0.0;
    }
    let failures = trials - successes;
    beta_quantile(successes as f64, failures as f64 + 1.0, 1.0 - confidence)
}

/// The quantile `p` of the beta distribution, by halving until no number lies between. (The inverse
/// that `statrs` 0.19 has is off by up to 4e-4 of small shares and at ten million trials does not
/// come to an end.)
fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if beta_reg(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::function::gamma::ln_gamma;

    use super::*;

    /// `P(Binomial(trials, share) = successes)`.
    fn density(successes: u64, trials: u64, share: f64) -> f64 {
        let (k, n) = (successes as f64, trials as f64);
        let ways = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
        (ways + k * share.ln() + (n - k) * (-share).ln_1p()).exp()
    }

    #[test]
    fn intervals_are_those_of_the_tables() {
        // R: binom.test(k, n)$conf.int
        for (successes, trials, low, high) in [
            (0, 10, 0.0, 0.308_497),
            (1, 10, 0.002_529, 0.445_016),
            (5, 10, 0.187_086, 0.812_914),
            (10, 10, 0.691_503, 1.0),
        ] {
            let share = clopper_pearson(successes, trials, 0.95);
            assert!((share.low - low).abs() < 1e-6, "{successes}: {share:?}");
            assert!((share.high - high).abs() < 1e-6, "{successes}: {share:?}");
        }
    }

    #[test]
    fn nothing_in_299_is_at_most_one_percent() {
        let bound = upper_bound(0, 299, 0.95);
        assert!((bound - (1.0 - 0.05_f64.powf(1.0 / 299.0))).abs() < 1e-12);
        assert!(bound <= 0.01 && upper_bound(0, 298, 0.95) > 0.01);
        assert_eq!(lower_bound(0, 299, 0.95), 0.0);
    }

    #[test]
    fn no_trials_say_nothing_and_no_share_is_above_one() {
        let share = clopper_pearson(0, 0, 0.95);
        assert_eq!((share.low, share.high), (0.0, 1.0));
        assert_eq!(clopper_pearson(5, 3, 0.95), clopper_pearson(3, 3, 0.95));
    }

    #[test]
    fn many_trials_are_still_exact() {
        for (successes, trials) in [(3, 1_000_000), (5_000, 10_000), (500_000, 1_000_000)] {
            let share = clopper_pearson(successes, trials, 0.95);
            let upto: f64 = (0..=successes)
                .map(|k| density(k, trials, share.high))
                .sum();
            let from: f64 = (successes..=trials)
                .map(|k| density(k, trials, share.low))
                .sum();
            assert!((upto - 0.025).abs() < 1e-6, "{trials}: {upto}");
            assert!((from - 0.025).abs() < 1e-6, "{trials}: {from}");
        }
    }

    proptest! {
        #[test]
        fn intervals_cover_at_least_as_often_as_they_say(
            trials in 1..60_u64, share in 0.001..0.999, confidence in 0.5..0.999,
        ) {
            let covered: f64 = (0..=trials)
                .filter(|successes| {
                    let interval = clopper_pearson(*successes, trials, confidence);
                    interval.low <= share && share <= interval.high
                })
                .map(|successes| density(successes, trials, share))
                .sum();
            prop_assert!(covered >= confidence - 1e-9, "{}", covered);
        }

        #[test]
        fn bounds_enclose_the_share_and_mirror_each_other(
            successes in 0..500_u64, more in 1..500_u64, confidence in 0.6..0.999,
        ) {
            let trials = successes + more;
            let found = successes as f64 / trials as f64;
            let share = clopper_pearson(successes, trials, confidence);
            prop_assert!(0.0 <= share.low && share.low <= found);
            prop_assert!(found <= share.high && share.high <= 1.0);
            let mirrored = lower_bound(more, trials, confidence);
            prop_assert!((upper_bound(successes, trials, confidence) - (1.0 - mirrored)).abs() < 1e-9);
        }
    }
}
