//! Recognising Nagle's algorithm against delayed acknowledgements.
//!
//! A server without `TCP_NODELAY` that sends head and body separately holds the body back until the head is
//! acknowledged, and the client's kernel acknowledges late: by 40 ms on Linux. The time is spent by nobody; it says
//! nothing about the application.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

const MILLI: u64 = 1_000_000;
/// Linux waits at least 40 ms (`TCP_DELACK_MIN`); the timer and the rest of the answer add a little.
const MODE: (u64, u64) = (39 * MILLI, 46 * MILLI);
/// Its neighbours, which must be nearly empty.
const BELOW: (u64, u64) = (25 * MILLI, 38 * MILLI);
const ABOVE: (u64, u64) = (48 * MILLI, 75 * MILLI);
/// Fewer answers say nothing.
const ENOUGH: u64 = 20;
/// A smaller share does no harm.
const MIN_SHARE: f64 = 0.01;
/// How much denser the mode must be than its neighbours, per millisecond.
const CONTRAST: f64 = 5.0;

/// A mode at 40 ms in the latencies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DelayedAck {
    /// The share of answers in it, 0 to 1.
    pub share: f64,
    /// Its highest point.
    pub peak_ns: u64,
}

/// Looks for the 40 ms mode in latencies in nanoseconds. `Some` means that it is likely; a server that really works
/// for 40 ms looks the same.
pub fn delayed_ack(latency: &Histogram<u64>) -> Option<DelayedAck> {
    let count = |range: (u64, u64)| latency.count_between(range.0, range.1);
    let density = |range: (u64, u64)| count(range) as f64 / ((range.1 - range.0) / MILLI) as f64;
    let share = count(MODE) as f64 / latency.len() as f64;
    let stands_out = density(MODE) >= CONTRAST * density(BELOW).max(density(ABOVE));
    if latency.len() < ENOUGH || share < MIN_SHARE || !stands_out {
        return None;
    }
    let inside = latency
        .iter_recorded()
        .filter(|step| (MODE.0..=MODE.1).contains(&step.value_iterated_to()));
    let peak = inside.max_by_key(hdrhistogram::iterators::IterationValue::count_at_value)?;
    Some(DelayedAck {
        share,
        peak_ns: peak.value_iterated_to(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values_ms: &[(f64, u64)]) -> Option<DelayedAck> {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap();
        for (ms, times) in values_ms {
            histogram
                .record_n((ms * MILLI as f64) as u64, *times)
                .unwrap();
        }
        delayed_ack(&histogram)
    }

    #[test]
    fn a_second_mode_at_40_ms_is_found() {
        let found = of(&[(0.3, 80), (41.2, 20)]).unwrap();
        assert!((found.share - 0.2).abs() < 1e-9 && found.peak_ns.abs_diff(41_200_000) < 50_000);
        assert!(of(&[(40.6, 500)]).is_some());
    }

    #[test]
    fn other_shapes_are_left_alone() {
        let broad: Vec<(f64, u64)> = (0..100).map(|ms| (f64::from(ms), 10)).collect();
        assert_eq!(of(&broad), None);
        assert_eq!(of(&[(0.3, 10_000), (41.0, 3)]), None);
        assert_eq!(of(&[(41.0, 5)]), None);
        assert_eq!(of(&[]), None);
    }
}
