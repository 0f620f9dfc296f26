//! A waterfall: layers around one another, each as long as what it takes.

use super::palette::COLOURS;
use super::svg::{Font, Svg, Tag};

const WIDTH: f64 = 1100.0;
const LEFT: f64 = 260.0;
const RIGHT: f64 = 90.0;
const ROW: f64 = 26.0;
const BAR: f64 = 16.0;
const TOP: f64 = 14.0;
const INK: &str = "#222222";
const GREY: &str = "#777777";
const INSIDE: &str = "#bbbbbb";

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strip {
    /// What it is.
    pub(crate) name: String,
    /// What it takes, µs; `None` where that is not known.
    pub(crate) micros: Option<f64>,
    /// Whether it is a layer, or what is inside of all of them.
    pub(crate) is_layer: bool,
}

/// The drawing: each row begins where the one above ends, so that the last one ends at the whole.
pub(crate) fn waterfall_svg(strips: &[Strip]) -> String {
    let height = TOP * 2.0 + ROW * strips.len() as f64;
    let mut svg = Svg::new(WIDTH, height);
    let whole: f64 = strips.iter().filter_map(|strip| strip.micros).sum();
    let room = WIDTH - LEFT - RIGHT;
    let mut before = 0.0;
    for (row, strip) in strips.iter().enumerate() {
        let top = TOP + ROW * row as f64;
        let baseline = top + BAR - 3.0;
        let font = |colour, anchor| Font {
            size: 13.0,
            colour,
            bold: false,
            anchor,
        };
        svg.text(LEFT - 10.0, baseline, font(INK, "end"), &short(&strip.name));
        let Some(micros) = strip.micros else {
            svg.text(LEFT, baseline, font(GREY, "start"), "no number");
            continue;
        };
        let scale = if whole > 0.0 { room / whole } else { 0.0 };
        let colour = if strip.is_layer { COLOURS[0] } else { INSIDE };
        let bar = Tag::new("rect")
            .num("x", LEFT + before * scale)
            .num("y", top)
            .num("width", (micros * scale).max(1.0))
            .num("height", BAR);
        svg.push(bar.attr("fill", colour));
        before += micros;
        let at = LEFT + before * scale + 6.0;
        svg.text(
            at,
            baseline,
            font(GREY, "start"),
            &format!("{micros:.1} µs"),
        );
    }
    svg.finish()
}

/// A name that fits beside its bar.
fn short(name: &str) -> String {
    const MOST: usize = 34;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST - 1).chain(['…']).collect()
}
