//! How the cost grows with the number of layers.

use toll_stats::location::Location;

use crate::estimate::Costs;
use crate::model::Term;
use crate::results::{Cell, Shape, ShapeKind, ShapeSource};

/// Curvature matters when it makes up this share of what all layers cost: below, a straight line
/// still foretells every cell within about a tenth, and a shape nobody would act on is not told.
pub(crate) const MATERIAL_CURVATURE: f64 = 0.20;

/// A step is told when all further layers together cost at most this share of the first one.
pub(crate) const STEP_FURTHER_LAYERS: f64 = 0.25;

/// The cost is flat when all layers together cost at most this share of the base: what a machine
/// on which fresh processes differ by 4 to 5 % can promise.
const FLAT_LAYERS: f64 = 0.05;

/// The shape; unclear without costs. `cells` are those that were fitted.
pub(crate) fn shape(costs: Option<&Costs>, cells: &[Cell]) -> Shape {
    let kind = costs.map_or(ShapeKind::Unclear, kind);
    Shape {
        kind,
        curvature: costs.and_then(Costs::told_curvature),
        exponent: costs
            .filter(|_| kind == ShapeKind::Superlinear)
            .and_then(|costs| power(costs, cells)),
        by: ShapeSource::Fit,
    }
}

/// The power with which the layers' cost grows, from what the cells cost beyond the base and the
/// first layer's own part, both taken from the fit that knows of the bend.
fn power(costs: &Costs, cells: &[Cell]) -> Option<f64> {
    let part_us = |term| {
        let location: Option<&Location> = costs.curved.get(&term);
        location.map_or(0.0, |location| location.estimate * costs.reference_us)
    };
    let without_us: f64 = [Term::Base, Term::Intercept, Term::FirstLayer]
        .into_iter()
        .map(part_us)
        .sum();
    let layers: Vec<(u32, f64)> = cells
        .iter()
        .filter_map(|cell| Some((cell.middlewares, cell.cost_us()?.estimate - without_us)))
        .collect();
    exponent(&layers)
}

/// The slope on logarithmic scales between the highest of rising levels and the one nearest to half
/// of it: 1 where the cost of the layers grows with their number, 2 where it grows with its square.
/// Neighbours would make a large power of a little noise.
pub(crate) fn exponent(layers: &[(u32, f64)]) -> Option<f64> {
    let (more, most) = layers.last()?;
    let from_half = |(level, _): &&(u32, f64)| (2 * level).abs_diff(*more);
    let below = layers[..layers.len() - 1]
        .iter()
        .filter(|(level, _)| *level >= 1);
    let (fewer, less) = below.min_by_key(from_half)?;
    let power = (most / less).ln() / (f64::from(*more) / f64::from(*fewer)).ln();
    (*less > 0.0 && *most > 0.0 && *fewer >= 1 && power.is_finite()).then_some(power)
}

/// Whether further layers cost less than the first ones, by so much that the toll is only a mean.
pub(crate) fn is_sublinear(costs: &Costs) -> bool {
    bends(costs, |low, high| low < 0.0 && high < 0.0)
}

/// Whether further layers cost more than the first ones, by so much that it matters.
fn is_superlinear(costs: &Costs) -> bool {
    bends(costs, |low, high| low > 0.0 && high > 0.0)
}

/// Whether the cost is no straight line, in either direction.
pub(crate) fn is_bent(costs: &Costs) -> bool {
    is_superlinear(costs) || is_sublinear(costs)
}

fn kind(costs: &Costs) -> ShapeKind {
    let Some((low, high)) = costs.straight.get(&Term::Toll).and_then(ends) else {
        return ShapeKind::Unclear;
    };
    if is_superlinear(costs) {
        ShapeKind::Superlinear
    } else if is_sublinear(costs) {
        ShapeKind::Unclear
    } else if is_step(costs, low, high) {
        ShapeKind::Step
    } else if low > 0.0 {
        ShapeKind::Linear
    } else if high >= 0.0 && is_flat(costs, low, high) {
        ShapeKind::Flat
    } else {
        ShapeKind::Unclear
    }
}

/// Whether the curvature's interval satisfies `side` and the curvature is material.
fn bends(costs: &Costs, side: impl Fn(f64, f64) -> bool) -> bool {
    let Some(curvature) = costs.curved.get(&Term::Curvature) else {
        return false;
    };
    let most = costs.most_middlewares;
    let part = |term: Term| {
        costs
            .curved
            .get(&term)
            .map_or(0.0, |location| location.estimate * term.factor(most))
    };
    let bent = part(Term::Curvature);
    let all = part(Term::FirstLayer) + part(Term::Toll) + bent;
    ends(curvature).is_some_and(|(low, high)| side(low, high))
        && all > 0.0
        && bent.abs() >= MATERIAL_CURVATURE * all
}

