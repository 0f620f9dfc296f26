//! Shapes of points.

use std::f64::consts::{PI, TAU};

/// The shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    /// A circle.
    Circle,
    /// A square.
    Square,
    /// A triangle that points up.
    Up,
    /// A square on its corner.
    Diamond,
    /// A triangle that points down.
    Down,
    /// Five corners.
    Pentagon,
    /// A five-pointed star.
    Star,
}

impl Marker {
    /// All of them, in the order of use. Their number has no factor in common with that of the
    /// colours, so that pairs do not come again soon.
    pub(crate) const ALL: [Self; 7] = [
        Self::Circle,
        Self::Square,
        Self::Up,
        Self::Diamond,
        Self::Down,
        Self::Pentagon,
        Self::Star,
    ];

    /// Corners of a shape with about the area of a circle of radius `r`; none for the circle itself.
    pub(crate) fn corners(self, x: f64, y: f64, r: f64) -> Vec<(f64, f64)> {
        let ring = |count: usize, radius: f64, turn: f64| -> Vec<(f64, f64)> {
            let angle = |at: usize| turn + TAU * at as f64 / count as f64;
            (0..count)
                .map(|at| (x + radius * angle(at).sin(), y - radius * angle(at).cos()))
                .collect()
        };
        match self {
            Self::Circle => Vec::new(),
            Self::Square => ring(4, r * 1.25, PI / 4.0),
            Self::Diamond => ring(4, r * 1.35, 0.0),
            Self::Up => ring(3, r * 1.45, 0.0),
            Self::Down => ring(3, r * 1.45, PI),
            Self::Pentagon => ring(5, r * 1.2, 0.0),
            Self::Star => {
                let (outer, inner) = (ring(5, r * 1.6, 0.0), ring(5, r * 0.75, PI / 5.0));
                outer
                    .into_iter()
                    .zip(inner)
                    .flat_map(|(o, i)| [o, i])
                    .collect()
            }
        }
    }
}
