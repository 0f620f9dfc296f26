//! One series: from its samples to its result.

use std::collections::BTreeMap;

use toll_core::failure::Failure;
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;

use crate::findings::{self, Case};
use crate::method::{Judged, METHODS};
use crate::model;
use crate::results::{Cell, InstrumentResult, SeriesResult, Shape, ShapeKind};

/// Which instrument's shape is the series', the first that knows a toll. Counts have no noise.
const SHAPE_FROM: [Instrument; 3] = [Instrument::Counts, Instrument::Load, Instrument::Direct];

/// What `series` says; its label is set where all series are known.
pub(crate) fn result(series: &MeasuredSeries, settings: &Settings) -> SeriesResult {
    let judged: BTreeMap<Instrument, Judged> = METHODS
        .iter()
        .filter(|method| !series.cells(method.instrument).is_empty())
        .map(|method| (method.instrument, judge(method.judge, series, settings)))
        .collect();
    let findings = findings::of_series(&Case {
        series,
        settings,
        judged: &judged,
    });
    SeriesResult {
        label: String::new(),
        axes: series.axes.clone(),
        style: series.style.clone(),
        about: series.about.clone(),
        shape: shape(&judged),
        findings,
        hidden_layers: series.hidden_layers.clone(),
        notes: notes(series, &judged),
        lock: series.lock.clone(),
        server_command: series.server_command.clone(),
        switched_off: series.switched_off.clone(),
        error: nothing_at_all(series, &judged),
        instruments: judged
            .into_iter()
            .map(|(instrument, judged)| (instrument.name().to_owned(), judged.result))
            .collect(),
    }
}

/// What the series failed of is the reason of every cell that has none of its own.
fn judge(
    judge: fn(&MeasuredSeries, &Settings) -> Judged,
    series: &MeasuredSeries,
    settings: &Settings,
) -> Judged {
    let mut judged = judge(series, settings);
    if let Some(failure) = &series.failure {
        for error in judged.result.cells.iter_mut().filter_map(not_measured) {
            error.clone_from(failure);
        }
    }
    judged
}

fn not_measured(cell: &mut Cell) -> Option<&mut Failure> {
    cell.error
        .as_mut()
        .filter(|error| error.code == "not-measured")
}

fn shape(judged: &BTreeMap<Instrument, Judged>) -> Shape {
    let results = || {
        SHAPE_FROM
            .iter()
            .filter_map(|instrument| judged.get(instrument))
            .map(|judged| &judged.result)
    };
    let clear = |result: &&InstrumentResult| {
        result.toll.is_some() && result.shape.kind != ShapeKind::Unclear
    };
    results()
        .find(clear)
        .or_else(|| results().find(|result| result.toll.is_some()))
        .or_else(|| results().next())
        .map(|result| result.shape.clone())
        .unwrap_or_default()
}

fn notes(series: &MeasuredSeries, judged: &BTreeMap<Instrument, Judged>) -> Vec<String> {
    let mut notes = series.notes.clone();
    for note in judged
        .values()
        .filter_map(|judged| model::note(&judged.levels))
    {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// A series without a single number has failed, for its own reason or that of its first cell.
fn nothing_at_all(
    series: &MeasuredSeries,
    judged: &BTreeMap<Instrument, Judged>,
) -> Option<Failure> {
    let cells = || judged.values().flat_map(|judged| &judged.result.cells);
    if cells().any(|cell| cell.error.is_none()) {
        return None;
    }
    series
        .failure
        .clone()
        .or_else(|| cells().next().and_then(|cell| cell.error.clone()))
}
