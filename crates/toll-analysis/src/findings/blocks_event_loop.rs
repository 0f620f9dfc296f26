//! Layers that make the event loop wait.

use toll_core::metric::Metric;

use super::{Case, finding};
use crate::results::{Confidence, Finding};
use crate::words::rounded;

/// The time per layer from which on it is told: what a busy machine takes away by itself is less,
/// once the quietest repeat is looked at.
const BLOCKS_FROM_US: f64 = 200.0;

/// Told where the time that the loop's thread neither worked nor waited for events grows.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let per_layer_us = case.per_layer(Metric::BlockedNs).map(|ns| ns / 1e3);
    let Some(per_layer_us) = per_layer_us.filter(|us| *us >= BLOCKS_FROM_US) else {
        return Vec::new();
    };
    let told: Vec<String> = case
        .counts(Metric::BlockedNs)
        .into_iter()
        .map(|(n, count)| format!("{n}: {}", rounded(count.low as f64 / 1e3)))
        .collect();
    vec![finding(
        "blocks-event-loop",
        Confidence::Likely,
        format!(
            "Each layer blocks the event loop for {} µs per request.",
            rounded(per_layer_us)
        ),
        format!(
            "µs in which the loop's thread neither worked nor waited for events, the least of all repeats, by number of \
             middlewares: {}.",
            told.join("; ")
        ),
        "While it blocks no other request moves on: await an asynchronous call, or hand the blocking one to a thread.",
    )]
}
