//! Latency histograms that could not be read.

use super::{Case, finding};
use crate::results::{Confidence, Finding};

/// The percentiles are then those of the other slices.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let unreadable: usize = case
        .judged
        .values()
        .map(|judged| judged.unreadable_histograms)
        .sum();
    if unreadable == 0 {
        return Vec::new();
    }
    let cells = case.series.instruments.values().flatten();
    let all: usize = cells
        .map(|cell| {
            cell.slices
                .iter()
                .filter(|slice| slice.latency_histogram.is_some())
                .count()
        })
        .sum();
    vec![finding(
        "unreadable-histogram",
        Confidence::Certain,
        format!("{unreadable} of {all} latency histograms could not be read and were left out."),
        "They are not serialised HdrHistograms.",
        "The store is damaged or was written by another version; the percentiles are those of the other slices.",
    )]
}
