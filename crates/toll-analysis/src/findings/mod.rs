//! What follows from the numbers. One file a finding, one line in one of the registries below.

mod blocks_event_loop;
mod breaks_contextvars;
mod breaks_streaming;
mod buffers_body;
mod case;
mod codes;
mod curvature;
mod errors;
mod expensive_layer;
mod extra_messages;
mod failures;
mod first_layer;
mod hidden_middleware;
mod histograms;
mod incomplete;
mod inexact_counts;
mod littles_law;
mod machine;
mod noisy;
mod saturation;
mod several;
mod step;
mod sublinear;
mod superlinear;
mod task_per_layer;
#[cfg(test)]
mod tests;
mod thread_hop_per_layer;

pub use codes::CODES;

use toll_core::sample::MeasuredRun;

pub(crate) use case::Case;

use crate::results::{Analysis, Confidence, Finding};

/// Looks for findings in a `T`.
type Finder<T> = fn(&T) -> Vec<Finding>;

/// What is looked for in every series, in the order in which it is told.
const SERIES: [fn(&Case<'_>) -> Vec<Finding>; 21] = [
    failures::find,
    errors::find,
    superlinear::find,
    sublinear::find,
    step::find,
    first_layer::find,
    expensive_layer::find,
    task_per_layer::find,
    thread_hop_per_layer::find,
    blocks_event_loop::find,
    buffers_body::find,
    breaks_streaming::find,
    breaks_contextvars::find,
    extra_messages::find,
    hidden_middleware::find,
    inexact_counts::find,
    noisy::find,
    saturation::generator_limited,
    saturation::not_saturated,
    littles_law::find,
    histograms::find,
];

/// What is looked for in a run as a whole.
const RUN: [Finder<MeasuredRun>; 3] = [machine::find, incomplete::interrupted, incomplete::quick];

/// What is looked for in runs that are drawn together.
const SEVERAL: [Finder<[Analysis]>; 2] = [several::different_machines, several::different_settings];

/// The findings of a series.
pub(crate) fn of_series(case: &Case<'_>) -> Vec<Finding> {
    SERIES.iter().flat_map(|find| find(case)).collect()
}

/// The findings of a run as a whole.
pub(crate) fn of_run(run: &MeasuredRun) -> Vec<Finding> {
    RUN.iter().flat_map(|find| find(run)).collect()
}

/// The findings that only several runs together have.
pub(crate) fn of_several(analyses: &[Analysis]) -> Vec<Finding> {
    SEVERAL.iter().flat_map(|find| find(analyses)).collect()
}

/// A finding, written out.
fn finding(
    code: &str,
    confidence: Confidence,
    title: impl Into<String>,
    evidence: impl Into<String>,
    advice: impl Into<String>,
) -> Finding {
    #[cfg(test)]
    assert!(CODES.contains(&code), "{code} is not among the codes");
    Finding {
        code: code.to_owned(),
        title: title.into(),
        evidence: evidence.into(),
        confidence,
        advice: advice.into(),
    }
}
