//! A toll that is not known as well as was asked for, or not at all.

use super::{Case, finding};
use crate::results::{Confidence, Estimate, Finding, ShapeKind};
use crate::words::{percent, rounded};

/// Not told where the smallness of the toll is itself the result.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let small = matches!(case.load.shape.kind, ShapeKind::Flat | ShapeKind::Step);
    let Some(toll) = case
        .load
        .toll
        .as_ref()
        .filter(|_| !small && !case.load.precise)
    else {
        return Vec::new();
    };
    vec![finding(
        "noisy",
        Confidence::Certain,
        title(toll, case),
        evidence(toll, case),
        ADVICE,
    )]
}

const ADVICE: &str = "Give the run more rounds or a larger --budget, more middlewares if a layer is cheap beside the \
                      base, or a quieter machine.";

fn title(toll: &Estimate, case: &Case<'_>) -> String {
    let (Some(low), Some(high)) = (toll.low, toll.high) else {
        return format!(
            "{} rounds are too few for an interval of the toll.",
            case.load.rounds
        );
    };
    if low <= 0.0 && high >= 0.0 {
        return format!(
            "The toll cannot be told from zero: it lies between {} and {} µs.",
            rounded(low),
            rounded(high)
        );
    }
    let half_width = (high - low) / 2.0 / toll.estimate.abs();
    format!(
        "The toll is known to ±{} only, ±{} was asked for.",
        percent(half_width),
        percent(case.settings.precision)
    )
}

fn evidence(toll: &Estimate, case: &Case<'_>) -> String {
    match (toll.low, toll.high) {
        (Some(low), Some(high)) => format!(
            "{} µs, between {} and {} with {:.1} % confidence over {} rounds.",
            rounded(toll.estimate),
            rounded(low),
            rounded(high),
            toll.confidence * 100.0,
            case.load.rounds
        ),
        _ => format!(
            "{} µs; an interval with 95 % confidence needs six rounds.",
            rounded(toll.estimate)
        ),
    }
}
