//! The first layer costs much more, or much less, than a further one.

use super::{Case, finding};
use crate::method::Judged;
use crate::results::{Confidence, Estimate, Finding, ShapeKind};
use crate::shape;
use crate::words::rounded;

/// The share of the toll from which on the first layer's own part is worth telling.
const WORTH_TELLING: f64 = 0.5;

/// Told where the shape is not a step already, and where "each further one" is one number; by the
/// first instrument that sees it.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    case.timed()
        .find_map(|(_, judged)| of_instrument(judged))
        .into_iter()
        .collect()
}

fn of_instrument(judged: &Judged) -> Option<Finding> {
    let result = &judged.result;
    let (first, toll) = (result.first_layer.as_ref()?, result.toll.as_ref()?);
    let told_already = matches!(result.shape.kind, ShapeKind::Step | ShapeKind::Flat);
    let is_bent = judged.costs.as_ref().is_some_and(shape::is_bent);
    let is_small = first.estimate.abs() < WORTH_TELLING * toll.estimate.abs();
    if told_already || is_bent || is_small || !excludes_zero(first) {
        return None;
    }
    let direction = if first.estimate > 0.0 { "more" } else { "less" };
    let title = format!(
        "The first layer costs {} µs {direction} than each further one ({} µs).",
        rounded(first.estimate.abs()),
        rounded(toll.estimate)
    );
    let evidence = format!(
        "The interval is {} to {} µs over {} rounds.",
        rounded(first.low.unwrap_or_default()),
        rounded(first.high.unwrap_or_default()),
        result.rounds
    );
    Some(finding(
        "first-layer",
        Confidence::Likely,
        title,
        evidence,
        "Do not divide the cost of a stack by its layers: add the first layer once and the toll for each layer.",
    ))
}

fn excludes_zero(estimate: &Estimate) -> bool {
    estimate.low.is_some_and(|low| low > 0.0) || estimate.high.is_some_and(|high| high < 0.0)
}
