//! Latency percentiles from the histograms of the slices.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

use crate::results::Latency;

/// Significant digits that are kept when histograms are added up.
const DIGITS: u8 = 3;

/// The percentiles of all `serialised` histograms together (nanoseconds inside, microseconds out),
/// and how many of them could not be read.
pub(crate) fn percentiles<'a>(
    serialised: impl IntoIterator<Item = &'a [u8]>,
) -> (Option<Latency>, usize) {
    let serialised: Vec<&[u8]> = serialised.into_iter().collect();
    let read: Vec<Histogram<u64>> = serialised
        .iter()
        .filter_map(|bytes| histogram(bytes))
        .collect();
    let unreadable = serialised.len() - read.len();
    (
        merged(&read)
            .filter(|all| !all.is_empty())
            .map(|all| latency(&all)),
        unreadable,
    )
}

fn histogram(bytes: &[u8]) -> Option<Histogram<u64>> {
    Deserializer::new().deserialize(&mut &bytes[..]).ok()
}

fn merged(parts: &[Histogram<u64>]) -> Option<Histogram<u64>> {
    let mut all = Histogram::new(DIGITS).ok()?;
    for part in parts {
        all.add(part).ok()?;
    }
    Some(all)
}

fn latency(all: &Histogram<u64>) -> Latency {
    let at_us = |quantile| all.value_at_quantile(quantile) as f64 / 1e3;
    Latency {
        p50_us: at_us(0.5),
        p90_us: at_us(0.9),
        p99_us: at_us(0.99),
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::{Serializer, V2Serializer};
    use proptest::prelude::*;

    use super::*;

    fn serialised(values_ns: impl Iterator<Item = u64>) -> Vec<u8> {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        values_ns.for_each(|value| histogram.record(value).unwrap());
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(&histogram, &mut bytes)
            .unwrap();
        bytes
    }

    #[test]
    fn slices_are_added_up() {
        let rounds = [
            serialised((1..=50).map(|k| k * 1_000)),
            serialised((51..=100).map(|k| k * 1_000)),
        ];
        let (latency, unreadable) = percentiles(rounds.iter().map(Vec::as_slice));
        let latency = latency.unwrap();
        assert_eq!(unreadable, 0);
        for (found, expected) in [
            (latency.p50_us, 50.0),
            (latency.p90_us, 90.0),
            (latency.p99_us, 99.0),
        ] {
            assert!((found - expected).abs() < 0.1, "{latency:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted() {
        assert_eq!(percentiles([]), (None, 0));
        assert_eq!(
            percentiles([&serialised(std::iter::empty())[..]]),
            (None, 0)
        );
        let (latency, unreadable) =
            percentiles([&b"nonsense"[..], &serialised([5_000].into_iter())]);
        assert_eq!(unreadable, 1);
        assert!((latency.unwrap().p50_us - 5.0).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..80), truncate in 0_usize..60) {
            let _ = percentiles([&bytes[..]]);
            let whole = serialised([5_000, 70_000].into_iter());
            bytes.splice(0..0, whole[..truncate.min(whole.len())].iter().copied());
            let (_, unreadable) = percentiles([&bytes[..]]);
            prop_assert!(unreadable <= 1);
        }
    }
}
