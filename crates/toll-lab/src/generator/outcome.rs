//! What an external generator found.

use std::collections::BTreeMap;
use std::time::Duration;

/// What one run of a generator found, in its own words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Requests sent; `None` where the tool does not say how many were still unanswered.
    pub sent: Option<u64>,
    /// Right answers: 2xx, or what comes nearest to it in this tool (wrk: any status below 400).
    pub ok: u64,
    /// Everything else that it counted.
    pub failed: u64,
    /// The same by class, only classes that occurred.
    pub error_classes: Vec<(String, u64)>,
    /// Wall time as the tool measured it.
    pub wall_ns: u64,
    /// CPU time of the program, all of its threads.
    pub client_cpu_ns: u64,
    /// The most memory that the program held, in bytes.
    pub peak_resident_bytes: u64,
    /// Bytes received, headers included.
    pub bytes_in: Option<u64>,
    /// Bytes sent, headers included.
    pub bytes_out: Option<u64>,
    /// Latencies, as far as the tool tells them.
    pub latency: ReportedLatency,
    /// The 99th percentile of the rates of short windows, in requests per second: not a rate that was ever held.
    pub window_rate_p99: Option<f64>,
}

impl Outcome {
    /// Right answers per second.
    pub fn rate(&self) -> f64 {
        self.ok as f64 * 1e9 / self.wall_ns.max(1) as f64
    }

    /// Takes note of failures of one class; none of them leave no trace.
    pub(super) fn add_failures(&mut self, class: &str, count: u64) {
        if count == 0 {
            return;
        }
        self.failed += count;
        match self
            .error_classes
            .iter_mut()
            .find(|(have, _)| have == class)
        {
            Some((_, so_far)) => *so_far += count,
            None => self.error_classes.push((class.to_owned(), count)),
        }
    }
}

/// Latencies as a tool reports them. What they cover is the tool's own choice: bombardier counts failed requests in, wrk
/// adds samples for requests that it thinks it should have sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportedLatency {
    /// The mean.
    pub mean_ns: Option<u64>,
    /// Quantiles by ten-thousandths: 9 990 is the 99.9th percentile.
    pub quantiles_ns: BTreeMap<u16, u64>,
    /// The longest.
    pub max_ns: Option<u64>,
}

/// Nanoseconds of a number in a unit, if it is a time at all.
pub(super) fn ns(value: f64, unit: Duration) -> Option<u64> {
    let whole = value * unit.as_nanos() as f64;
    (whole.is_finite() && whole >= 0.0).then_some(whole.round() as u64)
}

/// The key of a percentile such as `99` or `99.9`.
pub(super) fn quantile_key(percent: &str) -> Option<u16> {
    let percent: f64 = percent.parse().ok()?;
    (0.0..=100.0)
        .contains(&percent)
        .then_some((percent * 100.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_keys() {
        assert_eq!(
            ns(5_003_580.75, Duration::from_micros(1)),
            Some(5_003_580_750)
        );
        assert_eq!(ns(f64::NAN, Duration::from_secs(1)), None);
        assert_eq!(ns(-1.0, Duration::from_secs(1)), None);
        assert_eq!(quantile_key("99.9"), Some(9_990));
        assert_eq!(quantile_key("50"), Some(5_000));
        assert_eq!(quantile_key("x"), None);
        assert_eq!(quantile_key("101"), None);
    }
}
