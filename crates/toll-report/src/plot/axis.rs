//! Axes: ticks, numbers and faint lines behind the data.

use super::chart::Frame;
use super::scale::Scale;
use super::svg::{Font, Svg, Tag};
use super::text;
use crate::format;

/// Colour of axis lines.
const AXIS: &str = "#8a8f98";
/// Colour of the lines behind the data.
const GRID: &str = "#e6e8eb";
/// Colour of numbers at the axes.
pub(super) const MUTED: &str = "#5b616b";
/// Size of numbers at the axes.
const SIZE: f64 = 11.5;

/// The vertical axis: a faint line across for each tick.
pub(super) fn vertical(svg: &mut Svg, frame: Frame, scale: &Scale) {
    let font = Font {
        size: SIZE,
        colour: MUTED,
        bold: false,
        anchor: "end",
    };
    for tick in scale.ticks() {
        let y = scale.at(tick);
        line(svg, (frame.left, y), (frame.right, y), GRID);
        svg.text(
            frame.left - 8.0,
            y + SIZE * 0.36,
            font,
            &number(tick, scale),
        );
    }
}

/// The horizontal axis: the number of middlewares.
pub(super) fn horizontal(svg: &mut Svg, frame: Frame, scale: &Scale, levels: &[u32]) {
    line(
        svg,
        (frame.left, frame.bottom),
        (frame.right, frame.bottom),
        AXIS,
    );
    let font = Font {
        size: SIZE,
        colour: MUTED,
        bold: false,
        anchor: "middle",
    };
    for tick in level_ticks(scale, levels) {
        let x = scale.at(tick);
        line(svg, (x, frame.bottom), (x, frame.bottom + 4.0), AXIS);
        svg.text(x, frame.bottom + 18.0, font, &format!("{tick:.0}"));
    }
    let middle = f64::midpoint(frame.left, frame.right);
    svg.text(
        middle,
        frame.bottom + 37.0,
        Font { size: 12.0, ..font },
        "number of middlewares",
    );
}

/// The levels themselves where they all have room, else round numbers.
fn level_ticks(scale: &Scale, levels: &[u32]) -> Vec<f64> {
    let values: Vec<f64> = levels.iter().copied().map(f64::from).collect();
    let room = |pair: &[f64]| {
        scale.at(pair[1]) - scale.at(pair[0]) >= text::width(&format!("{:.0}", pair[1]), SIZE) + 6.0
    };
    if values.windows(2).all(room) {
        return values;
    }
    scale
        .ticks()
        .into_iter()
        .filter(|tick| tick.fract() == 0.0)
        .collect()
}

/// Ticks are round, so no digit of theirs is lost; all of a linear axis have as many decimals.
fn number(tick: f64, scale: &Scale) -> String {
    if scale.log || tick.abs() >= 100.0 || tick == 0.0 {
        let text = format::significant(tick);
        return if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        };
    }
    let step = scale
        .ticks()
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(f64::MAX, f64::min);
    let decimals = (0..4)
        .find(|at| (step * 10f64.powi(*at)).fract().abs() < 1e-6)
        .unwrap_or(4) as usize;
    format!("{tick:.decimals$}")
}

fn line(svg: &mut Svg, from: (f64, f64), to: (f64, f64), colour: &str) {
    svg.push(
        Tag::new("line")
            .num("x1", from.0)
            .num("y1", from.1)
            .num("x2", to.0)
            .num("y2", to.1)
            .attr("stroke", colour),
    );
}
