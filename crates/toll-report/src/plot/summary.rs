//! `summary.png` as a drawing: its panels, what they show above, what they do not show below.

use toll_analysis::results::{Analysis, Cell};

use super::axis::MUTED;
use super::chart::{Chart, Frame, LABEL_SIZE, LEADER};
use super::legend::Legend;
use super::lines::{self, Line};
use super::panels::{self, Panel};
use super::story;
use super::svg::{Font, Svg};
use super::text::{self, BOLD};
use crate::facts;
use crate::failed;
use crate::view;

/// Width in pixels, before the picture is drawn at twice the density.
const WIDTH: f64 = 1120.0;
/// Height of the panels.
const PANEL: f64 = 358.0;
/// Left and right of everything.
const MARGIN: f64 = 26.0;
/// Where the panels begin.
const TOP: f64 = 142.0;
/// Beneath the panels: numbers at the axis, its name, two lines of remarks.
const BOTTOM: f64 = 100.0;
/// Room for numbers at the vertical axis.
const AXIS: f64 = 46.0;
/// Between two panels.
const GAP: f64 = 22.0;
/// The first line of the finding that is told above the panels, its height and its size.
const STORY_TOP: f64 = 112.0;
const STORY_LINE: f64 = 21.0;
const STORY_SIZE: f64 = 14.5;

/// Beneath the title.
const SUBTITLE_SIZE: f64 = 14.0;
const SUBTITLE_LINE: f64 = 19.0;

const INK: &str = "#1d2127";
const ALARM: &str = "#b3261e";

/// The picture of an analysis as an SVG document: what was measured against the number of
/// middlewares.
pub fn summary_svg(analysis: &Analysis) -> String {
    let panels = panels::panels(analysis);
    let levels = levels(analysis, panels);
    let charts: Vec<Chart<'_>> = panels
        .iter()
        .map(|panel| Chart {
            title: panel.title,
            hint: panel.hint,
            lines: lines::lines(analysis, panel),
            levels: &levels,
            labelled: true,
            note: panel.note_head(analysis),
            noun: panel.note.as_ref().map_or("", |note| note.noun),
            stretch: panel.stretch,
        })
        .collect();
    draw(analysis, charts)
}

fn draw(analysis: &Analysis, mut charts: Vec<Chart<'_>>) -> String {
    let story = story::story(analysis, STORY_SIZE * BOLD, WIDTH - 2.0 * MARGIN);
    let subtitle = subtitle(analysis);
    // One line of it has its place; another one moves what is below.
    let lower = SUBTITLE_LINE * (subtitle.len() as f64 - 1.0);
    let top = TOP + lower + STORY_LINE * story.len() as f64;
    let bottom = top + PANEL;
    let legend = Legend::new(&charts, PANEL, (MARGIN, WIDTH - MARGIN));
    for chart in &mut charts {
        chart.labelled = !legend.needed;
    }
    let height = bottom + BOTTOM + legend.height();
    let mut svg = Svg::new(WIDTH, height);
    heading(&mut svg, analysis, &subtitle);
    for (at, line) in story.iter().enumerate() {
        let font = Font {
            size: STORY_SIZE,
            colour: ALARM,
            bold: true,
            anchor: "start",
        };
        let y = STORY_TOP + lower + STORY_LINE * at as f64;
        svg.text(MARGIN, y, font, line);
    }
    for (chart, frame) in charts.iter().zip(frames(&charts, (top, bottom))) {
        chart.draw(&mut svg, frame);
    }
    legend.draw(&mut svg, bottom + 62.0);
    footer(&mut svg, analysis, height);
    svg.finish()
}

/// The numbers of middlewares that any of the panels shows, rising.
fn levels(analysis: &Analysis, panels: &[Panel]) -> Vec<u32> {
    let shown = |name: &str| panels.iter().any(|panel| panel.instrument == name);
    let results = analysis
        .series
        .iter()
        .flat_map(|series| &series.instruments);
    let mut levels: Vec<u32> = results
        .filter(|(name, _)| shown(name))
        .flat_map(|(_, result)| &result.cells)
        .map(|cell| cell.middlewares)
        .collect();
    levels.sort_unstable();
    levels.dedup();
    levels
}

/// What was measured and how the requests were made, in one line or, where that is too long, in two.
fn subtitle(analysis: &Analysis) -> Vec<String> {
    let what = facts::common(analysis).join(" · ");
    let how = facts::requests(analysis);
    let both = facts::join(&[&what, &how], " · ");
    if what.is_empty() || text::width(&both, SUBTITLE_SIZE) <= WIDTH - 2.0 * MARGIN {
        return vec![both];
    }
    vec![what, how]
}

fn heading(svg: &mut Svg, analysis: &Analysis, subtitle: &[String]) {
    let title = Font {
        size: 23.0,
        colour: INK,
        bold: true,
        anchor: "start",
    };
    let room = WIDTH - 2.0 * MARGIN;
    let line = format!("What a layer of middleware costs: {}", analysis.suite);
    svg.text(MARGIN, 42.0, title, &text::fit(&line, 24.5, room));
    let font = Font {
        size: SUBTITLE_SIZE,
        colour: INK,
        bold: false,
        anchor: "start",
    };
    let mut y = 66.0;
    for line in subtitle {
        svg.text(MARGIN, y, font, &text::fit(line, SUBTITLE_SIZE, room));
        y += SUBTITLE_LINE;
    }
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
    svg.text(MARGIN, y + 2.0, font, &text::fit(&host, 12.5, room));
}

/// All panels have the same width; each has the room that its labels need.
fn frames(charts: &[Chart<'_>], (top, bottom): (f64, f64)) -> Vec<Frame> {
    let rooms: Vec<f64> = charts.iter().map(label_room).collect();
    let count = charts.len() as f64;
    let taken = rooms.iter().sum::<f64>() + count * AXIS + (count - 1.0) * GAP;
    let width = (WIDTH - 2.0 * MARGIN - taken) / count;
    let mut at = MARGIN;
    let frame = |room: f64| {
        let left = at + AXIS;
        let edge = left + width + room;
        at = edge + GAP;
        Frame {
            left,
            right: left + width,
            top,
            bottom,
            edge,
        }
    };
    rooms.into_iter().map(frame).collect()
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
    let note = if chart.note.is_some() {
        widest(|line| &line.note) * BOLD + 10.0
    } else {
        0.0
    };
    LEADER + widest(|line| &line.label) + note
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
    let missing = missing(analysis);
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
        .filter_map(Cell::cost_us)
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
    let counts = panels::panels(analysis)
        .iter()
        .filter(|panel| panel.instrument == "counts");
    let banded: Vec<bool> = counts.map(|panel| panel.has_bands(analysis)).collect();
    match banded[..] {
        [] => {}
        _ if banded.contains(&true) => {
            remarks.push("bands of counts: the least and the most of equal requests".to_owned());
        }
        _ => remarks.push("counts are exact".to_owned()),
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

/// What the picture should show, and cannot.
fn missing(analysis: &Analysis) -> Vec<String> {
    let drawn = |name: &str| {
        panels::panels(analysis)
            .iter()
            .any(|panel| panel.instrument == name)
    };
    let failed = failed::failed(analysis);
    let shown = failed.iter().filter(|failed| {
        failed.instruments.is_empty() || failed.instruments.iter().any(|name| drawn(name))
    });
    shown
        .map(|failed| {
            let why = [&failed.instruments[..], &[failed.failure.stage.name()]].concat();
            format!("{} ({})", failed.cells(), why.join(", "))
        })
        .collect()
}
