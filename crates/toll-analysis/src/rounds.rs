//! From slices to a location: the round is the only replicate.

use std::collections::BTreeMap;

use toll_stats::location::{Location, hodges_lehmann};
use toll_stats::quantile::median;

use crate::results::Estimate;

/// The confidence that intervals are asked to have; they reach at least this.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// The medians of the values of each round, in order of the rounds.
pub(crate) fn medians(values: impl IntoIterator<Item = (u32, f64)>) -> Vec<f64> {
    let mut by_round: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (round, value) in values {
        by_round.entry(round).or_default().push(value);
    }
    by_round
        .values()
        .filter_map(|values| median(values))
        .collect()
}

/// Where the rounds lie: Hodges & Lehmann over their medians.
pub(crate) fn locate(values: impl IntoIterator<Item = (u32, f64)>) -> Option<Location> {
    hodges_lehmann(&medians(values), CONFIDENCE)
}

/// A location as it is told.
pub(crate) fn told(location: Location, unit: &str) -> Estimate {
    Estimate {
        estimate: location.estimate,
        low: location.interval.map(|interval| interval.low),
        high: location.interval.map(|interval| interval.high),
        confidence: location
            .interval
            .map_or(0.0, |interval| interval.confidence),
        unit: unit.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_counts_once_however_many_slices_it_has() {
        let many = (0..100).map(|_| (0, 1.0)).chain([(1, 3.0)]);
        assert_eq!(locate(many).unwrap().estimate, 2.0);
        assert_eq!(locate([]), None);
    }

    #[test]
    fn an_interval_appears_with_the_sixth_round() {
        let told_of = |rounds: u32| {
            told(
                locate((0..rounds).map(|round| (round, f64::from(round)))).unwrap(),
                "us",
            )
        };
        assert_eq!((told_of(5).low, told_of(5).confidence), (None, 0.0));
        assert_eq!(
            (told_of(6).low, told_of(6).high, told_of(6).confidence),
            (Some(0.0), Some(5.0), 0.96875)
        );
    }
}
