//! From blocks to what each layer takes, in two independent ways.

use std::collections::BTreeMap;

use toll_core::audit::{BARE, CHANGED, WHOLE, layer_of};
use toll_core::sample::MeasuredSeries;

use crate::blocks::Blocks;
use crate::estimate::{Anchors, anchors, reference_us};
use crate::gauge::{ABLATION, EXCLUSIVE};
use crate::results::Estimate;
use crate::rounds;

/// What the cells of one instrument take, µs.
#[derive(Debug, Clone, Default)]
pub(super) struct Costs {
    /// By cell.
    pub of: BTreeMap<u32, Estimate>,
    /// The whole.
    pub whole: Option<Estimate>,
    /// What variants save one by one, less what they save at once: above zero each makes others dearer.
    /// Of the same blocks as all else, because every difference has the same whole in it.
    pub in_company: Option<Estimate>,
    /// Rounds with a complete block.
    pub rounds: usize,
}

/// The whole less each variant: taken in every block relative to the block's mean, whose drift cancels;
/// the median over a round, Hodges & Lehmann over the rounds.
pub(super) fn by_ablation(series: &MeasuredSeries) -> Costs {
    differences(&Blocks::of(series, &ABLATION, 1))
}

/// The same out of the blocks of any instrument.
pub(super) fn differences(blocks: &Blocks<'_>) -> Costs {
    told(blocks, &anchors(blocks), |whole, variant| whole - variant)
}

/// Each layer by itself, in the same way relative to the whole of its own slice.
pub(super) fn by_borders(series: &MeasuredSeries) -> Costs {
    let blocks = Blocks::of(series, &EXCLUSIVE, 1);
    let whole = blocks
        .taking_part()
        .find(|cell| cell.cell.middlewares == WHOLE);
    let anchors: Anchors = whole.map_or_else(Anchors::new, |whole| {
        let of = whole.by_block.iter();
        of.map(|(block, reading)| (*block, reading.cpu_us))
            .collect()
    });
    Costs {
        // Read by themselves, layers save nothing.
        in_company: None,
        ..told(&blocks, &anchors, |_, layer| layer)
    }
}

fn told(blocks: &Blocks<'_>, anchors: &Anchors, value: fn(f64, f64) -> f64) -> Costs {
    let Some(reference_us) = reference_us(anchors) else {
        return Costs::default();
    };
    let of_block = |cell: u32, block| {
        let found = blocks
            .taking_part()
            .find(|of| of.cell.middlewares == cell)?;
        found.by_block.get(&block).map(|reading| reading.cpu_us)
    };
    let located = |value: &dyn Fn((u32, u32)) -> Option<f64>| {
        let values = blocks
            .complete
            .iter()
            .filter_map(|block| Some((block.0, value(*block)? / anchors.get(block)?)));
        let location = rounds::locate(values)?;
        Some(rounds::told(location.scaled(reference_us), "us"))
    };
    let cells = blocks.taking_part().map(|cell| cell.cell.middlewares);
    let of = cells.filter(|cell| *cell != WHOLE).filter_map(|cell| {
        let told = located(&|block| Some(value(of_block(WHOLE, block)?, of_block(cell, block)?)))?;
        Some((cell, told))
    });
    let layers: Vec<u32> = blocks
        .taking_part()
        .map(|cell| cell.cell.middlewares)
        .filter(|cell| layer_of(*cell).is_some())
        .collect();
    let in_company = |block| {
        let (whole, bare) = (of_block(WHOLE, block)?, of_block(BARE, block)?);
        let saved = |cell: &u32| Some(value(whole, of_block(*cell, block)?));
        let one_by_one: Option<f64> = layers.iter().map(saved).sum();
        Some(one_by_one? - value(whole, bare))
    };
    Costs {
        in_company: located(&in_company),
        of: of.collect(),
        whole: located(&|block| of_block(WHOLE, block)),
        rounds: blocks.complete_rounds(),
    }
}

/// Half the width of the interval of the layer that is known worst, by what is asked of it: a share of
/// its own cost or of the whole, whichever is more. At 1 it is known well enough.
pub(super) fn worst(costs: &Costs, (own, of_whole): (f64, f64)) -> Option<f64> {
    let whole = costs
        .whole
        .as_ref()
        .filter(|_| !costs.of.is_empty())?
        .estimate;
    let ratio = |estimate: &Estimate| {
        Some(estimate.half_width()? / (own * estimate.estimate.abs()).max(of_whole * whole))
    };
    // What a change brings has a gate of its own.
    let layers = costs.of.iter().filter(|(cell, _)| **cell != CHANGED);
    let ratios: Option<Vec<f64>> = layers.map(|(_, cost)| ratio(cost)).collect();
    ratios.map(|ratios| ratios.into_iter().fold(0.0, f64::max))
}
