//! How a count grows with the number of layers.

use toll_stats::least_squares;

use crate::results::ShapeKind;
use crate::shape::{self, MATERIAL_CURVATURE, STEP_FURTHER_LAYERS};

/// A straight line explains the cells where none lies further from it than this share of what all
/// layers add: less than a bend that is material takes away in the middle of even levels.
const STRAIGHT_WITHIN: f64 = 0.05;

/// And never less than this many events: one more or less is no bend.
const STRAIGHT_WITHIN_EVENTS: f64 = 1.0;

/// Curvatures are told to so many decimals: the fit of a straight line is zero up to rounding.
const CURVATURE_DECIMALS: f64 = 1e9;

/// Levels with a layer that a shape needs: two are on a line whatever lies between them.
const LEAST_LEVELS: usize = 3;

/// A count over the numbers of middlewares.
pub(super) struct Curve {
    base: Option<f64>,
    layered: Vec<(u32, f64)>,
    /// How far a count did not repeat: nothing smaller is told.
    slack: f64,
}

impl Curve {
    /// The curve through rising levels, of which none is known better than `slack`.
    pub(super) fn new(points: Vec<(u32, f64)>, slack: f64) -> Self {
        let base = points
            .first()
            .filter(|(n, _)| *n == 0)
            .map(|(_, count)| *count);
        Self {
            base,
            layered: points.into_iter().filter(|(n, _)| *n >= 1).collect(),
            slack,
        }
    }

    /// *a*: without middlewares.
    pub(super) fn base(&self) -> Option<f64> {
        self.base
    }

    /// *b*: the mean over the levels that have a layer; over all layers, the first one included,
    /// where there is one such level only.
    pub(super) fn toll(&self) -> Option<f64> {
        match self.layered.as_slice() {
            [] => None,
            [(n, count)] => self.base.map(|base| (count - base) / f64::from(*n)),
            [first, .., last] => Some((last.1 - first.1) / f64::from(last.0 - first.0)),
        }
    }

    /// *f*: what the first layer adds beyond what the further ones lead to expect.
    pub(super) fn first_layer(&self) -> Option<f64> {
        Some(self.without_layers()? - self.base?)
    }

    /// What the further layers say that none would count: along the line, or where it is bent
    /// along the parabola through the three lowest levels.
    fn without_layers(&self) -> Option<f64> {
        let [first, second, ..] = self.layered.as_slice() else {
            return None;
        };
        match self.layered.get(2).filter(|_| self.is_bent()) {
            Some(third) => Some(at_zero([*first, *second, *third])),
            None => self.toll().map(|toll| first.1 - toll * f64::from(first.0)),
        }
    }

    /// *c*, by least squares over the levels that have a layer; needs three of them.
    pub(super) fn curvature(&self) -> Option<f64> {
        let [_, _, curvature] = self.parabola()?;
        Some((curvature * CURVATURE_DECIMALS).round() / CURVATURE_DECIMALS)
    }

    /// Constant, linear and quadratic term.
    fn parabola(&self) -> Option<[f64; 3]> {
        if self.layered.len() < 3 {
            return None;
        }
        let columns: Vec<Vec<f64>> = (0..3)
            .map(|power| {
                let levels = self.layered.iter();
                levels.map(|(n, _)| f64::from(*n).powi(power)).collect()
            })
            .collect();
        let counts: Vec<f64> = self.layered.iter().map(|(_, count)| *count).collect();
        let found = least_squares::weighted(&columns, &counts, &vec![1.0; counts.len()])?;
        <[f64; 3]>::try_from(found).ok()
    }

    /// The power with which what the layers add grows.
    pub(super) fn exponent(&self) -> Option<f64> {
        let without = self.without_layers()?;
        let layers = self.layered.iter().map(|(n, count)| (*n, count - without));
        shape::exponent(&layers.collect::<Vec<_>>())
    }

