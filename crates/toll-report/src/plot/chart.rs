//! One panel: axes, bands, lines, points, and the labels at their ends.

use super::axis::{self, MUTED};
use super::labels;
use super::lines::{Line, Point};
use super::palette::{self, Look};
use super::scale::{Scale, Stretch};
use super::svg::{Font, Svg, Tag, points};
use super::text::{self, BOLD};

/// Size of the labels at line ends.
pub(super) const LABEL_SIZE: f64 = 12.0;
/// From the end of the axis to the text of a label.
pub(super) const LEADER: f64 = 20.0;
/// Height of a label.
pub(super) const LABEL_GAP: f64 = 15.0;
/// Radius of points.
const POINT: f64 = 3.2;

/// Where the data of a panel are drawn, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// The right end of the labels, where notes end.
    pub(super) edge: f64,
}

/// What a panel shows.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) hint: &'a str,
    pub(super) lines: Vec<Line>,
    pub(super) levels: &'a [u32],
    /// Whether the lines are named at their ends.
    pub(super) labelled: bool,
    /// What stands above the notes beside the names; no note is drawn without.
    pub(super) note: Option<&'a str>,
    /// What the notes count, where they stand without a head.
    pub(super) noun: &'a str,
    /// When the vertical axis is logarithmic.
    pub(super) stretch: Stretch,
}

/// Both scales of a panel.
struct Scales {
    x: Scale,
    y: Scale,
}

impl Chart<'_> {
    /// Draws the panel.
    pub(super) fn draw(&self, svg: &mut Svg, frame: Frame) {
        self.heading(svg, frame);
        if self.lines.is_empty() {
            let font = Font {
                size: 14.0,
                colour: MUTED,
                bold: false,
                anchor: "middle",
            };
            svg.text(
                f64::midpoint(frame.left, frame.right),
                f64::midpoint(frame.top, frame.bottom),
                font,
                "no numbers",
            );
            return;
        }
        let scales = self.scales(frame);
        axis::vertical(svg, frame, &scales.y);
        axis::horizontal(svg, frame, &scales.x, self.levels);
        for line in &self.lines {
            band(svg, line, &scales);
        }
        for line in &self.lines {
            stroke(svg, line, &scales);
        }
        for line in &self.lines {
            dots(svg, line, &scales);
        }
        if self.labelled {
            self.labels(svg, frame, &scales);
        }
    }

    fn heading(&self, svg: &mut Svg, frame: Frame) {
        let font = Font {
            size: 14.0,
            colour: "#1d2127",
            bold: true,
            anchor: "start",
        };
        let left = frame.left - 46.0;
        svg.text(left, frame.top - 17.0, font, self.title);
        let log = !self.lines.is_empty() && self.scales(frame).y.log;
        let hint = format!("{}{}", self.hint, if log { ", logarithmic" } else { "" });
        let hint_font = Font {
            size: 12.0,
            colour: MUTED,
            bold: false,
            anchor: "start",
        };
        svg.text(
            left + text::width(self.title, 14.0) * BOLD + 9.0,
            frame.top - 17.0,
            hint_font,
            &hint,
        );
    }

    fn scales(&self, frame: Frame) -> Scales {
        let ends = |point: &Point| {
            point.interval.map_or([point.value; 2], |(low, high)| {
                [low.max(point.value * 0.5), high]
            })
        };
        let values: Vec<Vec<f64>> = self
            .lines
            .iter()
            .map(|line| line.points().flat_map(ends).collect())
            .collect();
        let (low, high) = (
            self.levels.first().copied().unwrap_or(0),
            self.levels.last().copied().unwrap_or(1),
        );
        Scales {
            x: Scale::linear(f64::from(low), f64::from(high), frame.left, frame.right),
            y: Scale::of_lines(&values, self.stretch, frame.bottom, frame.top),
        }
    }

    fn labels(&self, svg: &mut Svg, frame: Frame, scales: &Scales) {
        let ends: Vec<(&Line, &Point)> = self
            .lines
            .iter()
            .filter_map(|line| Some((line, line.end()?)))
            .collect();
        let wanted: Vec<f64> = ends.iter().map(|(_, end)| scales.y.at(end.value)).collect();
        if let Some(head) = self.note {
            let font = Font {
                size: LABEL_SIZE,
                colour: MUTED,
                bold: false,
                anchor: "end",
            };
            svg.text(frame.edge, frame.top - 17.0, font, head);
        }
        let places = labels::spread(&wanted, LABEL_GAP, (frame.top, frame.bottom - 2.0));
        for (((line, end), wanted), place) in ends.iter().zip(&wanted).zip(&places) {
            let from = (scales.x.at(end.n) + POINT + 3.0, *wanted);
            leader(
                svg,
                from,
                (frame.right + 4.0).max(from.0),
                (frame.right + LEADER - 4.0, *place),
                line.look.colour,
            );
            let colour = palette::readable(line.look.colour);
            let font = Font {
                size: LABEL_SIZE,
                colour: &colour,
                bold: false,
                anchor: "start",
            };
            svg.text(
                frame.right + LEADER,
                place + LABEL_SIZE * 0.36,
                font,
                &line.label,
            );
            if self.note.is_some() {
                let note_font = Font {
                    bold: true,
                    anchor: "end",
                    ..font
                };
                svg.text(frame.edge, place + LABEL_SIZE * 0.36, note_font, &line.note);
            }
        }
    }
}

