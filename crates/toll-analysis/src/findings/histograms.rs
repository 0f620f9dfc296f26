//! Latency histograms that could not be read.

use super::{Case, finding};
use crate::results::{Confidence, Finding};

/// The percentiles are then those of the other slices.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    if case.unreadable_histograms == 0 {
        return Vec::new();
    }
    let all: usize = case
        .series
        .cells
        .iter()
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
        format!(
            "{} of {all} latency histograms could not be read and were left out.",
            case.unreadable_histograms
        ),
        "They are not serialised HdrHistograms.",
        "The store is damaged or was written by another version; the percentiles are those of the other slices.",
    )]
}
