//! `summary.png` as a drawing: two panels, what they show above, what they do not show below.

use toll_analysis::results::Analysis;

use super::axis::MUTED;
use super::chart::{Chart, Frame, LABEL_GAP, LABEL_SIZE, LEADER, sample};
use super::lines::{self, Line};
use super::palette;
use super::svg::{Font, Svg};
use super::text;
use crate::facts;
use crate::view;

/// Width in pixels, before the picture is drawn at twice the density.
const WIDTH: f64 = 1120.0;
/// Height of a picture without a legend.
const HEIGHT: f64 = 600.0;
/// Left and right of everything.
const MARGIN: f64 = 26.0;
/// Where the panels begin.
const TOP: f64 = 142.0;
/// Beneath the panels: numbers at the axis, its name, two lines of remarks.
const BOTTOM: f64 = 100.0;
/// Room for numbers at the vertical axis.
const AXIS: f64 = 46.0;
/// Labels wider than this go into a legend.
const LABEL_MAX: f64 = 190.0;
/// Height of a line of the legend.
const LEGEND_LINE: f64 = 20.0;

const INK: &str = "#1d2127";
const ALARM: &str = "#b3261e";

/// The picture of an analysis as an SVG document: requests/s and server CPU per request against
/// the number of middlewares.
pub fn summary_svg(analysis: &Analysis) -> String {
    let (rates, cpu) = (lines::rates(analysis), lines::cpu(analysis));
    let legend = Legend::new(if cpu.len() >= rates.len() {
        &cpu
    } else {
        &rates
    });
    let height = HEIGHT + legend.height();
    let mut svg = Svg::new(WIDTH, height);
    heading(&mut svg, analysis);
    let levels = view::levels(analysis);
    let (labelled, edge) = (!legend.needed, WIDTH - MARGIN);
    let charts = [
        Chart {
            title: "Requests per second",
            hint: "more is better",
            lines: rates,
            levels: &levels,
            labelled,
            noted: false,
            edge,
        },
        Chart {
            title: "Server CPU per request, µs",
            hint: "less is better",
            lines: cpu,
            levels: &levels,
            labelled,
            noted: true,
            edge,
        },
    ];
    for (chart, frame) in charts.iter().zip(frames(&charts)) {
        chart.draw(&mut svg, frame);
        if chart.noted && chart.labelled && !chart.lines.is_empty() {
            let font = Font {
                size: 12.0,
                colour: MUTED,
                bold: false,
                anchor: "end",
            };
            svg.text(edge, frame.top - 17.0, font, "toll per layer");
        }
    }
    let lines = if charts[1].lines.len() >= charts[0].lines.len() {
        &charts[1].lines
    } else {
        &charts[0].lines
    };
    legend.draw(&mut svg, lines);
    footer(&mut svg, analysis, height);
    svg.finish()
}

fn heading(svg: &mut Svg, analysis: &Analysis) {
    let title = Font {
        size: 23.0,
        colour: INK,
        bold: true,
        anchor: "start",
    };
    let room = WIDTH - 2.0 * MARGIN;
    let line = format!("What a layer of middleware costs: {}", analysis.suite);
    svg.text(MARGIN, 42.0, title, &text::fit(&line, 24.5, room));
    let mut measured = facts::common(analysis);
    measured.push(facts::load(analysis));
    let font = Font {
        size: 14.0,
        colour: INK,
        bold: false,
        anchor: "start",
    };
    svg.text(
        MARGIN,
        66.0,
        font,
        &text::fit(&measured.join(" · "), 14.0, room),
    );
    let host = format!(
        "{} · {} · {}",
        facts::extent(analysis),
        facts::machine(&analysis.host),
        facts::started(analysis)
    );
    let font = Font {
        size: 12.5,
        colour: MUTED,
        ..font
    };
    svg.text(MARGIN, 87.0, font, &text::fit(&host, 12.5, room));
}

