//! Which cells of a series take part, and which blocks are complete: the only place where samples
//! are left out, always a whole block or a whole cell, never by the size of a number.

use std::collections::{BTreeMap, BTreeSet};

use toll_core::sample::{MeasuredCell, MeasuredSeries};

use toll_stats::quantile::{mean, median};

use crate::gauge::Gauge;
use crate::reading::Reading;
use crate::rounds;

/// A cell takes part if it has a reading in at least this share of the blocks that were measured,
/// and in one of the last [`RECENT_ROUNDS`] rounds. One that died for good would otherwise leave no
/// further block complete, and take every other cell's number with it; one that failed now and then
/// costs only those blocks.
const SHARE_TO_TAKE_PART: f64 = 0.5;

/// A cell that is missing from so many rounds in a row is gone.
const RECENT_ROUNDS: usize = 2;

/// A block of the series: round, and block inside the round.
pub(crate) type BlockId = (u32, u32);

/// One cell's readings by block. A block that was measured again after a resumption counts once.
#[derive(Debug)]
pub(crate) struct CellReadings<'a> {
    /// The cell.
    pub cell: &'a MeasuredCell,
    /// Its readings.
    pub by_block: BTreeMap<BlockId, Reading>,
    /// Whether it has readings enough to stand beside the others.
    pub takes_part: bool,
}

/// A series, sorted into blocks.
#[derive(Debug)]
pub(crate) struct Blocks<'a> {
    /// Every cell, by number of middlewares.
    pub cells: Vec<CellReadings<'a>>,
    /// The blocks in which every cell that takes part has its reading, rising.
    pub complete: Vec<BlockId>,
}

impl<'a> Blocks<'a> {
    /// Sorts the slices that one instrument took of `series`, over `connections`, into blocks.
    pub(crate) fn of(series: &'a MeasuredSeries, gauge: &Gauge, connections: u32) -> Self {
        let mut cells: Vec<CellReadings<'a>> = series
            .cells(gauge.instrument)
            .iter()
            .map(|cell| readings(cell, gauge, connections))
            .collect();
        cells.sort_by_key(|readings| readings.cell.middlewares);
        let measured: BTreeSet<BlockId> = cells
            .iter()
            .flat_map(|cell| cell.by_block.keys().copied())
            .collect();
        let enough = measured.len() as f64 * SHARE_TO_TAKE_PART;
        let rounds: BTreeSet<u32> = measured.iter().map(|(round, _)| *round).collect();
        let recent: BTreeSet<u32> = rounds.into_iter().rev().take(RECENT_ROUNDS).collect();
        for cell in &mut cells {
            cell.takes_part = !cell.by_block.is_empty()
                && cell.by_block.len() as f64 >= enough
                && cell
                    .by_block
                    .keys()
                    .any(|(round, _)| recent.contains(round));
        }
        let complete = measured
            .into_iter()
            .filter(|block| {
                cells
                    .iter()
                    .filter(|cell| cell.takes_part)
                    .all(|cell| cell.by_block.contains_key(block))
            })
            .collect();
        Self { cells, complete }
    }

