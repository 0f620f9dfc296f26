//! Layers that cost more, or less, the more of them there are.

use super::{Case, finding};
use crate::results::{Confidence, Finding, ShapeKind};
use crate::shape;
use crate::words::rounded;

/// Each further layer costs more than the one before.
pub(super) fn superlinear(case: &Case<'_>) -> Vec<Finding> {
    if case.load.shape.kind != ShapeKind::Superlinear {
        return Vec::new();
    }
    let Some((first, last)) = steps(case) else {
        return Vec::new();
    };
    let title = format!(
        "Layers cost more the more there are: {} {}, {} {}.",
        first.words(),
        first.us(),
        last.words(),
        last.us()
    );
    vec![finding(
        "superlinear",
        Confidence::Likely,
        title,
        interval(case),
        "Keep the stack of this kind short, or write the layers as pure ASGI middlewares; the toll is a mean over the \
         levels and holds for none of them.",
    )]
}

/// Further layers cost less than the first ones.
pub(super) fn sublinear(case: &Case<'_>) -> Vec<Finding> {
    if !case.costs.is_some_and(shape::is_sublinear) {
        return Vec::new();
    }
    let Some((first, last)) = steps(case) else {
        return Vec::new();
    };
    let title = format!(
        "Layers cost less the more there are: {} {}, {} {}.",
        first.words(),
        first.us(),
        last.words(),
        last.us()
    );
    vec![finding(
        "sublinear",
        Confidence::Likely,
        title,
        interval(case),
        "The toll is a mean over the levels: for a short stack look at the cells themselves.",
    )]
}

/// What a layer costs between two neighbouring levels.
struct Step {
    from: u32,
    to: u32,
    each_us: f64,
}

impl Step {
    fn words(&self) -> String {
        format!("from {} to {}", self.from, self.to)
    }

    fn us(&self) -> String {
        format!("{} µs each", rounded(self.each_us))
    }
}

/// The first and the last step between neighbouring cells that have a layer and a number.
fn steps(case: &Case<'_>) -> Option<(Step, Step)> {
    let costs: Vec<(u32, f64)> = case
        .load
        .cells
        .iter()
        .filter(|cell| cell.middlewares >= 1)
        .filter_map(|cell| {
            cell.server_cpu_us
                .as_ref()
                .map(|cost| (cell.middlewares, cost.estimate))
        })
        .collect();
    let steps = || {
        costs.windows(2).map(|pair| Step {
            from: pair[0].0,
            to: pair[1].0,
            each_us: (pair[1].1 - pair[0].1) / f64::from(pair[1].0 - pair[0].0),
        })
    };
    steps().next().zip(steps().next_back())
}

fn interval(case: &Case<'_>) -> String {
    match case
        .load
        .shape
        .curvature
        .as_ref()
        .map(|curvature| (curvature, curvature.low, curvature.high))
    {
        Some((curvature, Some(low), Some(high))) => format!(
            "The quadratic term is {} µs per layer squared, between {} and {} with {:.1} % confidence over {} rounds.",
            rounded(curvature.estimate),
            rounded(low),
            rounded(high),
            curvature.confidence * 100.0,
            case.load.rounds
        ),
        _ => "The quadratic term has no interval.".to_owned(),
    }
}
