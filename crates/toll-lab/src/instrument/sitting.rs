//! What every instrument does alike in a round: saying what happens, recording what fails.

use std::collections::BTreeMap;

use toll_core::event::{Event, Step};
use toll_core::failure::Failure;
use toll_core::metric::Readings;
use toll_core::sample::{Block, Instrument, Slice};
use toll_stats::Random;

use super::Round;
use super::drive::Ahead;
use crate::bench::{Bench, CellKey, Comparison, Station};
use crate::ledger::{Ledger, LedgerError};

/// A cell, and its slice.
pub(super) type Slices = Vec<(CellKey, Slice)>;
/// A cell, and why it failed.
pub(super) type Failures = Vec<(CellKey, Failure)>;

/// One round of one comparison by one instrument while it lasts.
pub struct Sitting<'s, 'a> {
    /// What all series share.
    pub bench: &'a Bench,
    /// What is measured side by side.
    pub comparison: &'a Comparison,
    /// The instrument.
    pub instrument: Instrument,
    /// What the round starts with and what it leaves.
    pub round: &'s mut Round,
    /// What an earlier round has started for this one, or this one for the next.
    pub ahead: &'s mut Ahead<'a>,
    /// Who keeps the records.
    pub ledger: &'s mut dyn Ledger,
}

impl Sitting<'_, '_> {
    /// The random numbers of this round: every round of every comparison and instrument has an order
    /// of its own that a resumed run repeats.
    pub(super) fn random(&self) -> Random {
        self.random_of(self.round.number)
    }

    /// Those of another round.
    pub(super) fn random_of(&self, round: u32) -> Random {
        let series = (self.comparison.first().series as u64 + 1) << 32;
        let instrument = (self.instrument as u64) << 60;
        let round = u64::from(round) + 1;
        Random::from_seed(self.bench.seed ^ series ^ instrument ^ round)
    }

    /// The levels of one series that are to be measured, ascending.
    pub(super) fn levels_of(&self, station: &Station) -> Vec<u32> {
        let cells = self.round.cells.iter();
        cells
            .filter(|(series, _)| *series == station.series)
            .map(|(_, level)| *level)
            .collect()
    }

    pub(super) fn step(&mut self, step: Step) {
        self.ledger.event(Event::UnitStarted {
            label: self.comparison.label.clone(),
            instrument: self.instrument,
            round: self.round.number,
            step,
        });
    }

    /// Nothing of a series came up at all. In a later round the earlier ones stand, whatever goes
    /// wrong now; in the first the instrument has nothing to say of this series, for the reason of
    /// its lowest level: fewest layers that could be to blame.
    pub(super) fn fail_all(
        &mut self,
        station: &Station,
        failed: Failures,
    ) -> Result<(), LedgerError> {
        let lowest = failed.iter().min_by_key(|(cell, _)| *cell);
        let Some((_, failure)) = lowest.filter(|_| self.round.number == 0) else {
            return self.fail_each(failed);
        };
        let (failure, series) = (failure.clone(), station.series);
        for middlewares in self.levels_of(station) {
            let own = failed
                .iter()
                .find(|(cell, _)| *cell == (series, middlewares));
            let failure = own.map_or(&failure, |(_, own)| own);
            self.ledger
                .failure((series, self.instrument, middlewares), failure)?;
        }
        self.round.cells.retain(|(of, _)| *of != series);
        self.ledger.event(Event::SeriesFailed {
            label: station.label.clone(),
            instrument: self.instrument,
            failure,
        });
        Ok(())
    }

    /// Records failures; these cells are not measured again in this round.
    pub(super) fn fail_each(&mut self, failed: Failures) -> Result<(), LedgerError> {
        for (key, failure) in failed {
            self.round.cells.retain(|cell| *cell != key);
            let (series, middlewares) = key;
            self.ledger
                .failure((series, self.instrument, middlewares), &failure)?;
            self.ledger.event(Event::CellFailed {
                label: self.comparison.station(series).label.clone(),
                instrument: self.instrument,
                middlewares,
                failure,
            });
        }
        Ok(())
    }

    /// The slices of a block out of what was read of each cell, in the order of reading.
    pub(super) fn slices(&self, block: u32, read: Vec<(CellKey, Readings)>) -> Slices {
        let round = self.round.number;
        let slice = |(position, (key, readings)): (usize, (CellKey, Readings))| {
            let slice = Slice {
                round,
                block,
                position: position as u32,
                readings,
                latency_histogram: None,
                error_classes: Vec::new(),
            };
            (key, slice)
        };
        read.into_iter().enumerate().map(slice).collect()
    }

    /// Keeps one block, each series' part whole, or, when everything is to stop, nothing of it; then
    /// says so.
    pub(super) fn keep(
        &mut self,
        number: u32,
        blocks: u32,
        slices: Slices,
    ) -> Result<(), LedgerError> {
        if self.bench.aborted() || slices.is_empty() {
            return Ok(());
        }
        for (series, slices) in by_series(slices) {
            self.ledger.block(&Block {
                series,
                instrument: self.instrument,
                round: self.round.number,
                block: number,
                slices,
            })?;
        }
        self.ledger.event(Event::BlockDone {
            label: self.comparison.label.clone(),
            instrument: self.instrument,
            round: self.round.number,
            block: number,
            blocks,
        });
        Ok(())
    }
}

/// The slices of each series, with their numbers of middlewares.
fn by_series(slices: Slices) -> BTreeMap<usize, Vec<(u32, Slice)>> {
    let mut parts: BTreeMap<usize, Vec<(u32, Slice)>> = BTreeMap::new();
    for ((series, middlewares), slice) in slices {
        parts.entry(series).or_default().push((middlewares, slice));
    }
    parts
}
