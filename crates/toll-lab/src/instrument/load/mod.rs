//! The load instrument: a real server process under HTTP load from this process, on another core.

mod slice;

use std::time::Duration;

use toll_core::event::{Event, Step};
use toll_core::failure::{Failure, Stage};
use toll_core::sample::{Block, Slice};
use toll_stats::Random;

use super::rise::{Risen, rise};
use super::{Measure, Round};
use crate::bench::{Bench, Station};
use crate::cores::Bound;
use crate::ledger::{Ledger, LedgerError};
use crate::process::tree::Groups;
use crate::serving::Living;

/// The instrument.
pub(super) struct Load;

impl Measure for Load {
    fn round(
        &self,
        bench: &Bench,
        station: &Station,
        round: &mut Round,
        ledger: &mut dyn Ledger,
    ) -> Result<(), LedgerError> {
        let mut random = random_of(bench, station, round.number);
        let cells = Vec::new();
        let mut sitting = Sitting {
            bench,
            station,
            round,
            ledger,
            cells,
        };
        sitting.begin(&mut random)?;
        if sitting.cells.is_empty() || bench.aborted() {
            return Ok(());
        }
        let _bound = Bound::to(bench.cores.generator);
        sitting.warm_up()?;
        sitting.step(Step::Measuring);
        for number in 0..bench.settings.blocks {
            if bench.aborted() || sitting.cells.is_empty() {
                break;
            }
            random.shuffle(&mut sitting.cells);
            sitting.block(number)?;
        }
        Ok(())
    }
}

/// Every round of every series has a random order of its own that a resumed run repeats.
fn random_of(bench: &Bench, station: &Station, round: u32) -> Random {
    Random::from_seed(bench.seed ^ ((station.series as u64 + 1) << 32) ^ (u64::from(round) + 1))
}

/// Number of middlewares, and the slice of that cell.
type Slices = Vec<(u32, Slice)>;
/// Number of middlewares, and why that cell failed.
type Failures = Vec<(u32, Failure)>;

/// One round of one series while it lasts.
struct Sitting<'a> {
    bench: &'a Bench,
    station: &'a Station,
    round: &'a mut Round,
    ledger: &'a mut dyn Ledger,
    /// The cells whose servers live, in the order of the next block.
    cells: Vec<Living>,
}

