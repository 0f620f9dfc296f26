//! From repeats to ranges: what was counted in each cell, and why it differs if it does.

use std::collections::{BTreeMap, BTreeSet};

use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredCell, MeasuredSeries, Slice};

use crate::cell;
use crate::results::{Cell, Count};

/// What makes a count differ between equal requests: the event that betrays it, and its name. The
/// first one that happened in a cell is told.
const CAUSES: [(Metric, &str); 4] = [
    (Metric::GcRuns, "garbage collection"),
    (Metric::Timers, "timers"),
    (Metric::ThreadHops, "other threads"),
    // Libraries keep tasks in sets, whose order is that of memory addresses.
    (Metric::Tasks, "order of tasks"),
];

/// The cause where none of them happened.
const NO_CAUSE: &str = "unknown";

/// One cell and what was counted in it.
pub(super) struct Counted<'a> {
    cell: &'a MeasuredCell,
    /// The range of each metric over all repeats and rounds.
    pub counts: BTreeMap<Metric, Count>,
    repeats: usize,
    rounds: BTreeSet<u32>,
}

impl<'a> Counted<'a> {
    /// Every cell of `series`, by number of middlewares.
    pub(super) fn cells(series: &'a MeasuredSeries) -> Vec<Self> {
        let mut cells: Vec<Self> = series
            .cells(Instrument::Counts)
            .iter()
            .map(Self::of)
            .collect();
        cells.sort_by_key(Self::middlewares);
        cells
    }

    fn of(cell: &'a MeasuredCell) -> Self {
        let counting = || cell.slices.iter().filter(|slice| holds_a_count(slice));
        Self {
            cell,
            counts: Metric::counts()
                .filter_map(|metric| Some((metric, range(&cell.slices, metric)?)))
                .collect(),
            repeats: counting().count(),
            rounds: counting().map(|slice| slice.round).collect(),
        }
    }

    /// The number of middlewares.
    pub(super) fn middlewares(&self) -> u32 {
        self.cell.middlewares
    }

    /// How often it was counted.
    pub(super) fn repeats(&self) -> usize {
        self.repeats
    }

    /// The cell as it is told.
    pub(super) fn cell(&self) -> Cell {
        Cell {
            counts: self
                .counts
                .iter()
                .map(|(metric, count)| (metric.name().to_owned(), count.clone()))
                .collect(),
            slices: self.repeats,
            rounds: self.rounds.len(),
            error: self.counts.is_empty().then(|| why_not(self.cell)),
            ..cell::recorded(self.cell)
        }
    }
}

/// How many rounds have a count of any cell.
pub(super) fn rounds(cells: &[Counted<'_>]) -> usize {
    let rounds: BTreeSet<u32> = cells
        .iter()
        .flat_map(|cell| &cell.rounds)
        .copied()
        .collect();
    rounds.len()
}

/// How many rounds have a slice, whether it holds a count or not.
pub(super) fn begun_rounds(cells: &[MeasuredCell]) -> usize {
    let slices = cells.iter().flat_map(|cell| &cell.slices);
    let rounds: BTreeSet<u32> = slices.map(|slice| slice.round).collect();
    rounds.len()
}

fn holds_a_count(slice: &Slice) -> bool {
    Metric::counts().any(|metric| slice.readings.get(metric).is_some())
}

fn readings(slices: &[Slice], metric: Metric) -> impl Iterator<Item = i64> + Clone {
    slices
        .iter()
        .filter_map(move |slice| slice.readings.get(metric))
}

/// The range of one metric. A time is no count: what disturbs it only adds, so its lowest reading
/// is told.
fn range(slices: &[Slice], metric: Metric) -> Option<Count> {
    let found = readings(slices, metric);
    let low = found.clone().min()?;
    let high = if metric == Metric::BlockedNs {
        low
    } else {
        found.max()?
    };
    let cause = (low != high).then(|| cause(slices).to_owned());
    Some(Count { low, high, cause })
}

fn cause(slices: &[Slice]) -> &'static str {
    let happened = |metric| readings(slices, metric).any(|count| count > 0);
    CAUSES
        .into_iter()
        .find(|(metric, _)| happened(*metric))
        .map_or(NO_CAUSE, |(_, cause)| cause)
}

/// Why a cell has no count.
fn why_not(cell: &MeasuredCell) -> Failure {
    cell::failure_without_slices(cell).unwrap_or_else(|| {
        let repeats = cell.slices.len();
        let message = format!("Nothing could be counted in {repeats} repeats.");
        Failure::new(Stage::Measure, "not-counted", message)
    })
}
