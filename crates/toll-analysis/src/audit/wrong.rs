//! What went wrong: why there is no number, and whether those that there are can be believed.

use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredCell, MeasuredSeries};

use super::findings::OTHER_ANSWERS;
use super::results::LayerAudit;
use crate::results::{Confidence, Finding};

/// Up to this share of requests that are answered otherwise than the first are nothing to speak of.
const FEW: f64 = 0.01;

/// Every cell that was timed.
fn timed(series: [&MeasuredSeries; 2]) -> impl Iterator<Item = &MeasuredCell> {
    let instruments = series.into_iter().flat_map(|series| &series.instruments);
    instruments
        .filter(|(instrument, _)| **instrument != Instrument::Counts)
        .flat_map(|(_, cells)| cells)
}

/// Requests that were answered otherwise than the first, and all.
fn answered_otherwise(series: [&MeasuredSeries; 2]) -> (i64, i64) {
    let slices = || timed(series).flat_map(|cell| &cell.slices);
    let sum = |metric| -> i64 {
        slices()
            .filter_map(|slice| slice.readings.get(metric))
            .sum()
    };
    (sum(Metric::Failed), sum(Metric::Sent))
}

/// Why the clock has no number at all: the first failure of a series or of one of its cells, or that
/// requests were answered otherwise than the first one.
pub(super) fn error(series: [&MeasuredSeries; 2]) -> Option<Failure> {
    let of_series = series.iter().find_map(|series| series.failure.clone());
    let of_cell = || timed(series).find_map(|cell| cell.failures.last().cloned());
    of_series.or_else(of_cell).or_else(|| {
        let (wrong, all) = answered_otherwise(series);
        (wrong > 0).then(|| {
            let message = format!(
                "{wrong} of {all} requests were answered otherwise than the first one: it cannot be repeated"
            );
            Failure::new(Stage::Measure, OTHER_ANSWERS, message)
        })
    })
}

/// That requests were answered otherwise than the first one, where there are numbers all the same.
pub(super) fn other_answers(series: [&MeasuredSeries; 2]) -> Option<Finding> {
    let (wrong, all) = answered_otherwise(series);
    if wrong as f64 <= FEW * all as f64 {
        return None;
    }
    Some(Finding {
        code: OTHER_ANSWERS.to_owned(),
        title: "Not every request was answered like the first one.".to_owned(),
        evidence: format!("{wrong} of {all} were answered otherwise"),
        confidence: Confidence::Certain,
        advice: "The numbers hold their time too, and mean little: look for a limit on the rate of requests, or for what depends on the time or on earlier requests.".to_owned(),
    })
}

/// Why a layer that can be taken out has no number of its own from that.
pub(super) fn of_layer(
    variants: &MeasuredSeries,
    cell: u32,
    layer: &LayerAudit,
) -> Option<Failure> {
    if layer.ablation.is_some() || !layer.removal.is_possible() {
        return None;
    }
    let cells = variants.cells(Instrument::Ablation).iter();
    let mut of_it = cells.filter(|found| found.middlewares == cell);
    of_it.find_map(|found| found.failures.last().cloned())
}
