//! The questions, one file each and one line in [`ALL`].

mod bytes;
mod counts;
mod delays;
mod floor;
mod little;
mod spacing;
mod stall;

use crate::generator::Generator;
use crate::row::Row;
use crate::{AccuracyError, Bench};

/// Asks one generator.
pub type Ask = fn(&Bench, &dyn Generator) -> Result<Vec<Row>, AccuracyError>;

/// A question whose answer is known.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    /// A short name that stays.
    pub key: &'static str,
    /// The question.
    pub question: &'static str,
    /// How it is asked and judged.
    pub how: &'static str,
    /// How often it is asked at most: until everything is right, and the best time counts. One where chance and other
    /// programs on the machine have no part in it.
    pub attempts: u32,
    /// Asks it.
    pub ask: Ask,
}

/// All of them, in the order in which they are asked.
pub const ALL: [Experiment; 7] = [
    delays::EXPERIMENT,
    stall::EXPERIMENT,
    spacing::EXPERIMENT,
    little::EXPERIMENT,
    counts::EXPERIMENT,
    bytes::EXPERIMENT,
    floor::EXPERIMENT,
];

/// Times are to be right within 20 µs or one percent, whichever is more.
fn time_tolerance_ns(bench: &Bench, expected_ns: f64) -> f64 {
    (expected_ns * 0.01).max(20_000.0) * bench.slack
}

/// A quantile in words: p50, p99.9.
fn percentile(q: f64) -> String {
    format!("p{}", (q * 1e6).round() / 1e4)
}

/// A row for each quantile that is told, and one that says which are not.
fn for_told(quantiles: &[f64], what: &str, row: impl Fn(f64) -> Option<Row>) -> Vec<Row> {
    let (mut rows, mut missing) = (Vec::new(), Vec::new());
    for q in quantiles {
        match row(*q) {
            Some(row) => rows.push(row),
            None => missing.push(percentile(*q)),
        }
    }
    rows.extend(
        missing.into_iter().map(|name| {
            Row::not_asked(format!("{what}, {name}"), "it does not tell this quantile")
        }),
    );
    rows
}
