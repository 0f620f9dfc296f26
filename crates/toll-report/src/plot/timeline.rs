//! What layers cost over the releases of a distribution: a panel for the clock, one for calls.

use toll_analysis::history::{History, Release};
use toll_analysis::results::Estimate;

use super::palette::COLOURS;
use super::svg::{Font, Svg, Tag, points};
use crate::format;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 760.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 40.0;
const PANEL: f64 = 230.0;
const INK: &str = "#222222";
const FAINT: &str = "#dddddd";
const GREY: &str = "#666666";
const STEP: &str = "#cc3311";

/// What a panel draws of a release: low, middle and high.
type Value = fn(&Release) -> Option<Ends>;

/// Low, middle and high.
type Ends = (f64, f64, f64);

/// One panel.
struct Panel {
    title: &'static str,
    colour: &'static str,
    value: Value,
    top: f64,
}

const PANELS: [Panel; 2] = [
    Panel {
        title: "CPU of one more layer, µs (direct; bars: 95 % intervals, relative to a release that is timed beside all)",
        colour: COLOURS[0],
        value: |release| release.toll.as_ref().map(with_interval),
        top: 110.0,
    },
    Panel {
        title: "Python calls of one more layer (exact)",
        colour: COLOURS[1],
        value: |release| {
            let calls = *release.footprint.as_ref()?.toll.get("python_calls")?;
            Some((calls, calls, calls))
        },
        top: 410.0,
    },
];

fn with_interval(estimate: &Estimate) -> Ends {
    let middle = estimate.estimate;
    (
        estimate.low.unwrap_or(middle),
        middle,
        estimate.high.unwrap_or(middle),
    )
}

/// The drawing.
pub fn history_svg(history: &History) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT);
    let title = format!(
        "{}: what a layer costs, release by release",
        history.distribution
    );
    svg.text(LEFT, 40.0, font(22.0, INK, true, "start"), &title);
    svg.text(
        LEFT,
        66.0,
        font(13.0, GREY, false, "start"),
        &subtitle(history),
    );
    let releases = shown(&history.releases);
    for panel in &PANELS {
        draw(&mut svg, panel, releases);
    }
    names(&mut svg, releases);
    svg.finish()
}

fn subtitle(history: &History) -> String {
    let counted = history
        .releases
        .iter()
        .filter(|release| release.footprint.is_some())
        .count();
    format!(
        "{} · {counted} of {} releases have a number · Python {} · red: a step by counts · grey: no number",
        history.subject,
        history.releases.len(),
        history.python
    )
}

fn font<'a>(size: f64, colour: &'a str, bold: bool, anchor: &'static str) -> Font<'a> {
    Font {
        size,
        colour,
        bold,
        anchor,
    }
}

/// The middle of a release's column.
fn x(place: usize, releases: usize) -> f64 {
    let room = WIDTH - LEFT - RIGHT;
    LEFT + room * (place as f64 + 0.5) / releases.max(1) as f64
}

fn draw(svg: &mut Svg, panel: &Panel, releases: &[Release]) {
    let values: Vec<Option<Ends>> = releases.iter().map(panel.value).collect();
    let high = values
        .iter()
        .flatten()
        .map(|value| value.2)
        .fold(0.0, f64::max)
        .max(1e-9)
        * 1.06;
    let bottom = panel.top + PANEL;
    let y = |value: f64| bottom - PANEL * value / high;
    svg.text(
        LEFT,
        panel.top - 12.0,
        font(14.0, INK, true, "start"),
        panel.title,
    );
    if values.iter().all(Option::is_none) {
        svg.text(
            LEFT + 12.0,
            bottom - PANEL / 2.0,
            font(14.0, GREY, false, "start"),
            "not measured",
        );
        return;
    }
    for tick in ticks(high) {
        svg.push(line((LEFT, y(tick)), (WIDTH - RIGHT, y(tick)), FAINT, 1.0));
        svg.text(
            LEFT - 8.0,
            y(tick) + 4.0,
            font(12.0, GREY, false, "end"),
            &format::significant(tick),
        );
    }
    for (place, release) in releases.iter().enumerate() {
        if release.is_step {
            let at = x(place, releases.len()) - column(releases) / 2.0;
            svg.push(
                line((at, panel.top), (at, bottom), STEP, 1.0).attr("stroke-dasharray", "4 3"),
            );
        }
        if release.skipped.is_some() {
            let at = x(place, releases.len());
            svg.push(line((at, bottom), (at, bottom - 6.0), "#aaaaaa", 2.0));
        }
    }
    curve(svg, panel, &values, &y);
}

