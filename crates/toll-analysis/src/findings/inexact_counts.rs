//! Counts that differ between equal requests.

use std::collections::BTreeSet;

use toll_core::metric::Metric;

use super::case::range;
use super::{Case, finding};
use crate::results::{Confidence, Count, Finding};
use crate::words::{listed, middlewares};

/// The counts that repeat where nothing but the request happens. Blocks of memory and garbage
/// collections depend on what happened before.
const REPEAT: [Metric; 12] = [
    Metric::PythonCalls,
    Metric::PythonResumes,
    Metric::CCalls,
    Metric::Instructions,
    Metric::Tasks,
    Metric::LoopCallbacks,
    Metric::LoopIterations,
    Metric::ThreadHops,
    Metric::MessagesSent,
    Metric::MessagesReceived,
    Metric::LayerMessagesSent,
    Metric::LayerMessagesReceived,
];

/// What follows from each cause.
const ADVICE: [(&str, &str); 5] = [
    (
        "order of tasks",
        "Several tasks are alive at a time, and what walks over them (such as a set of tasks in anyio) does it in the \
         order of memory addresses: the ends lie close together, and either may be taken.",
    ),
    (
        "garbage collection",
        "A collection ran in the middle of a request: the lower ends are those without it.",
    ),
    (
        "timers",
        "The layers set timers: what a request does depends on when it does it.",
    ),
    (
        "other threads",
        "The layers work in other threads, which are not always equally fast: the loop turns more or less often.",
    ),
    (
        "unknown",
        "Look for what is kept from request to request: caches, counters, random numbers, background tasks.",
    ),
];

/// One finding for all of them.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let widest: Vec<(Metric, u32, &Count)> = REPEAT
        .into_iter()
        .filter_map(|metric| widest(case, metric))
        .collect();
    if widest.is_empty() {
        return Vec::new();
    }
    let names: Vec<&str> = widest.iter().map(|(metric, ..)| metric.name()).collect();
    let ranges: Vec<String> = widest
        .iter()
        .map(|(metric, n, count)| {
            let cause = count.cause.as_deref().unwrap_or_default();
            format!(
                "{} with {}: {} ({cause})",
                metric.name(),
                middlewares(*n),
                range(count)
            )
        })
        .collect();
    let causes: BTreeSet<&str> = widest
        .iter()
        .filter_map(|(.., count)| count.cause.as_deref())
        .collect();
    let advice: Vec<&str> = ADVICE
        .iter()
        .filter(|(cause, _)| causes.contains(cause))
        .map(|(_, advice)| *advice)
        .collect();
    vec![finding(
        "inexact-counts",
        Confidence::Certain,
        format!(
            "Equal requests did not give equal counts of {}.",
            listed(&names)
        ),
        format!("The widest ranges: {}.", ranges.join("; ")),
        advice.join(" "),
    )]
}

/// The cell in which `metric` differed most.
fn widest<'a>(case: &Case<'a>, metric: Metric) -> Option<(Metric, u32, &'a Count)> {
    let counts = case.counts(metric).into_iter();
    counts
        .filter(|(_, count)| count.low != count.high)
        .max_by_key(|(_, count)| count.high.saturating_sub(count.low))
        .map(|(n, count)| (metric, n, count))
}
