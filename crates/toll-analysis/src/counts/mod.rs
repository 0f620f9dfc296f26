//! Events of one request, counted exactly.

mod curve;
mod ranges;
mod told;

use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;

use crate::counts::ranges::Counted;
use crate::counts::told::Told;
use crate::method::Judged;
use crate::precision::Precision;
use crate::results::{Cell, CountToll, InstrumentResult, Shape, ShapeKind};

/// The count that speaks for all: every layer is at least one call.
pub(crate) const HEADLINE: Metric = Metric::PythonCalls;

/// The counts by which a shape is told; where one of them is bent, the series is.
pub(crate) const SHAPE_BY: [Metric; 4] = [
    HEADLINE,
    Metric::Tasks,
    Metric::LoopCallbacks,
    Metric::Instructions,
];

/// What the repeats of `series` say.
pub(crate) fn judge(series: &MeasuredSeries, _: &Settings) -> Judged {
    let counted = Counted::cells(series);
    let told: Vec<Told> = Metric::counts()
        .filter_map(|metric| Told::of(metric, &counted))
        .collect();
    let headline = told.iter().find(|told| told.metric == HEADLINE);
    let result = InstrumentResult {
        base: headline.and_then(Told::base),
        first_layer: headline.and_then(Told::first_layer),
        toll: headline.and_then(Told::toll),
        shape: shape(&told),
        rounds: ranges::rounds(&counted),
        precise: headline.is_some_and(|told| told.is_exact && told.toll().is_some()),
        counts: told.iter().map(named).collect(),
        cells: counted.iter().map(Counted::cell).collect(),
        ..InstrumentResult::default()
    };
    Judged {
        levels: levels(&result.cells),
        result,
        costs: None,
        unreadable_histograms: 0,
    }
}

/// Counting is done after `count_rounds` rounds: more of them add nothing that is exact.
pub(crate) fn precision(series: &MeasuredSeries, settings: &Settings) -> Precision {
    let begun = ranges::begun_rounds(series.cells(Instrument::Counts));
    Precision {
        rounds: ranges::rounds(&Counted::cells(series)),
        half_width: None,
        done: begun >= settings.count_rounds as usize,
    }
}

fn named(told: &Told) -> (String, CountToll) {
    (told.metric.name().to_owned(), told.count_toll())
}

fn levels(cells: &[Cell]) -> Vec<u32> {
    let mut levels: Vec<u32> = cells
        .iter()
        .filter(|cell| cell.error.is_none())
        .map(|cell| cell.middlewares)
        .collect();
    levels.dedup();
    levels
}

/// That of the calls, unless something else that matters is bent and they are not.
fn shape(told: &[Told]) -> Shape {
    let shapes: Vec<Shape> = SHAPE_BY
        .iter()
        .filter_map(|metric| told.iter().find(|told| told.metric == *metric))
        .map(|told| told.count_toll().shape)
        .collect();
    let bent = shapes
        .iter()
        .find(|shape| shape.kind == ShapeKind::Superlinear);
    bent.or(shapes.first()).cloned().unwrap_or_default()
}
