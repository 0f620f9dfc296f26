//! Series as lines: which numbers of an analysis become points.

use toll_analysis::results::{Analysis, Cell, Estimate};

use super::palette::{self, Look};
use crate::format;
use crate::view;

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
    pub(super) label: String,
    /// What stands beside the label: the toll.
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

/// Requests per second.
pub(super) fn rates(analysis: &Analysis) -> Vec<Line> {
    lines(analysis, |cell| {
        point(
            cell,
            cell.requests_per_s.as_ref(),
            cell.requests_per_s_believed,
        )
    })
}

/// Server CPU per request, µs.
pub(super) fn cpu(analysis: &Analysis) -> Vec<Line> {
    lines(analysis, |cell| {
        point(cell, cell.server_cpu_us.as_ref(), true)
    })
}

/// Every series keeps its look whether or not the ones before it have numbers.
fn lines(analysis: &Analysis, point: impl Fn(&Cell) -> Option<Point>) -> Vec<Line> {
    let all = analysis
        .series
        .iter()
        .enumerate()
        .filter_map(|(at, series)| {
            let result = view::headline(series)?;
            let points = result.cells.iter().map(&point);
            let runs: Vec<Vec<Point>> = split(points);
            let note = result
                .toll
                .as_ref()
                .filter(|toll| toll.estimate.is_finite());
            let note = note.map(note_of).unwrap_or_default();
            (!runs.is_empty()).then(|| Line {
                label: series.label.clone(),
                note,
                look: palette::look(at),
                runs,
            })
        });
    all.collect()
}

/// A toll that cannot be told from zero is given by its upper end: its estimate would say too much.
fn note_of(toll: &Estimate) -> String {
    match (toll.low, toll.high) {
        (Some(low), Some(high)) if low <= 0.0 && high > 0.0 => {
            format!("under {} µs", format::micros(high))
        }
        _ => format!("{} µs", format::micros(toll.estimate)),
    }
}

fn point(cell: &Cell, estimate: Option<&Estimate>, believed: bool) -> Option<Point> {
    let estimate = estimate.filter(|estimate| estimate.estimate.is_finite())?;
    let interval = format::bounds(estimate);
    Some(Point {
        n: f64::from(cell.middlewares),
        value: estimate.estimate,
        interval,
        believed,
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
