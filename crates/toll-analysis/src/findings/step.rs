//! The first layer costs, the further ones do not.

use toll_core::sample::Instrument;

use super::{Case, finding};
use crate::counts::HEADLINE;
use crate::results::{Confidence, Finding, InstrumentResult, ShapeKind};
use crate::words::rounded;

/// Told where the shape is a step: in microseconds where time was measured, else in calls.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut timed = case.timed().map(|(_, judged)| &judged.result);
    let of_time = timed.find_map(|result| step(result, "µs", Confidence::Likely));
    let is_timed = case.timed().any(|(_, judged)| judged.result.toll.is_some());
    let of_counts = || {
        let counts = case.of(Instrument::Counts).filter(|_| !is_timed)?;
        step(&counts.result, "calls", case.certainty(HEADLINE))
    };
    of_time.or_else(of_counts).into_iter().collect()
}

fn step(result: &InstrumentResult, unit: &str, confidence: Confidence) -> Option<Finding> {
    let (first, toll) = (result.first_layer.as_ref()?, result.toll.as_ref()?);
    if result.shape.kind != ShapeKind::Step {
        return None;
    }
    let title = format!(
        "The first layer costs {} {unit}, each further one {} {unit}.",
        rounded(first.estimate + toll.estimate),
        rounded(toll.estimate)
    );
    let evidence = match (first.low, first.high) {
        (Some(low), Some(high)) if low < high => format!(
            "The first layer's own part lies between {} and {} {unit}.",
            rounded(low),
            rounded(high)
        ),
        _ => format!(
            "The first layer's own part is {} {unit}.",
            rounded(first.estimate)
        ),
    };
    Some(finding(
        "step",
        confidence,
        title,
        evidence,
        "Having any middleware of this kind at all is what costs: removing some but not the last one gains little.",
    ))
}