/// Both panels have the same width; each has the room that its labels need.
fn frames(charts: &[Chart<'_>; 2]) -> [Frame; 2] {
    let [left, right] = [label_room(&charts[0]), label_room(&charts[1])];
    let gap = 22.0;
    let width = (WIDTH - 2.0 * MARGIN - 2.0 * AXIS - left - right - gap) / 2.0;
    let frame = |left: f64| Frame {
        left,
        right: left + width,
        top: TOP,
        bottom: HEIGHT - BOTTOM,
    };
    let first = MARGIN + AXIS;
    [frame(first), frame(first + width + left + gap + AXIS)]
}

fn label_room(chart: &Chart<'_>) -> f64 {
    if !chart.labelled {
        return 12.0;
    }
    let widest = |text: fn(&Line) -> &str| {
        chart
            .lines
            .iter()
            .map(|line| text::width(text(line), LABEL_SIZE))
            .fold(0.0, f64::max)
    };
    let note = if chart.noted {
        widest(|line| &line.note) * 1.06 + 10.0
    } else {
        0.0
    };
    LEADER + widest(|line| &line.label) + note
}

/// The legend beneath the panels, where names do not fit beside the lines.
struct Legend {
    needed: bool,
    columns: usize,
    rows: usize,
}

impl Legend {
    fn new(lines: &[Line]) -> Self {
        let fits = ((HEIGHT - BOTTOM - TOP) / LABEL_GAP) as usize;
        let widest = lines
            .iter()
            .map(|line| text::width(&line.label, LABEL_SIZE))
            .fold(0.0, f64::max);
        let needed = lines.len() > fits || widest > LABEL_MAX;
        let entry =
            (widest + text::width("00 000 µs", LABEL_SIZE) + 60.0).min(WIDTH - 2.0 * MARGIN);
        let columns = (((WIDTH - 2.0 * MARGIN) / entry) as usize).clamp(1, 6);
        Self {
            needed,
            columns,
            rows: lines.len().div_ceil(columns),
        }
    }

    fn height(&self) -> f64 {
        if self.needed {
            self.rows as f64 * LEGEND_LINE + 14.0
        } else {
            0.0
        }
    }

    fn draw(&self, svg: &mut Svg, lines: &[Line]) {
        if !self.needed {
            return;
        }
        let width = (WIDTH - 2.0 * MARGIN) / self.columns as f64;
        for (at, line) in lines.iter().enumerate() {
            let x = MARGIN + width * (at / self.rows) as f64;
            let y = HEIGHT - BOTTOM + 62.0 + LEGEND_LINE * (at % self.rows) as f64;
            sample(svg, (x, y), line);
            let colour = palette::readable(line.look.colour);
            let font = Font {
                size: LABEL_SIZE,
                colour: &colour,
                bold: false,
                anchor: "start",
            };
            let note = text::width(&line.note, LABEL_SIZE) * 1.06;
            let label = text::fit(&line.label, LABEL_SIZE, width - note - 60.0);
            let end = text::width(&label, LABEL_SIZE);
            svg.text(x + 34.0, y + LABEL_SIZE * 0.36, font, &label);
            svg.text(
                x + 34.0 + end + 8.0,
                y + LABEL_SIZE * 0.36,
                Font { bold: true, ..font },
                &line.note,
            );
        }
    }
}

fn footer(svg: &mut Svg, analysis: &Analysis, height: f64) {
    let font = Font {
        size: 11.5,
        colour: MUTED,
        bold: false,
        anchor: "start",
    };
    let tool = format!("{} {}", analysis.tool.name, analysis.tool.version);
    svg.text(
        WIDTH - MARGIN,
        height - 16.0,
        Font {
            anchor: "end",
            ..font
        },
        &tool,
    );
    let room = WIDTH - 3.0 * MARGIN - text::width(&tool, 11.5);
    svg.text(
        MARGIN,
        height - 16.0,
        font,
        &text::fit(&remarks(analysis).join(" · "), 11.5, room),
    );
    let missing: Vec<String> = view::failed(analysis)
        .iter()
        .map(|failed| format!("{} ({})", failed.name(), failed.failure.stage.name()))
        .collect();
    if !missing.is_empty() {
        let line = format!("No numbers: {}", missing.join(", "));
        svg.text(
            MARGIN,
            height - 35.0,
            Font {
                colour: ALARM,
                ..font
            },
            &text::fit(&line, 11.5, WIDTH - 2.0 * MARGIN),
        );
    }
}

fn remarks(analysis: &Analysis) -> Vec<String> {
    let confidences = view::cells(analysis)
        .filter_map(|cell| cell.server_cpu_us.as_ref())
        .map(|estimate| estimate.confidence);
    let least = confidences
        .filter(|confidence| *confidence > 0.0)
        .fold(f64::MAX, f64::min);
    let mut remarks = Vec::new();
    if least <= 1.0 {
        remarks.push(format!(
            "bands: {:.0} % intervals inside each line, over rounds of fresh processes",
            (least * 100.0).floor()
        ));
    }
    if view::any_disbelieved(analysis) {
        remarks.push("hollow: not to be believed, the server was less than 90 % busy".to_owned());
    }
    let short = [
        (analysis.run.quick, "a quick look"),
        (analysis.run.interrupted, "stopped early"),
    ];
    remarks.extend(
        short
            .into_iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, text)| text.to_owned()),
    );
    remarks
}