/// The line through the values, with their intervals.
fn curve(svg: &mut Svg, panel: &Panel, values: &[Option<Ends>], y: &dyn Fn(f64) -> f64) {
    let releases = values.len();
    for run in runs(values) {
        let at = run
            .iter()
            .map(|(place, value)| (x(*place, releases), y(value.1)));
        let tag = Tag::new("polyline")
            .attr("points", &points(at))
            .attr("fill", "none");
        svg.push(tag.attr("stroke", panel.colour).num("stroke-width", 1.5));
    }
    for (place, (low, middle, high)) in values
        .iter()
        .enumerate()
        .filter_map(|(place, value)| Some((place, (*value)?)))
    {
        let at = x(place, releases);
        if high > low {
            svg.push(
                line((at, y(low)), (at, y(high)), panel.colour, 2.0).attr("stroke-opacity", "0.5"),
            );
        }
        let dot = Tag::new("circle")
            .num("cx", at)
            .num("cy", y(middle))
            .num("r", 2.6);
        svg.push(dot.attr("fill", panel.colour));
    }
}

fn column(releases: &[Release]) -> f64 {
    (WIDTH - LEFT - RIGHT) / releases.len().max(1) as f64
}

fn line(from: (f64, f64), to: (f64, f64), colour: &str, width: f64) -> Tag {
    Tag::new("line")
        .num("x1", from.0)
        .num("y1", from.1)
        .num("x2", to.0)
        .num("y2", to.1)
        .attr("stroke", colour)
        .num("stroke-width", width)
}

/// Neighbours that have a value, so that no line leads over a gap.
fn runs(values: &[Option<Ends>]) -> Vec<Vec<(usize, Ends)>> {
    let mut runs = vec![Vec::new()];
    for (place, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((place, *value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs
}

/// Four or five round numbers from zero up.
fn ticks(high: f64) -> Vec<f64> {
    let rough = high / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    (0..=8)
        .map(|count| step * f64::from(count))
        .take_while(|tick| *tick <= high)
        .collect()
}

/// Pixels that a name takes.
const NAME: f64 = 13.0;

/// The versions under the lower panel, as many as can be read; those of steps come first.
fn names(svg: &mut Svg, releases: &[Release]) {
    let bottom = PANELS.last().map_or(0.0, |panel| panel.top + PANEL);
    let mut taken: Vec<f64> = Vec::new();
    for is_step in [true, false] {
        let colour = if is_step { STEP } else { GREY };
        for (place, release) in releases
            .iter()
            .enumerate()
            .filter(|(_, release)| release.is_step == is_step)
        {
            let at = x(place, releases.len());
            if taken.iter().all(|other| (other - at).abs() >= NAME) {
                taken.push(at);
                svg.turned(
                    at + 4.0,
                    bottom + 10.0,
                    font(10.5, colour, is_step, "end"),
                    &release.version,
                );
            }
        }
    }
}

/// The releases from the first that has a number to the last.
fn shown(releases: &[Release]) -> &[Release] {
    let has_number = |release: &Release| release.footprint.is_some();
    let first = releases.iter().position(has_number);
    let last = releases.iter().rposition(has_number);
    match (first, last) {
        (Some(first), Some(last)) => &releases[first..=last],
        _ => releases,
    }
}
