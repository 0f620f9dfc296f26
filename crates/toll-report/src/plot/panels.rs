//! Which panels a picture has: chosen by what was measured, each of them data.

use toll_analysis::results::{Analysis, Cell, CountToll, InstrumentResult, ShapeKind};

use super::lines::{self, Point};
use super::scale::Stretch;
use crate::format;
use crate::tables;
use crate::view;

/// What one panel shows.
pub(crate) struct Panel {
    /// Whose numbers it shows.
    pub(crate) instrument: &'static str,
    /// Above the panel, bold.
    pub(crate) title: &'static str,
    /// Beside the title.
    pub(crate) hint: &'static str,
    /// What stands at the ends of its lines.
    pub(super) note: Option<Note>,
    /// When its axis is logarithmic.
    pub(super) stretch: Stretch,
    /// The point of a cell, if it has one.
    pub(super) point: fn(&Cell) -> Option<Point>,
}

/// A number beside the label of each line.
pub(super) struct Note {
    /// Above the numbers.
    pub(super) head: &'static str,
    /// What they count, where they stand without a head.
    pub(super) noun: &'static str,
    /// The head where one of them is the mean over a cost that grows faster than the layers.
    pub(super) mean: &'static str,
    pub(super) of: fn(&InstrumentResult) -> Option<String>,
}

/// Panels, and whether a run has what they show.
type Choice = (fn(&Analysis) -> bool, &'static [Panel]);

/// Those of a server under load, and of a run that measured nothing.
const UNDER_LOAD: &[Panel] = &[RATES, SERVER_CPU];

/// The first that holds is drawn.
const CHOICES: [Choice; 9] = [
    (view::any_windows, &[WINDOWS, RATES, SERVER_CPU]),
    (|analysis| drawn(analysis, "load"), UNDER_LOAD),
    (
        |analysis| timed(analysis) && more_tasks(analysis),
        &[CPU, TASKS],
    ),
    (|analysis| timed(analysis) && waits(analysis), &[CPU, WALL]),
    (
        |analysis| timed(analysis) && counted(analysis),
        &[CPU, CALLS],
    ),
    (timed, &[CPU]),
    (more_tasks, &[TASKS, CALLS]),
    (
        |analysis| has(analysis, "instructions"),
        &[CALLS, INSTRUCTIONS],
    ),
    (counted, &[CALLS]),
];

/// The panels of a picture; those of a server under load, empty, where nothing was measured.
pub(crate) fn panels(analysis: &Analysis) -> &'static [Panel] {
    CHOICES
        .iter()
        .find(|(holds, _)| holds(analysis))
        .map_or(UNDER_LOAD, |(_, panels)| panels)
}

/// What the picture shows: `Requests per second and server CPU per request against the number of middlewares`.
pub(crate) fn in_words(analysis: &Analysis) -> String {
    let words = panels(analysis).iter().enumerate().map(|(at, panel)| {
        let title = panel.title.trim_end_matches(", µs");
        // Only the first word of a title may be a name.
        let name = title.starts_with("CPU") || title.starts_with("Python");
        match title.chars().next().filter(|_| at > 0 && !name) {
            Some(first) => format!("{}{}", first.to_lowercase(), &title[first.len_utf8()..]),
            None => title.to_owned(),
        }
    });
    let words: Vec<String> = words.collect();
    let listed = match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    };
    format!("{listed} against the number of middlewares")
}

/// Costs further apart than this many times cannot be seen beside one another on a linear axis.
const APART: f64 = 60.0;

const WINDOWS: Panel = Panel {
    instrument: "load",
    title: "p99 of 20 ms windows, /s",
    hint: "as the original drew",
    note: None,
    stretch: Stretch::Values(APART),
    point: |cell| lines::plain(cell, cell.window_rate?.p99_requests_per_s),
};

const RATES: Panel = Panel {
    instrument: "load",
    title: "Requests per second",
    hint: "more is better",
    note: None,
    stretch: Stretch::Values(APART),
    point: |cell| {
        let point = lines::point(cell, cell.requests_per_s.as_ref())?;
        Some(Point {
            believed: cell.requests_per_s_believed,
            ..point
        })
    },
};

