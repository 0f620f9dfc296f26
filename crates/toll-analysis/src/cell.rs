//! One cell's own numbers.

use std::collections::BTreeMap;

use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::MeasuredCell;
use toll_stats::quantile::median;

use crate::blocks::{Blocks, CellReadings};
use crate::gauge::Gauge;
use crate::reading::Reading;
use crate::results::{Cell, Estimate, Latency, Saturated};
use crate::rounds;

/// The share of a core from which on a side counts as saturated: the loss of a few percent to the
/// other side's wake-ups is normal, more than that means that it waited for something.
pub(crate) const SATURATED_FROM: f64 = 0.90;

/// What the slices of one cell say, for the gauge that tells it.
pub(crate) struct Numbers<'a> {
    blocks: &'a Blocks<'a>,
    of: &'a CellReadings<'a>,
    readings: Vec<(u32, Reading)>,
}

impl<'a> Numbers<'a> {
    fn of(blocks: &'a Blocks<'a>, of: &'a CellReadings<'a>) -> Self {
        let readings = if of.takes_part {
            blocks.counting(of).collect()
        } else {
            Vec::new()
        };
        Self {
            blocks,
            of,
            readings,
        }
    }

    /// A value with its interval, which says how well the cell is known beside the others of its
    /// series.
    pub(crate) fn estimate(&self, unit: &str, value: impl Fn(&Reading) -> f64) -> Option<Estimate> {
        let anchored = self.blocks.anchored(self.of, value);
        let (relative, reference) = anchored.filter(|_| self.of.takes_part)?;
        let location = rounds::locate(relative)?;
        Some(rounds::told(location.scaled(reference), unit))
    }

    /// The median over all slices that have the value.
    pub(crate) fn median(&self, value: impl Fn(&Reading) -> Option<f64>) -> Option<f64> {
        let values: Vec<f64> = self
            .readings
            .iter()
            .filter_map(|(_, reading)| value(reading))
            .collect();
        median(&values)
    }

    fn rounds(&self) -> usize {
        let costs = self.readings.iter();
        rounds::medians(costs.map(|(round, reading)| (*round, reading.cpu_us))).len()
    }

    fn resident_bytes(&self) -> Option<u64> {
        let sizes = self
            .readings
            .iter()
            .filter_map(|(round, reading)| reading.resident_bytes.map(|bytes| (*round, bytes)));
        median(&rounds::medians(sizes)).map(|bytes| bytes.round() as u64)
    }
}

/// The numbers of one cell as its instrument tells them. `latency` was read from its histograms.
pub(crate) fn cell(
    gauge: &Gauge,
    blocks: &Blocks<'_>,
    of: &CellReadings<'_>,
    latency: Option<Latency>,
) -> Cell {
    let numbers = Numbers::of(blocks, of);
    let mut cell = Cell {
        latency,
        resident_bytes: numbers.resident_bytes(),
        slices: numbers.readings.len(),
        rounds: numbers.rounds(),
        error: (!of.takes_part).then(|| why_not(of.cell)),
        ..recorded(of.cell)
    };
    (gauge.tell)(&mut cell, &numbers);
    cell
}

/// What can be told of a cell without judging its slices.
pub(crate) fn recorded(cell: &MeasuredCell) -> Cell {
    Cell {
        middlewares: cell.middlewares,
        requests: total(cell, Metric::Ok),
        errors: errors(cell),
        ..Cell::default()
    }
}

/// How many requests of the cell failed, of any class.
pub(crate) fn failed_requests(cell: &MeasuredCell) -> u64 {
    let classified = added(classified(cell).map(|(_, count)| count));
    classified.max(total(cell, Metric::Failed))
}

/// Who was the bottleneck.
pub(crate) fn saturated(server: f64, client: Option<f64>) -> Saturated {
    if server >= SATURATED_FROM {
        Saturated::Server
    } else if client.is_some_and(|client| client >= SATURATED_FROM) {
        Saturated::Generator
    } else {
        Saturated::Neither
    }
}

fn total(cell: &MeasuredCell, metric: Metric) -> u64 {
    let counts = cell
        .slices
        .iter()
        .filter_map(|slice| slice.readings.get(metric));
    added(counts.filter_map(|count| u64::try_from(count).ok()))
}