/// A thin line from the end of a line to its label: level up to `turn`, dotted where the line ends early.
fn leader(svg: &mut Svg, from: (f64, f64), turn: f64, to: (f64, f64), colour: &str) {
    let path = points([from, (turn, from.1), (to.0 - 5.0, to.1), to]);
    let tag = Tag::new("polyline")
        .attr("points", &path)
        .attr("fill", "none")
        .attr("stroke", colour);
    let tag = tag.attr("stroke-opacity", "0.55").num("stroke-width", 1.0);
    svg.push(if turn - from.0 > 1.0 {
        tag.attr("stroke-dasharray", "1 3")
    } else {
        tag
    });
}

fn band(svg: &mut Svg, line: &Line, scales: &Scales) {
    for run in &line.runs {
        let known: Vec<(f64, (f64, f64))> = run
            .iter()
            .filter_map(|point| Some((scales.x.at(point.n), point.interval?)))
            .collect();
        if known.len() < 2 {
            for (x, interval) in &known {
                whisker(svg, *x, *interval, scales, line.look.colour);
            }
            continue;
        }
        let upper = known.iter().map(|(x, (_, high))| (*x, scales.y.at(*high)));
        let lower = known
            .iter()
            .rev()
            .map(|(x, (low, _))| (*x, scales.y.at(*low)));
        svg.push(
            Tag::new("polygon")
                .attr("points", &points(upper.chain(lower)))
                .attr("fill", line.look.colour)
                .attr("fill-opacity", "0.18"),
        );
    }
}

/// The interval of a point that stands alone.
fn whisker(svg: &mut Svg, x: f64, (low, high): (f64, f64), scales: &Scales, colour: &str) {
    let (from, to) = (scales.y.at(low), scales.y.at(high));
    svg.push(
        Tag::new("line")
            .num("x1", x)
            .num("x2", x)
            .num("y1", from)
            .num("y2", to)
            .attr("stroke", colour)
            .num("stroke-width", 1.5),
    );
}

fn stroke(svg: &mut Svg, line: &Line, scales: &Scales) {
    for run in &line.runs {
        let path = points(
            run.iter()
                .map(|point| (scales.x.at(point.n), scales.y.at(point.value))),
        );
        let tag = Tag::new("polyline")
            .attr("points", &path)
            .attr("fill", "none")
            .attr("stroke", line.look.colour);
        let tag = tag
            .num("stroke-width", 1.8)
            .attr("stroke-linejoin", "round");
        svg.push(if line.look.dash.is_empty() {
            tag
        } else {
            tag.attr("stroke-dasharray", line.look.dash)
        });
    }
}

fn dots(svg: &mut Svg, line: &Line, scales: &Scales) {
    for point in line.points() {
        let (x, y) = (scales.x.at(point.n), scales.y.at(point.value));
        dot(svg, (x, y), &line.look, point.believed);
    }
}

/// A point: hollow where it is not believed.
fn dot(svg: &mut Svg, (x, y): (f64, f64), look: &Look, believed: bool) {
    let (fill, border) = if believed {
        (look.colour, "#ffffff")
    } else {
        ("#ffffff", look.colour)
    };
    let corners = look.marker.corners(x, y, POINT);
    let tag = if corners.is_empty() {
        Tag::new("circle").num("cx", x).num("cy", y).num("r", POINT)
    } else {
        Tag::new("polygon").attr("points", &points(corners))
    };
    let border_width = if believed { 0.7 } else { 1.4 };
    svg.push(
        tag.attr("fill", fill)
            .attr("stroke", border)
            .num("stroke-width", border_width),
    );
}

/// A piece of a line with its point, for a legend.
pub(super) fn sample(svg: &mut Svg, (x, y): (f64, f64), look: &Look) {
    let tag = Tag::new("line")
        .num("x1", x)
        .num("x2", x + 26.0)
        .num("y1", y)
        .num("y2", y)
        .attr("stroke", look.colour);
    let tag = tag.num("stroke-width", 1.8);
    svg.push(if look.dash.is_empty() {
        tag
    } else {
        tag.attr("stroke-dasharray", look.dash)
    });
    dot(svg, (x + 13.0, y), look, true);
}
