//! What reading the clock costs.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Readings in one go.
const READINGS: u32 = 2_000;
/// Goes; the quickest counts, as whatever else happened can only have made it slower.
const GOES: usize = 5;

/// Cost of reading the monotonic clock once, in nanoseconds.
pub(super) fn read_ns() -> Option<f64> {
    (0..GOES)
        .map(|_| one_go())
        .min()
        .map(|elapsed| elapsed.as_nanos() as f64 / f64::from(READINGS))
        .filter(|ns| *ns > 0.0)
}

fn one_go() -> Duration {
    let start = Instant::now();
    for _ in 0..READINGS {
        black_box(Instant::now());
    }
    start.elapsed()
}