const SERVER_CPU: Panel = Panel {
    instrument: "load",
    title: "Server CPU per request, µs",
    hint: "less is better",
    note: Some(TOLL),
    stretch: Stretch::Values(APART),
    point: |cell| lines::point(cell, cell.server_cpu_us.as_ref()),
};

const CPU: Panel = Panel {
    instrument: "direct",
    title: "CPU per request, µs",
    hint: "no server",
    note: Some(TOLL),
    stretch: Stretch::Ends(APART),
    point: |cell| lines::point(cell, cell.cpu_us.as_ref()),
};

const WALL: Panel = Panel {
    instrument: "direct",
    title: "Time per request, µs",
    hint: "waiting included",
    note: None,
    stretch: Stretch::Ends(APART),
    point: |cell| lines::point(cell, cell.wall_us.as_ref()),
};

const TASKS: Panel = Panel {
    instrument: "counts",
    title: "Tasks per request",
    hint: "counted",
    note: Some(Note {
        head: "per layer",
        noun: "tasks",
        mean: "per layer",
        of: |result| added(result.counts.get("tasks")?),
    }),
    // Lines along the ground say enough, and the shape of the others is what matters.
    stretch: Stretch::Ends(400.0),
    point: |cell| lines::count(cell, "tasks"),
};

const CALLS: Panel = Panel {
    instrument: "counts",
    title: "Python calls per request",
    hint: "counted",
    note: Some(Note {
        head: "per layer",
        noun: "calls",
        mean: "per layer",
        of: |result| added(result.counts.get("python_calls")?),
    }),
    stretch: Stretch::Ends(APART),
    point: |cell| lines::count(cell, "python_calls"),
};

const INSTRUCTIONS: Panel = Panel {
    instrument: "counts",
    title: "Bytecode instructions per request",
    hint: "counted",
    note: Some(Note {
        head: "per layer",
        noun: "instructions",
        mean: "per layer",
        of: |result| added(result.counts.get("instructions")?),
    }),
    stretch: Stretch::Ends(APART),
    point: |cell| lines::count(cell, "instructions"),
};

const TOLL: Note = Note {
    head: "toll per layer",
    noun: "",
    mean: "mean toll per layer",
    of: |result| lines::toll(result.toll.as_ref()?),
};

/// What a layer adds to a count; where that grows, the power says more than a mean.
fn added(count: &CountToll) -> Option<String> {
    if count.shape.kind == ShapeKind::Superlinear {
        return view::power(&count.shape).or(Some("more and more".to_owned()));
    }
    count.toll.map(format::exact)
}

impl Panel {
    /// What stands above the notes.
    pub(super) fn note_head(&self, analysis: &Analysis) -> Option<&'static str> {
        let note = self.note.as_ref()?;
        let mut shapes = results(analysis, self.instrument).map(|result| result.shape.kind);
        let mean = shapes.any(|kind| kind == ShapeKind::Superlinear);
        Some(if mean { note.mean } else { note.head })
    }

    /// Whether any of its points has an interval.
    pub(super) fn has_bands(&self, analysis: &Analysis) -> bool {
        results(analysis, self.instrument)
            .flat_map(|result| &result.cells)
            .filter_map(self.point)
            .any(|point| point.interval.is_some())
    }
}

fn results<'a>(
    analysis: &'a Analysis,
    instrument: &'a str,
) -> impl Iterator<Item = &'a InstrumentResult> {
    analysis
        .series
        .iter()
        .filter_map(move |series| series.instruments.get(instrument))
}

fn drawn(analysis: &Analysis, instrument: &str) -> bool {
    results(analysis, instrument)
        .flat_map(|result| &result.cells)
        .any(view::has_numbers)
}

fn timed(analysis: &Analysis) -> bool {
    drawn(analysis, "direct")
}

fn counted(analysis: &Analysis) -> bool {
    has(analysis, "python_calls")
}

fn has(analysis: &Analysis, count: &str) -> bool {
    results(analysis, "counts")
        .flat_map(|result| &result.cells)
        .any(|cell| cell.counts.contains_key(count))
}

fn more_tasks(analysis: &Analysis) -> bool {
    results(analysis, "counts").any(|result| tables::grows(result, "tasks"))
}

fn waits(analysis: &Analysis) -> bool {
    tables::any_waits(analysis)
}