fn is_step(costs: &Costs, toll_low: f64, toll_high: f64) -> bool {
    let further = f64::from(costs.most_middlewares) * toll_high.abs().max(toll_low.abs());
    costs.straight.get(&Term::FirstLayer).is_some_and(|first| {
        ends(first).is_some_and(|(low, _)| low > 0.0)
            && further <= STEP_FURTHER_LAYERS * first.estimate
    })
}

/// Both the toll and the first layer, at the ends of their intervals that lie furthest from zero,
/// are small beside the base.
fn is_flat(costs: &Costs, toll_low: f64, toll_high: f64) -> bool {
    let base = [Term::Base, Term::Intercept]
        .iter()
        .find_map(|term| costs.straight.get(term))
        .map(|location| location.estimate);
    let first = costs
        .straight
        .get(&Term::FirstLayer)
        .map_or(Some(0.0), |first| {
            ends(first).map(|(low, high)| low.abs().max(high.abs()))
        });
    let layers = f64::from(costs.most_middlewares) * toll_high.max(-toll_low);
    base.zip(first)
        .is_some_and(|(base, first)| layers.max(first) <= FLAT_LAYERS * base)
}

fn ends(location: &Location) -> Option<(f64, f64)> {
    location
        .interval
        .map(|interval| (interval.low, interval.high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Blocks;
    use crate::gauge::LOAD;
    use crate::synthetic::Synthetic;

    /// How many of 40 runs are of each kind.
    fn kinds(shape: &Synthetic) -> Vec<ShapeKind> {
        (0..40)
            .map(|seed| {
                let series = Synthetic {
                    seed,
                    ..shape.clone()
                }
                .series();
                kind(&Costs::of(&Blocks::of(&series, &LOAD, 10)).unwrap())
            })
            .collect()
    }

    fn count(kinds: &[ShapeKind], kind: ShapeKind) -> usize {
        kinds.iter().filter(|found| **found == kind).count()
    }

    #[test]
    fn planted_shapes_are_told_apart() {
        let plain = Synthetic {
            rounds: 16,
            ..Synthetic::default()
        };
        let planted = [
            (
                Synthetic {
                    toll_us: 5.0,
                    ..plain.clone()
                },
                ShapeKind::Linear,
            ),
            (
                Synthetic {
                    toll_us: 5.0,
                    first_us: 20.0,
                    ..plain.clone()
                },
                ShapeKind::Linear,
            ),
            (
                Synthetic {
                    toll_us: 2.0,
                    curvature_us: 0.5,
                    ..plain.clone()
                },
                ShapeKind::Superlinear,
            ),
            (
                Synthetic {
                    toll_us: 0.0,
                    first_us: 30.0,
                    ..plain.clone()
                },
                ShapeKind::Step,
            ),
            (
                Synthetic {
                    toll_us: 0.0,
                    ..plain.clone()
                },
                ShapeKind::Flat,
            ),
        ];
        for (shape, expected) in planted {
            let found = kinds(&shape);
            assert!(count(&found, expected) >= 30, "{expected:?}: {found:?}");
            if expected != ShapeKind::Superlinear {
                assert!(
                    count(&found, ShapeKind::Superlinear) <= 2,
                    "{expected:?}: {found:?}"
                );
            }
            if expected == ShapeKind::Flat {
                assert!(count(&found, ShapeKind::Linear) <= 5, "{found:?}");
            }
        }
    }

    #[test]
    fn layers_that_become_cheaper_are_no_line() {
        let shape = Synthetic {
            toll_us: 10.0,
            curvature_us: -0.2,
            rounds: 16,
            ..Synthetic::default()
        };
        let costs = Costs::of(&Blocks::of(&shape.series(), &LOAD, 10)).unwrap();
        assert!(is_sublinear(&costs));
        assert_eq!(kind(&costs), ShapeKind::Unclear);
    }

    #[test]
    fn without_an_interval_nothing_is_clear() {
        let costs = Costs::of(&Blocks::of(
            &Synthetic {
                rounds: 5,
                ..Synthetic::default()
            }
            .series(),
            &LOAD,
            10,
        ))
        .unwrap();
        assert_eq!(kind(&costs), ShapeKind::Unclear);
        assert_eq!(shape(None, &[]), Shape::default());
    }
}
