//! A distribution of times, as it is written into results.

use crate::LoadError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

/// A distribution of times in nanoseconds, with the whole histogram beside the usual figures.
///
/// Percentiles are those of an HdrHistogram with three significant digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it all")]
pub struct Latency {
    pub count: u64,
    pub min_ns: u64,
    pub mean_ns: u64,
    pub stdev_ns: u64,
    pub p50_ns: u64,
    pub p75_ns: u64,
    pub p90_ns: u64,
    pub p95_ns: u64,
    pub p99_ns: u64,
    pub p999_ns: u64,
    pub max_ns: u64,
    /// The base64 of the HdrHistogram in its V2 encoding, deflated: every tool of that family reads it, and it can be
    /// merged with others.
    pub histogram: String,
}

impl Latency {
    /// The figures of a histogram in nanoseconds. All are 0 where nothing was recorded.
    ///
    /// # Errors
    /// [`LoadError::Histogram`] when it cannot be encoded.
    pub fn from_histogram(histogram: &Histogram<u64>) -> Result<Latency, LoadError> {
        let mut encoded = Vec::new();
        V2DeflateSerializer::new()
            .serialize(histogram, &mut encoded)
            .map_err(complaint)?;
        let at = |quantile: f64| histogram.value_at_quantile(quantile);
        Ok(Latency {
            count: histogram.len(),
            min_ns: histogram.min(),
            mean_ns: histogram.mean().round() as u64,
            stdev_ns: histogram.stdev().round() as u64,
            p50_ns: at(0.5),
            p75_ns: at(0.75),
            p90_ns: at(0.9),
            p95_ns: at(0.95),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: histogram.max(),
            histogram: STANDARD.encode(encoded),
        })
    }

    /// The whole distribution.
    ///
    /// # Errors
    /// [`LoadError::Histogram`] when the text is not one.
    pub fn decode(&self) -> Result<Histogram<u64>, LoadError> {
        let bytes = STANDARD.decode(&self.histogram).map_err(complaint)?;
        Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(complaint)
    }
}

fn complaint(error: impl std::fmt::Display) -> LoadError {
    LoadError::Histogram(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap();
        (1..=1000_u64).for_each(|value| histogram.saturating_record(value * 1000));
        let latency = Latency::from_histogram(&histogram).unwrap();
        assert_eq!(latency.decode().unwrap(), histogram);
        assert!(latency.p50_ns.abs_diff(500_000) < 1000 && latency.p99_ns.abs_diff(990_000) < 1000);
        let broken = Latency {
            histogram: "AAAA".into(),
            ..latency
        };
        assert!(broken.decode().is_err());
    }

    #[test]
    fn an_empty_histogram_is_all_zero() {
        let latency = Latency::from_histogram(&Histogram::new(3).unwrap()).unwrap();
        assert_eq!(
            (
                latency.count,
                latency.min_ns,
                latency.mean_ns,
                latency.max_ns
            ),
            (0, 0, 0, 0)
        );
    }
}