    /// The cells that take part.
    pub(crate) fn taking_part(&self) -> impl Iterator<Item = &CellReadings<'a>> {
        self.cells.iter().filter(|cell| cell.takes_part)
    }

    /// The numbers of middlewares that take part, rising, each once.
    pub(crate) fn levels(&self) -> Vec<u32> {
        let mut levels: Vec<u32> = self
            .taking_part()
            .map(|cell| cell.cell.middlewares)
            .collect();
        levels.dedup();
        levels
    }

    /// The rounds that have a complete block.
    pub(crate) fn complete_rounds(&self) -> usize {
        let rounds: BTreeSet<u32> = self.complete.iter().map(|(round, _)| *round).collect();
        rounds.len()
    }

    /// The rounds of which there is any slice, whether it can be used or not.
    pub(crate) fn begun_rounds(&self) -> usize {
        let slices = self.cells.iter().flat_map(|cell| &cell.cell.slices);
        let rounds: BTreeSet<u32> = slices.map(|slice| slice.round).collect();
        rounds.len()
    }

    /// The serialised latency histograms of the slices of `cell` that count.
    pub(crate) fn histograms(&self, cell: &CellReadings<'a>) -> impl Iterator<Item = &'a [u8]> {
        let slices = cell.cell.slices.iter();
        slices
            .filter(|slice| {
                self.complete
                    .binary_search(&(slice.round, slice.block))
                    .is_ok()
            })
            .filter_map(|slice| slice.latency_histogram.as_deref())
    }

    /// A value of one cell in every complete block, divided by the block's mean of that value over
    /// all cells, with the round; and the reference that it is to be multiplied with: the median
    /// over rounds of the rounds' median means. The machine's speed, which drifts, is in both and
    /// cancels, so that the cells of a series can be told apart by what is their own.
    pub(crate) fn anchored(
        &self,
        of: &CellReadings<'_>,
        value: impl Fn(&Reading) -> f64,
    ) -> Option<(Vec<(u32, f64)>, f64)> {
        let mut relative = Vec::new();
        let mut anchors = Vec::new();
        for block in &self.complete {
            let all: Vec<f64> = self
                .taking_part()
                .filter_map(|cell| cell.by_block.get(block))
                .map(&value)
                .collect();
            let anchor = mean(&all).filter(|anchor| *anchor > 0.0)?;
            let own = value(of.by_block.get(block)?);
            relative.push((block.0, own / anchor));
            anchors.push((block.0, anchor));
        }
        let reference = median(&rounds::medians(anchors))?;
        Some((relative, reference))
    }

    /// The readings of `cell` that count: those of complete blocks.
    pub(crate) fn counting<'b>(
        &'b self,
        cell: &'b CellReadings<'_>,
    ) -> impl Iterator<Item = (u32, Reading)> + 'b {
        self.complete
            .iter()
            .filter_map(|block| cell.by_block.get(block).map(|reading| (block.0, *reading)))
    }
}

fn readings<'a>(cell: &'a MeasuredCell, gauge: &Gauge, connections: u32) -> CellReadings<'a> {
    let by_block = cell
        .slices
        .iter()
        .filter_map(|slice| {
            Reading::of(slice, (gauge.cpu, gauge.signed), connections)
                .map(|reading| ((slice.round, slice.block), reading))
        })
        .collect();
    CellReadings {
        cell,
        by_block,
        takes_part: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gauge::LOAD;
    use crate::synthetic::{Synthetic, load_cells};

    #[test]
    fn a_cell_that_died_for_good_does_not_hold_up_the_others() {
        let mut series = Synthetic::default().series();
        // It lives for six of eight rounds: more than half, but not lately.
        load_cells(&mut series)[2]
            .slices
            .retain(|slice| slice.round < 6);
        let blocks = Blocks::of(&series, &LOAD, 10);
        assert_eq!(blocks.complete_rounds(), 8);
        assert!(!blocks.cells[2].takes_part);
        // Missing from the last round alone it may come back.
        let mut series = Synthetic::default().series();
        load_cells(&mut series)[2]
            .slices
            .retain(|slice| slice.round < 7);
        let blocks = Blocks::of(&series, &LOAD, 10);
        assert_eq!(blocks.complete_rounds(), 7);
        assert!(blocks.cells[2].takes_part);
    }

    #[test]
    fn a_block_that_lacks_a_cell_is_left_out_whole() {
        let mut series = Synthetic::default().series();
        load_cells(&mut series)[2]
            .slices
            .retain(|slice| (slice.round, slice.block) != (1, 2));
        let blocks = Blocks::of(&series, &LOAD, 10);
        assert_eq!(blocks.complete.len(), 8 * 4 - 1);
        assert!(!blocks.complete.contains(&(1, 2)));
        assert!(
            blocks
                .cells
                .iter()
                .all(|cell| blocks.counting(cell).count() == 31)
        );
        assert_eq!(blocks.complete_rounds(), 8);
    }

    #[test]
    fn a_cell_that_died_early_does_not_take_the_others_with_it() {
        let mut series = Synthetic::default().series();
        load_cells(&mut series)[5]
            .slices
            .retain(|slice| slice.round < 3);
        let blocks = Blocks::of(&series, &LOAD, 10);
        assert_eq!(blocks.levels(), [0, 1, 2, 5, 10]);
        assert_eq!((blocks.complete.len(), blocks.begun_rounds()), (32, 8));
        // Half is enough, and costs the blocks in which it is missing.
        let mut series = Synthetic::default().series();
        load_cells(&mut series)[5]
            .slices
            .retain(|slice| slice.round >= 4);
        let blocks = Blocks::of(&series, &LOAD, 10);
        assert_eq!((blocks.levels().len(), blocks.complete_rounds()), (6, 4));
    }
}
