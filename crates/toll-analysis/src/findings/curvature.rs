//! How a cost is bent, in words: what layers cost at both ends.

use super::Case;
use crate::results::{InstrumentResult, ShapeKind};
use crate::shape;
use crate::words::rounded;

/// A cost that is bent, by one instrument.
pub(super) struct Bend<'a> {
    /// What the instrument says.
    pub result: &'a InstrumentResult,
    first: Step,
    last: Step,
}

impl<'a> Bend<'a> {
    /// The first instrument that measures time and calls the shape `kind`.
    pub(super) fn of(case: &Case<'a>, kind: ShapeKind) -> Option<Self> {
        let mut results = case.timed().map(|(_, judged)| &judged.result);
        Self::between_ends(results.find(|result| result.shape.kind == kind)?)
    }

    /// The first instrument that measures time and in which further layers cost less.
    pub(super) fn downwards(case: &Case<'a>) -> Option<Self> {
        let mut bent = case
            .timed()
            .filter(|(_, judged)| judged.costs.as_ref().is_some_and(shape::is_sublinear));
        Self::between_ends(&bent.next()?.1.result)
    }

    /// Between the lowest and the highest two cells that have a layer and a number.
    fn between_ends(result: &'a InstrumentResult) -> Option<Self> {
        let costs: Vec<(u32, f64)> = result
            .cells
            .iter()
            .filter(|cell| cell.middlewares >= 1)
            .filter_map(|cell| Some((cell.middlewares, cell.cost_us()?.estimate)))
            .collect();
        let steps = || {
            costs.windows(2).map(|pair| Step {
                from: pair[0].0,
                to: pair[1].0,
                each_us: (pair[1].1 - pair[0].1) / f64::from(pair[1].0 - pair[0].0),
            })
        };
        let (first, last) = steps().next().zip(steps().next_back())?;
        Some(Self {
            result,
            first,
            last,
        })
    }

    /// `from 1 to 2 3.50 µs each, from 10 to 20 17.0 µs each`.
    pub(super) fn words(&self) -> String {
        format!("{}, {}", self.first.words(), self.last.words())
    }
}

/// What a layer costs between two neighbouring levels.
struct Step {
    from: u32,
    to: u32,
    each_us: f64,
}

impl Step {
    fn words(&self) -> String {
        format!(
            "from {} to {} layers {} µs each",
            self.from,
            self.to,
            rounded(self.each_us)
        )
    }
}

/// The quadratic term and how well it is known.
pub(super) fn interval(result: &InstrumentResult) -> String {
    let curvature = result.shape.curvature.as_ref();
    match curvature.map(|curvature| (curvature, curvature.low, curvature.high)) {
        Some((curvature, Some(low), Some(high))) => format!(
            "The quadratic term is {} µs per layer squared, between {} and {} with {:.1} % confidence over {} rounds.",
            rounded(curvature.estimate),
            rounded(low),
            rounded(high),
            curvature.confidence * 100.0,
            result.rounds
        ),
        _ => "The quadratic term has no interval.".to_owned(),
    }
}
