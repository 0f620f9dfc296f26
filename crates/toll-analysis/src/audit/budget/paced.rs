//! Tolls round by round as multiples of the reference that was read in the same rounds.

use std::collections::{BTreeMap, BTreeSet};

use toll_core::audit::{BARE, WHOLE, cell_of, layer_of};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredSeries, Slice};
use toll_stats::quantile::median;

use crate::blocks::{BlockId, Blocks};
use crate::gauge::{ABLATION, EXCLUSIVE, Gauge};
use crate::rounds;

/// What a toll is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// The layer in that place.
    Layer(usize),
    /// All of them together.
    Total,
}

/// What one instrument says, in µs at the median pace of its rounds: what a machine would have told that was
/// always as fast as this one was in its median round.
#[derive(Debug, Clone)]
pub(super) struct Paced {
    /// The instrument.
    pub by: Instrument,
    /// What one request took through the reference, µs: the median over the rounds.
    pub reference_us: f64,
    /// The tolls, one value a round.
    tolls: BTreeMap<Of, Vec<f64>>,
}

impl Paced {
    /// What `instrument` says of `series`; `None` where no round has both a complete block and a reference.
    pub(super) fn of(series: &MeasuredSeries, instrument: Instrument) -> Option<Self> {
        let (gauge, costs): (&Gauge, Costs) = match instrument {
            Instrument::Ablation => (&ABLATION, by_ablation),
            Instrument::Exclusive => (&EXCLUSIVE, by_borders),
            _ => return None,
        };
        let references = references(series, instrument);
        let blocks = Blocks::of(series, gauge, 1);
        let read: Vec<Read> = blocks
            .complete
            .iter()
            .filter_map(|block| read(&blocks, *block, costs))
            .collect();
        let paces = paces(&read, &references);
        let rounds: BTreeSet<u32> = paces.keys().copied().collect();
        let of_reference = references.iter().map(|((round, _), us)| (*round, *us));
        let of_reference = of_reference.filter(|(round, _)| rounds.contains(round));
        let reference_us = median(&rounds::medians(of_reference))?;
        let names: BTreeSet<Of> = read
            .iter()
            .flat_map(|read| read.tolls.keys().copied())
            .collect();
        let toll = |of: Of| {
            let values = read.iter().filter_map(|read| {
                let pace = paces.get(&read.block.0)?;
                Some((
                    read.block.0,
                    read.tolls.get(&of)? / read.whole * pace * reference_us,
                ))
            });
            (of, rounds::medians(values))
        };
        Some(Self {
            by: instrument,
            reference_us,
            tolls: names.into_iter().map(toll).collect(),
        })
    }

    /// A toll, one value a round.
    pub(super) fn toll(&self, of: Of) -> Option<&[f64]> {
        self.tolls.get(&of).map(Vec::as_slice)
    }
}

/// What both instruments say, as far as they say anything.
pub(super) fn both(variants: &MeasuredSeries, borders: &MeasuredSeries) -> Vec<Paced> {
    let ablation = Paced::of(variants, Instrument::Ablation);
    let exclusive = Paced::of(borders, Instrument::Exclusive);
    ablation.into_iter().chain(exclusive).collect()
}

/// One block: what the whole took, and the tolls.
struct Read {
    block: BlockId,
    whole: f64,
    tolls: BTreeMap<Of, f64>,
}

/// The tolls of a block from what each cell took, µs.
type Costs = fn(f64, &BTreeMap<u32, f64>) -> BTreeMap<Of, f64>;

/// The whole less each variant.
fn by_ablation(whole: f64, cells: &BTreeMap<u32, f64>) -> BTreeMap<Of, f64> {
    let of = |cell: u32| match layer_of(cell) {
        Some(place) => Some(Of::Layer(place)),
        None => (cell == BARE).then_some(Of::Total),
    };
    let tolls = cells
        .iter()
        .filter_map(|(cell, us)| Some((of(*cell)?, whole - us)));
    tolls.collect()
}

/// Each layer by itself, and their sum.
fn by_borders(_: f64, cells: &BTreeMap<u32, f64>) -> BTreeMap<Of, f64> {
    let layers = cells
        .iter()
        .filter_map(|(cell, us)| Some((layer_of(*cell)?, *us)));
    let mut tolls: BTreeMap<Of, f64> = layers.map(|(place, us)| (Of::Layer(place), us)).collect();
    // One that took no part would be missing from the sum.
    let has_all = (0..tolls.len()).all(|place| cells.contains_key(&cell_of(place)));
    if has_all && !tolls.is_empty() {
        tolls.insert(Of::Total, tolls.values().sum());
    }
    tolls
}

fn read(blocks: &Blocks<'_>, block: BlockId, costs: Costs) -> Option<Read> {
    let cells: BTreeMap<u32, f64> = blocks
        .taking_part()
        .filter_map(|cell| Some((cell.cell.middlewares, cell.by_block.get(&block)?.cpu_us)))
        .collect();
    let whole = *cells.get(&WHOLE).filter(|us| **us > 0.0)?;
    Some(Read {
        block,
        whole,
        tolls: costs(whole, &cells),
    })
}

/// How many times a reference the whole takes, by round: the median over the blocks that have one.
fn paces(read: &[Read], references: &BTreeMap<BlockId, f64>) -> BTreeMap<u32, f64> {
    let mut by_round: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for read in read {
        if let Some(reference) = references.get(&read.block) {
            let of_round = by_round.entry(read.block.0).or_default();
            of_round.push(read.whole / reference);
        }
    }
    let paces = by_round.into_iter();
    paces
        .filter_map(|(round, values)| Some((round, median(&values)?)))
        .collect()
}

/// What a request took through the reference, µs, by block.
fn references(series: &MeasuredSeries, instrument: Instrument) -> BTreeMap<BlockId, f64> {
    let cells = series.cells(instrument).iter();
    let of_whole = cells.filter(|cell| cell.middlewares == WHOLE);
    let slices = of_whole.flat_map(|cell| &cell.slices);
    slices
        .filter_map(|slice| Some(((slice.round, slice.block), reference_us(slice)?)))
        .collect()
}

fn reference_us(slice: &Slice) -> Option<f64> {
    let positive = |metric| slice.readings.get(metric).filter(|value| *value > 0);
    let (ns, requests) = (
        positive(Metric::ReferenceCpuNs)?,
        positive(Metric::ReferenceRequests)?,
    );
    Some(ns as f64 / requests as f64 / 1e3)
}
