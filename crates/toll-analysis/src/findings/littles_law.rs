//! Cells whose latencies and rates contradict one another.

use std::ops::RangeInclusive;

use super::{Case, finding};
use crate::results::{Confidence, Finding};
use crate::words::{listed, rounded};

/// Outside of this range the measured number of requests in flight is wrong by more than what the
/// ends of the slices explain.
const CREDIBLE: RangeInclusive<f64> = 0.97..=1.03;

/// One finding for all such cells of the series.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let suspect: Vec<(u32, f64)> = case
        .load_cells()
        .iter()
        .filter_map(|cell| {
            cell.littles_law_ratio
                .map(|ratio| (cell.middlewares, ratio))
        })
        .filter(|(_, ratio)| !CREDIBLE.contains(ratio))
        .collect();
    let Some(worst) = suspect
        .iter()
        .map(|(_, ratio)| *ratio)
        .max_by(|one, other| (one - 1.0).abs().total_cmp(&(other - 1.0).abs()))
    else {
        return Vec::new();
    };
    let levels: Vec<u32> = suspect.iter().map(|(level, _)| *level).collect();
    let told: Vec<String> = suspect
        .iter()
        .map(|(level, ratio)| format!("{level}: {}", rounded(*ratio)))
        .collect();
    vec![finding(
        "littles-law",
        Confidence::Likely,
        format!(
            "Latencies and requests/s with {} middlewares contradict one another: {} of the requests in flight are accounted for.",
            listed(&levels),
            rounded(worst)
        ),
        format!(
            "Little's law ratio, 1 being right, by number of middlewares: {}.",
            told.join("; ")
        ),
        "Do not trust the latencies of these cells: requests failed, connections rested, or the load generator was late.",
    )]
}