    /// The shape.
    pub(super) fn kind(&self) -> ShapeKind {
        let Some(toll) = self.toll() else {
            return ShapeKind::Unclear;
        };
        if self.adds_nothing() {
            ShapeKind::Flat
        } else if self.layered.len() < LEAST_LEVELS {
            ShapeKind::Unclear
        } else if self.is_bent() {
            // Layers that add less and less are no line either.
            if self.curvature().is_some_and(|curvature| curvature > 0.0) {
                ShapeKind::Superlinear
            } else {
                ShapeKind::Unclear
            }
        } else if self.is_step(toll) {
            ShapeKind::Step
        } else if toll > 0.0 && self.is_straight(toll) {
            ShapeKind::Linear
        } else {
            ShapeKind::Unclear
        }
    }

    fn adds_nothing(&self) -> bool {
        self.base.is_some_and(|base| {
            let mut layered = self.layered.iter();
            layered.all(|(_, count)| (count - base).abs() <= self.slack)
        })
    }

    /// Whether the quadratic term makes up so much of what all layers add that it matters.
    fn is_bent(&self) -> bool {
        let (Some([constant, linear, quadratic]), Some((most, _))) =
            (self.parabola(), self.layered.last())
        else {
            return false;
        };
        let most = f64::from(*most);
        let bent = quadratic * most.powi(2);
        let all = constant - self.base.unwrap_or(constant) + linear * most + bent;
        all > 0.0 && bent.abs() >= MATERIAL_CURVATURE * all && self.worst() > self.few_events()
    }

    fn is_step(&self, toll: f64) -> bool {
        let Some((most, _)) = self.layered.last() else {
            return false;
        };
        let further = f64::from(*most) * toll.abs();
        self.first_layer()
            .is_some_and(|first| first > self.slack && further <= STEP_FURTHER_LAYERS * first)
    }

    fn is_straight(&self, toll: f64) -> bool {
        let all = toll * self.layered.last().map_or(0.0, |(n, _)| f64::from(*n));
        self.worst() <= self.few_events().max(STRAIGHT_WITHIN * all)
    }

    fn few_events(&self) -> f64 {
        STRAIGHT_WITHIN_EVENTS + self.slack
    }

    /// How far a cell lies from the line between the lowest and the highest level that have a layer.
    fn worst(&self) -> f64 {
        let (Some((least, first)), Some(toll)) = (self.layered.first(), self.toll()) else {
            return 0.0;
        };
        let expected = |n: u32| first + toll * f64::from(n - least);
        self.layered
            .iter()
            .map(|(n, count)| (count - expected(*n)).abs())
            .fold(0.0, f64::max)
    }
}

