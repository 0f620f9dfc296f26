//! Series as lines: which numbers of an analysis become points.

use toll_analysis::results::{Analysis, Cell, Estimate, SeriesResult};

use super::palette::{self, Look};
use super::panels::Panel;
use crate::format;

/// One point with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) n: f64,
    pub(super) value: f64,
    pub(super) interval: Option<(f64, f64)>,
    pub(super) believed: bool,
}

/// One line.
pub(super) struct Line {
    /// The place of its series in the analysis.
    pub(super) at: usize,
    pub(super) label: String,
    /// What stands beside the label, such as the toll.
    pub(super) note: String,
    pub(super) look: Look,
    /// Runs of points without a missing cell between them.
    pub(super) runs: Vec<Vec<Point>>,
}

impl Line {
    /// All its points.
    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.runs.iter().flatten()
    }

    /// Where it ends.
    pub(super) fn end(&self) -> Option<&Point> {
        self.runs.last().and_then(|run| run.last())
    }
}

/// The series of a panel. Each keeps its look whether or not the ones before it have numbers.
pub(super) fn lines(analysis: &Analysis, panel: &Panel) -> Vec<Line> {
    let line = |(at, series): (usize, &SeriesResult)| {
        let result = series.instruments.get(panel.instrument)?;
        let runs = split(result.cells.iter().map(panel.point));
        let note = panel.note.as_ref().and_then(|note| (note.of)(result));
        (!runs.is_empty()).then(|| Line {
            at,
            label: series.label.clone(),
            note: note.unwrap_or_default(),
            look: palette::look(at),
            runs,
        })
    };
    analysis
        .series
        .iter()
        .enumerate()
        .filter_map(line)
        .collect()
}

/// A toll in words. One that cannot be told from zero is given by its upper end: its estimate would
/// say too much.
pub(super) fn toll(toll: &Estimate) -> Option<String> {
    if !toll.estimate.is_finite() {
        return None;
    }
    Some(match (toll.low, toll.high) {
        (Some(low), Some(high)) if low <= 0.0 && high > 0.0 => {
            format!("under {} µs", format::micros(high))
        }
        _ => format!("{} µs", format::micros(toll.estimate)),
    })
}

/// A cell's estimate as a point.
pub(super) fn point(cell: &Cell, estimate: Option<&Estimate>) -> Option<Point> {
    let estimate = estimate.filter(|estimate| estimate.estimate.is_finite())?;
    Some(Point {
        n: f64::from(cell.middlewares),
        value: estimate.estimate,
        interval: format::bounds(estimate),
        believed: true,
    })
}

/// A number without an interval as a point.
pub(super) fn plain(cell: &Cell, value: f64) -> Option<Point> {
    value.is_finite().then(|| Point {
        n: f64::from(cell.middlewares),
        value,
        interval: None,
        believed: true,
    })
}

/// One of a cell's counts as a point; with an interval where it differs between equal requests.
pub(super) fn count(cell: &Cell, name: &str) -> Option<Point> {
    let count = cell.counts.get(name)?;
    let (low, high) = (count.low as f64, count.high as f64);
    Some(Point {
        n: f64::from(cell.middlewares),
        value: f64::midpoint(low, high),
        interval: (low < high).then_some((low, high)),
        believed: true,
    })
}

fn split(points: impl Iterator<Item = Option<Point>>) -> Vec<Vec<Point>> {
    let mut runs = vec![Vec::new()];
    for point in points {
        match (point, runs.last_mut()) {
            (Some(point), Some(run)) => run.push(point),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
