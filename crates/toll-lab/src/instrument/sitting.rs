//! What every instrument does alike in a round: saying what happens, recording what fails.

use toll_core::event::{Event, Step};
use toll_core::failure::Failure;
use toll_core::metric::Readings;
use toll_core::sample::{Block, Instrument, Slice};
use toll_stats::Random;

use super::Round;
use crate::bench::{Bench, Station};
use crate::ledger::{Ledger, LedgerError};

/// Number of middlewares, and the slice of that cell.
pub(super) type Slices = Vec<(u32, Slice)>;
/// Number of middlewares, and why that cell failed.
pub(super) type Failures = Vec<(u32, Failure)>;

/// One round of one series by one instrument while it lasts.
pub struct Sitting<'a> {
    /// What all series share.
    pub bench: &'a Bench,
    /// The series.
    pub station: &'a Station,
    /// The instrument.
    pub instrument: Instrument,
    /// What the round starts with and what it leaves.
    pub round: &'a mut Round,
    /// Who keeps the records.
    pub ledger: &'a mut dyn Ledger,
}

impl Sitting<'_> {
    /// The random numbers of this round: every round of every series and instrument has an order of
    /// its own that a resumed run repeats.
    pub(super) fn random(&self) -> Random {
        let series = (self.station.series as u64 + 1) << 32;
        let instrument = (self.instrument as u64) << 60;
        let round = u64::from(self.round.number) + 1;
        Random::from_seed(self.bench.seed ^ series ^ instrument ^ round)
    }

    pub(super) fn step(&mut self, step: Step) {
        self.ledger.event(Event::UnitStarted {
            label: self.station.label.clone(),
            instrument: self.instrument,
            round: self.round.number,
            step,
        });
    }

    /// Nothing came up at all. In a later round the earlier ones stand, whatever goes wrong now; in
    /// the first the instrument has nothing to say of this series, for the reason of its lowest
    /// level: fewest layers that could be to blame.
    pub(super) fn fail_all(&mut self, failed: Failures) -> Result<(), LedgerError> {
        let lowest = failed.iter().min_by_key(|(middlewares, _)| *middlewares);
        let Some((_, failure)) = lowest.filter(|_| self.round.number == 0) else {
            return self.fail_each(failed);
        };
        let (failure, series) = (failure.clone(), self.station.series);
        for middlewares in std::mem::take(&mut self.round.levels) {
            let own = failed.iter().find(|(level, _)| *level == middlewares);
            let failure = own.map_or(&failure, |(_, own)| own);
            self.ledger
                .failure((series, self.instrument, middlewares), failure)?;
        }
        self.ledger.event(Event::SeriesFailed {
            label: self.station.label.clone(),
            instrument: self.instrument,
            failure,
        });
        Ok(())
    }

    /// Records failures; these cells are not measured again in this round.
    pub(super) fn fail_each(&mut self, failed: Failures) -> Result<(), LedgerError> {
        for (middlewares, failure) in failed {
            self.round.levels.retain(|level| *level != middlewares);
            self.ledger.failure(
                (self.station.series, self.instrument, middlewares),
                &failure,
            )?;
            self.ledger.event(Event::CellFailed {
                label: self.station.label.clone(),
                instrument: self.instrument,
                middlewares,
                failure,
            });
        }
        Ok(())
    }

    /// The slices of a block out of what was read of each cell, in the order of reading.
    pub(super) fn slices(&self, block: u32, read: Vec<(u32, Readings)>) -> Slices {
        let round = self.round.number;
        let slice = |(position, (middlewares, readings)): (usize, (u32, Readings))| {
            let slice = Slice {
                round,
                block,
                position: position as u32,
                readings,
                latency_histogram: None,
                error_classes: Vec::new(),
            };
            (middlewares, slice)
        };
        read.into_iter().enumerate().map(slice).collect()
    }

    /// Keeps one block whole, or, when everything is to stop, not at all; then says so.
    pub(super) fn keep(
        &mut self,
        number: u32,
        blocks: u32,
        slices: Slices,
    ) -> Result<(), LedgerError> {
        if self.bench.aborted() || slices.is_empty() {
            return Ok(());
        }
        self.ledger.block(&Block {
            series: self.station.series,
            instrument: self.instrument,
            round: self.round.number,
            block: number,
            slices,
        })?;
        self.ledger.event(Event::BlockDone {
            label: self.station.label.clone(),
            instrument: self.instrument,
            round: self.round.number,
            block: number,
            blocks,
        });
        Ok(())
    }
}