/// The parabola through three points, at 0 (Lagrange).
fn at_zero(points: [(u32, f64); 3]) -> f64 {
    let x = points.map(|(n, _)| f64::from(n));
    (0..3)
        .map(|one| {
            let (other, third) = ((one + 1) % 3, (one + 2) % 3);
            points[one].1 * x[other] * x[third] / ((x[one] - x[other]) * (x[one] - x[third]))
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEVELS: [u32; 6] = [0, 1, 2, 5, 10, 20];

    #[test]
    fn two_levels_with_a_layer_tell_no_shape() {
        let curve = |points: &[(u32, f64)]| Curve::new(points.to_vec(), 0.0).kind();
        assert_eq!(
            curve(&[(0, 0.0), (1, 3.0), (20, 250.0)]),
            ShapeKind::Unclear
        );
        assert_eq!(curve(&[(0, 7.0), (1, 7.0), (20, 7.0)]), ShapeKind::Flat);
    }

    fn curve(levels: &[u32], count: impl Fn(f64) -> f64) -> Curve {
        let points = levels.iter().map(|n| (*n, count(f64::from(*n))));
        Curve::new(points.collect(), 0.0)
    }

    #[test]
    fn shapes_are_told_apart() {
        let some = |n: f64| f64::from(u8::from(n >= 1.0));
        let cases: [(&dyn Fn(f64) -> f64, ShapeKind); 9] = [
            (&|_| 46.0, ShapeKind::Flat),
            (&|n| 46.0 + n, ShapeKind::Linear),
            (&|n| 46.0 + 50.0 * some(n) + 5.0 * n, ShapeKind::Linear),
            (&|n| 46.0 + 50.0 * some(n), ShapeKind::Step),
            (&|n| 46.0 + n * n, ShapeKind::Superlinear),
            (&|n| 46.0 + 10.0 * n + n * n, ShapeKind::Superlinear),
            (&|n| 46.0 + 100.0 * n - 2.0 * n * n, ShapeKind::Unclear),
            (&|n| 46.0 - n, ShapeKind::Unclear),
            (
                &|n| if n == 5.0 { 70.0 } else { 46.0 + n },
                ShapeKind::Unclear,
            ),
        ];
        for (place, (count, expected)) in cases.into_iter().enumerate() {
            assert_eq!(curve(&LEVELS, count).kind(), expected, "{place}");
        }
    }

    #[test]
    fn only_what_the_levels_determine_is_told() {
        let square = |n: f64| 7.0 + n * n;
        let all = curve(&LEVELS, square);
        assert_eq!((all.base(), all.toll()), (Some(7.0), Some(21.0)));
        assert!(all.first_layer().unwrap().abs() < 1e-9);
        assert_eq!(all.curvature(), Some(1.0));
        assert!((all.exponent().unwrap() - 2.0).abs() < 1e-9);
        let ends = curve(&[0, 20], square);
        assert_eq!(
            (ends.toll(), ends.first_layer(), ends.curvature()),
            (Some(20.0), None, None)
        );
        let without = curve(&[1, 10, 20], square);
        assert_eq!((without.base(), without.first_layer()), (None, None));
        assert_eq!(without.kind(), ShapeKind::Superlinear);
        // Nothing without layers to compare with, so a step cannot be told from flat.
        assert_eq!(curve(&[1, 10, 20], |_| 5.0).kind(), ShapeKind::Unclear);
        assert_eq!(curve(&[3], square).toll(), None);
        assert_eq!(curve(&[], square).kind(), ShapeKind::Unclear);
    }

    #[test]
    fn far_apart_levels_do_not_hide_a_bend() {
        assert_eq!(
            curve(&[0, 1, 2, 20], |n| n * n).kind(),
            ShapeKind::Superlinear
        );
    }

    #[test]
    fn what_did_not_repeat_is_no_shape() {
        let points: Vec<(u32, f64)> = vec![(0, 46.0), (1, 47.0), (2, 46.0), (5, 48.0)];
        assert_eq!(Curve::new(points.clone(), 2.0).kind(), ShapeKind::Flat);
        assert_ne!(Curve::new(points, 0.0).kind(), ShapeKind::Flat);
    }

    proptest! {
        #[test]
        fn lines_come_out_exactly(base in 0_i32..10_000, first in -50_i32..50, toll in 1_i32..5_000) {
            let line = curve(&LEVELS, |n| {
                f64::from(base) + f64::from(toll) * n + if n >= 1.0 { f64::from(first) } else { 0.0 }
            });
            prop_assert_eq!(line.base(), Some(f64::from(base)));
            prop_assert_eq!(line.toll(), Some(f64::from(toll)));
            prop_assert_eq!(line.first_layer(), Some(f64::from(first)));
            prop_assert!(line.curvature().unwrap().abs() < 1e-6);
            prop_assert_ne!(line.kind(), ShapeKind::Superlinear);
            prop_assert_ne!(line.kind(), ShapeKind::Unclear);
        }

        #[test]
        fn powers_are_told(power in 1.5_f64..3.0, scale in 5.0_f64..500.0) {
            let grows = curve(&LEVELS, |n| (46.0 + scale * n.powf(power)).round());
            prop_assert_eq!(grows.kind(), ShapeKind::Superlinear);
            let found = grows.exponent().unwrap();
            prop_assert!((found - power).abs() < 0.15, "{found} instead of {power}");
        }
    }
}