impl Sitting<'_> {
    fn step(&mut self, step: Step) {
        let (label, round) = (self.station.label.clone(), self.round.number);
        self.ledger.event(Event::UnitStarted { label, round, step });
    }

    /// Brings the servers up and admits those whose answer is right.
    fn begin(&mut self, random: &mut Random) -> Result<(), LedgerError> {
        self.step(Step::Starting);
        let levels = self.round.levels.clone();
        let hash_seed = random.next_u64() as u32;
        let risen = rise(self.bench, self.station, &levels, hash_seed);
        let hopeless = risen.is_hopeless(&levels) && !self.bench.aborted();
        let Risen { living, failed } = risen;
        // In a later round the earlier ones stand, whatever goes wrong now.
        if hopeless && self.round.number == 0 {
            self.round.levels.clear();
            return self.fail_series(failed);
        }
        self.fail_each(failed)?;
        self.admit(living)
    }

    /// Where no server came up, the series has failed, not each of its cells. The lowest level tells
    /// the most: fewest layers that could be to blame.
    fn fail_series(&mut self, failed: Failures) -> Result<(), LedgerError> {
        let lowest = failed
            .into_iter()
            .min_by_key(|(middlewares, _)| *middlewares);
        let Some((_, failure)) = lowest else {
            return Ok(());
        };
        self.ledger.failure(self.station.series, None, &failure)?;
        self.ledger.event(Event::SeriesFailed {
            label: self.station.label.clone(),
            failure,
        });
        Ok(())
    }

    /// Records failures; these cells are not measured again in this round.
    fn fail_each(&mut self, failed: Failures) -> Result<(), LedgerError> {
        for (middlewares, failure) in failed {
            self.cells.retain(|cell| cell.middlewares != middlewares);
            self.round.levels.retain(|level| *level != middlewares);
            self.ledger
                .failure(self.station.series, Some(middlewares), &failure)?;
            let label = self.station.label.clone();
            self.ledger.event(Event::CellFailed {
                label,
                middlewares,
                failure,
            });
        }
        Ok(())
    }

    /// Binds the servers to their core.
    fn admit(&mut self, living: Vec<Living>) -> Result<(), LedgerError> {
        let mut failed = Vec::new();
        let groups = Groups::look();
        for mut cell in living {
            match settle(&mut cell, self.bench, self.station, &groups) {
                Ok(()) => self.cells.push(cell),
                Err(failure) => failed.push((cell.middlewares, failure)),
            }
        }
        // Which server came up first is chance; the orders that follow must depend on the seed alone.
        self.cells.sort_by_key(|cell| cell.middlewares);
        self.fail_each(failed)
    }

    fn warm_up(&mut self) -> Result<(), LedgerError> {
        self.step(Step::WarmingUp);
        let duration = Duration::from_millis(self.bench.settings.warmup_ms);
        let mut failed = Vec::new();
        for cell in &mut self.cells {
            match slice::send(self.bench, cell, duration) {
                Ok(outcome) => self.round.generator_cpu_ns += outcome.client_cpu_ns,
                Err(failure) => failed.push((cell.middlewares, failure)),
            }
        }
        self.fail_each(failed)
    }

    /// One block: every living cell once. It is kept whole, or, when everything is to stop, not at all.
    fn block(&mut self, number: u32) -> Result<(), LedgerError> {
        let (slices, failed) = self.slices(number);
        if self.bench.aborted() {
            return Ok(());
        }
        let (series, round) = (self.station.series, self.round.number);
        self.ledger.block(&Block {
            series,
            round,
            block: number,
            slices,
        })?;
        self.fail_each(failed)?;
        let (label, blocks) = (self.station.label.clone(), self.bench.settings.blocks);
        self.ledger.event(Event::BlockDone {
            label,
            round,
            block: number,
            blocks,
        });
        Ok(())
    }

    /// The slices of a block, and the cells that failed in it.
    fn slices(&mut self, number: u32) -> (Slices, Failures) {
        let (mut slices, mut failed) = (Vec::new(), Vec::new());
        for (position, cell) in self.cells.iter_mut().enumerate() {
            match slice::take(self.bench, cell) {
                Ok(taken) => {
                    self.round.generator_cpu_ns += taken.generator_cpu_ns;
                    let place = (self.round.number, number, position as u32);
                    slices.push((cell.middlewares, taken.at(place)));
                }
                Err(failure) => failed.push((cell.middlewares, failure)),
            }
        }
        self.look_at_trees(number, &mut slices, &mut failed);
        (slices, failed)
    }

    /// After the slices of a block: a tree that has changed invalidates the cell's slice, and in the
    /// last block the memory is read.
    fn look_at_trees(&self, number: u32, slices: &mut Slices, failed: &mut Failures) {
        let groups = Groups::look();
        let last = number + 1 == self.bench.settings.blocks;
        slices.retain_mut(|(middlewares, slice)| {
            let Some(cell) = self
                .cells
                .iter()
                .find(|cell| cell.middlewares == *middlewares)
            else {
                return false;
            };
            match slice::look_at_tree(cell, &groups, last.then_some(&mut slice.readings)) {
                Ok(()) => true,
                Err(failure) => {
                    failed.push((*middlewares, failure));
                    false
                }
            }
        });
    }
}

/// Takes note of a server's processes and binds them to their core.
fn settle(
    cell: &mut Living,
    bench: &Bench,
    station: &Station,
    groups: &Groups,
) -> Result<(), Failure> {
    cell.server
        .settle(bench.cores.server, groups)
        .map_err(|error| {
            let message = format!("the server could not be bound to its core: {error}");
            Failure::new(Stage::Start, "not-bound", message)
        })?;
    let (seen, expected) = (cell.server.processes(), station.server.processes as usize);
    if seen < expected {
        let message = format!(
            "the server answers with {seen} of its {expected} processes in sight: their CPU would be missed"
        );
        return Err(
            Failure::new(Stage::Start, "process-missing", message).with_log(cell.server.log_tail())
        );
    }
    Ok(())
}
