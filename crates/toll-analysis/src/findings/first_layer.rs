//! The first layer costs much more, or much less, than a further one.

use super::{Case, finding};
use crate::results::{Confidence, Estimate, Finding, ShapeKind};
use crate::shape;
use crate::words::rounded;

/// The share of the toll from which on the first layer's own part is worth telling.
const WORTH_TELLING: f64 = 0.5;

/// Told where the shape is not a step already, and where "each further one" is one number.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let (Some(first), Some(toll)) = (&case.load.first_layer, &case.load.toll) else {
        return Vec::new();
    };
    let told_already = matches!(case.load.shape.kind, ShapeKind::Step | ShapeKind::Flat);
    let is_bent = case.costs.is_some_and(shape::is_bent);
    let is_small = first.estimate.abs() < WORTH_TELLING * toll.estimate.abs();
    if told_already || is_bent || is_small || !excludes_zero(first) {
        return Vec::new();
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
        case.load.rounds
    );
    vec![finding(
        "first-layer",
        Confidence::Likely,
        title,
        evidence,
        "Do not divide the cost of a stack by its layers: add the first layer once and the toll for each layer.",
    )]
}

fn excludes_zero(estimate: &Estimate) -> bool {
    estimate.low.is_some_and(|low| low > 0.0) || estimate.high.is_some_and(|high| high < 0.0)
}