/// The sum of counts that were read from a store, which may hold anything.
pub(crate) fn added(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

/// Failed requests by class; those that no class was recorded for are `unclassified`.
fn errors(cell: &MeasuredCell) -> BTreeMap<String, u64> {
    let mut errors = BTreeMap::new();
    for (class, count) in classified(cell).filter(|(_, count)| *count > 0) {
        let sum: &mut u64 = errors.entry(class.to_owned()).or_insert(0);
        *sum = sum.saturating_add(count);
    }
    let unclassified = failed_requests(cell) - added(errors.values().copied());
    if unclassified > 0 {
        errors.insert("unclassified".to_owned(), unclassified);
    }
    errors
}

fn classified(cell: &MeasuredCell) -> impl Iterator<Item = (&str, u64)> {
    let classes = cell.slices.iter().flat_map(|slice| &slice.error_classes);
    classes.map(|(class, count)| (class.as_str(), *count))
}

/// Why a cell that does not take part has no number.
fn why_not(cell: &MeasuredCell) -> Failure {
    if let Some(failure) = failure_without_slices(cell) {
        return failure;
    }
    let (code, message) = match (cell.slices.len(), total(cell, Metric::Ok)) {
        (slices, 0) => (
            "no-right-answer",
            format!("No request was answered rightly in {slices} slices."),
        ),
        (slices, _) => (
            "too-few-slices",
            format!(
                "Only {slices} slices were measured, less than half of the other cells': they are not compared."
            ),
        ),
    };
    Failure::new(Stage::Measure, code, message)
}

/// The failure of a cell that recorded one, or that has no slices.
pub(crate) fn failure_without_slices(cell: &MeasuredCell) -> Option<Failure> {
    let not_measured = || {
        Failure::new(
            Stage::Measure,
            "not-measured",
            "The run ended before this cell was measured.",
        )
    };
    let recorded = cell.failures.last().cloned();
    recorded.or_else(|| cell.slices.is_empty().then(not_measured))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gauge::LOAD;
    use crate::synthetic::{Synthetic, load_cells};

    #[test]
    fn a_cell_tells_its_planted_numbers() {
        let synthetic = Synthetic {
            noiseless: true,
            ..Synthetic::default()
        };
        let series = synthetic.series();
        let blocks = Blocks::of(&series, &LOAD, 10);
        let cell = cell(&LOAD, &blocks, &blocks.cells[4], None);
        let cpu = cell.server_cpu_us.unwrap();
        assert!((cpu.estimate - 100.0).abs() < 0.01);
        assert!(cpu.low.is_some() && cpu.confidence > 0.95);
        assert!((cell.requests_per_s.unwrap().estimate - 9_700.0).abs() < 1.0);
        assert!(cell.requests_per_s_believed);
        assert!((cell.littles_law_ratio.unwrap() - 1.0).abs() < 1e-3);
        assert_eq!(
            (cell.slices, cell.rounds, cell.resident_bytes),
            (32, 8, Some(60_000_000))
        );
        assert_eq!(
            (cell.error, cell.errors.len(), cell.requests),
            (None, 0, 32 * 485)
        );
    }

    #[test]
    fn the_rate_of_windows_stands_beside_the_rate_that_was_held() {
        let mut series = Synthetic {
            noiseless: true,
            ..Synthetic::default()
        }
        .series();
        for slice in load_cells(&mut series)
            .iter_mut()
            .flat_map(|cell| &mut cell.slices)
        {
            slice.readings.set(Metric::WindowRateP99, 19_400_000);
        }
        let blocks = Blocks::of(&series, &LOAD, 10);
        let windows = cell(&LOAD, &blocks, &blocks.cells[4], None)
            .window_rate
            .unwrap();
        assert_eq!(windows.p99_requests_per_s, 19_400.0);
        assert!((windows.over_rate - 2.0).abs() < 1e-3);
        let plain = Synthetic::default().series();
        let blocks = Blocks::of(&plain, &LOAD, 10);
        assert_eq!(
            cell(&LOAD, &blocks, &blocks.cells[4], None).window_rate,
            None
        );
    }

    #[test]
    fn who_waited_is_told_apart() {
        assert_eq!(saturated(0.97, Some(0.99)), Saturated::Server);
        assert_eq!(saturated(0.7, Some(0.95)), Saturated::Generator);
        assert_eq!(saturated(0.7, Some(0.3)), Saturated::Neither);
        assert_eq!(saturated(0.7, None), Saturated::Neither);
    }

    #[test]
    fn every_failed_request_has_a_class() {
        let mut cell = load_cells(&mut Synthetic::default().series()).remove(0);
        cell.slices[0].readings.set(Metric::Failed, 5);
        cell.slices[0].error_classes = vec![("timeout".to_owned(), 2)];
        cell.slices[3].error_classes = vec![("timeout".to_owned(), 1), ("reset".to_owned(), 0)];
        assert_eq!(
            errors(&cell),
            [("timeout".to_owned(), 3), ("unclassified".to_owned(), 2)]
                .into_iter()
                .collect()
        );
        assert_eq!(failed_requests(&cell), 5);
    }

    #[test]
    fn a_cell_without_numbers_says_why() {
        let mut cell = MeasuredCell::default();
        assert_eq!(why_not(&cell).code, "not-measured");
        let mut series = Synthetic {
            rounds: 1,
            ..Synthetic::default()
        }
        .series();
        cell.slices = load_cells(&mut series).remove(0).slices;
        assert_eq!(why_not(&cell).code, "too-few-slices");
        cell.slices
            .iter_mut()
            .for_each(|slice| slice.readings.set(Metric::Ok, 0));
        assert_eq!(why_not(&cell).code, "no-right-answer");
        cell.failures.push(Failure::new(
            Stage::Verify,
            "layers-dropped",
            "1 of 5 layers",
        ));
        assert_eq!(why_not(&cell).code, "layers-dropped");
    }
}
