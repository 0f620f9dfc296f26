//! The first layer costs, the further ones do not.

use super::{Case, finding};
use crate::results::{Confidence, Finding, ShapeKind};
use crate::words::rounded;

/// Told where the shape is a step.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let (Some(first), Some(toll), ShapeKind::Step) = (
        &case.load.first_layer,
        &case.load.toll,
        case.load.shape.kind,
    ) else {
        return Vec::new();
    };
    let title = format!(
        "The first layer costs {} µs, each further one {} µs.",
        rounded(first.estimate + toll.estimate),
        rounded(toll.estimate)
    );
    let (low, high) = (
        first.low.unwrap_or(first.estimate),
        first.high.unwrap_or(first.estimate),
    );
    vec![finding(
        "step",
        Confidence::Likely,
        title,
        format!(
            "The first layer's own part lies between {} and {} µs.",
            rounded(low),
            rounded(high)
        ),
        "Having any middleware of this kind at all is what costs: removing some but not the last one gains little.",
    )]
}
