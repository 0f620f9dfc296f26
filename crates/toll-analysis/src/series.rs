//! One series: from its samples to its result.

use std::collections::BTreeMap;

use toll_core::failure::Failure;
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;

use crate::blocks::Blocks;
use crate::cell;
use crate::estimate::Costs;
use crate::findings::{self, Case};
use crate::latency;
use crate::model::{self, Term};
use crate::precision;
use crate::results::{Cell, InstrumentResult, SeriesResult};
use crate::shape;

/// What `series` says; its label is set where all series are known.
pub(crate) fn result(series: &MeasuredSeries, settings: &Settings) -> SeriesResult {
    let blocks = Blocks::of(series, settings.connections);
    let costs = Costs::of(&blocks);
    let (cells, unreadable_histograms) = cells(series, &blocks);
    let load = instrument(&blocks, costs.as_ref(), cells, settings);
    let case = Case {
        series,
        settings,
        load: &load,
        costs: costs.as_ref(),
        unreadable_histograms,
    };
    let findings = findings::of_series(&case);
    let error = series
        .failure
        .clone()
        .or_else(|| all_cells_failed(&load.cells));
    let notes = series
        .notes
        .iter()
        .cloned()
        .chain(model::note(&blocks.levels()))
        .collect();
    let instruments =
        (!series.cells.is_empty()).then(|| (Instrument::Load.name().to_owned(), load));
    SeriesResult {
        label: String::new(),
        axes: series.axes.clone(),
        style: series.style.clone(),
        about: series.about.clone(),
        instruments: instruments.into_iter().collect::<BTreeMap<_, _>>(),
        findings,
        notes,
        lock: series.lock.clone(),
        server_command: series.server_command.clone(),
        switched_off: series.switched_off.clone(),
        error,
    }
}

fn cells(series: &MeasuredSeries, blocks: &Blocks<'_>) -> (Vec<Cell>, usize) {
    let mut unreadable_histograms = 0;
    let cells = blocks
        .cells
        .iter()
        .map(|of| {
            let (latency, unreadable) = latency::percentiles(blocks.histograms(of));
            unreadable_histograms += unreadable;
            let mut cell = cell::cell(blocks, of, latency.filter(|_| of.takes_part));
            if let (Some(error), Some(failure)) = (&mut cell.error, &series.failure)
                && of.cell.failures.is_empty()
            {
                error.clone_from(failure);
            }
            cell
        })
        .collect();
    (cells, unreadable_histograms)
}

fn instrument(
    blocks: &Blocks<'_>,
    costs: Option<&Costs>,
    cells: Vec<Cell>,
    settings: &Settings,
) -> InstrumentResult {
    let told = |term| costs.and_then(|costs| costs.told(term));
    let toll = costs.and_then(|costs| costs.straight.get(&Term::Toll));
    let half_width = toll.and_then(|toll| precision::relative_half_width(*toll));
    InstrumentResult {
        base: told(Term::Base),
        first_layer: costs.and_then(Costs::told_first_layer),
        toll: told(Term::Toll),
        shape: shape::shape(costs),
        rounds: blocks.complete_rounds(),
        precise: half_width.is_some_and(|half_width| half_width <= settings.precision),
        cells,
    }
}

/// A series without a single number has failed, for the reason of its first cell.
fn all_cells_failed(cells: &[Cell]) -> Option<Failure> {
    cells
        .iter()
        .all(|cell| cell.error.is_some())
        .then(|| cells.first().and_then(|cell| cell.error.clone()))
        .flatten()
}
