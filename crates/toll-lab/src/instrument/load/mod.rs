//! The load instrument: a real server process under HTTP load from another core: from this process, or
//! from a program that is started for each slice.

mod sender;
mod slice;

use toll_core::event::Step;
use toll_core::failure::{Failure, Stage};
use toll_stats::Random;

use super::Measure;
use super::rise::{Risen, rise};
use super::sitting::{Failures, Sitting, Slices};
use crate::bench::{Bench, Station};
use crate::cores::Bound;
use crate::ledger::LedgerError;
use crate::process::tree::Groups;
use crate::serving::Living;

/// The instrument.
pub(super) struct Load;

impl Measure for Load {
    fn round(&self, sitting: &mut Sitting<'_, '_>) -> Result<(), LedgerError> {
        let bench = sitting.bench;
        let mut random = sitting.random();
        let mut servers = Servers {
            sitting,
            cells: Vec::new(),
        };
        servers.begin(&mut random)?;
        if servers.cells.is_empty() || bench.aborted() {
            return Ok(());
        }
        let _bound = Bound::to(bench.cores.generator);
        servers.warm_up()?;
        servers.sitting.step(Step::Measuring);
        for number in 0..bench.settings.blocks {
            if bench.aborted() || servers.cells.is_empty() {
                break;
            }
            random.shuffle(&mut servers.cells);
            servers.block(number)?;
        }
        Ok(())
    }
}

/// The servers of one round.
struct Servers<'s, 'r, 'a> {
    sitting: &'s mut Sitting<'r, 'a>,
    /// The cells whose servers live, in the order of the next block.
    cells: Vec<Living>,
}

impl Servers<'_, '_, '_> {
    /// Brings the servers up and admits those whose answer is right.
    fn begin(&mut self, random: &mut Random) -> Result<(), LedgerError> {
        self.sitting.step(Step::Starting);
        let hash_seed = random.next_u64() as u32;
        for station in &self.sitting.comparison.stations {
            self.begin_with(station, hash_seed)?;
        }
        Ok(())
    }

    /// The servers of one series.
    fn begin_with(&mut self, station: &Station, hash_seed: u32) -> Result<(), LedgerError> {
        let bench = self.sitting.bench;
        let levels = self.sitting.levels_of(station);
        if levels.is_empty() {
            return Ok(());
        }
        let risen = rise(bench, station, &levels, hash_seed);
        let hopeless = risen.is_hopeless(&levels) && !bench.aborted();
        let Risen { living, failed } = risen;
        if hopeless {
            return self.sitting.fail_all(station, failed);
        }
        self.fail_each(failed)?;
        self.admit(station, living)
    }

    fn fail_each(&mut self, failed: Failures) -> Result<(), LedgerError> {
        for (key, _) in &failed {
            self.cells.retain(|cell| cell.key != *key);
        }
        self.sitting.fail_each(failed)
    }

    /// Binds the servers to their core.
    fn admit(&mut self, station: &Station, living: Vec<Living>) -> Result<(), LedgerError> {
        let mut failed = Vec::new();
        let groups = Groups::look();
        for mut cell in living {
            match settle(&mut cell, self.sitting.bench, station, &groups) {
                Ok(()) => self.cells.push(cell),
                Err(failure) => failed.push((cell.key, failure)),
            }
        }
        // Which server came up first is chance; the orders that follow must depend on the seed alone.
        self.cells.sort_by_key(|cell| cell.key);
        self.fail_each(failed)
    }

    fn warm_up(&mut self) -> Result<(), LedgerError> {
        self.sitting.step(Step::WarmingUp);
        let bench = self.sitting.bench;
        let mut failed = Vec::new();
        for cell in &mut self.cells {
            match slice::warm_up(bench, cell) {
                Ok(own_cpu_ns) => self.sitting.round.generator_cpu_ns += own_cpu_ns,
                Err(failure) => failed.push((cell.key, failure)),
            }
        }
        self.fail_each(failed)
    }

    /// One block: every living cell once.
    fn block(&mut self, number: u32) -> Result<(), LedgerError> {
        let (slices, failed) = self.slices(number);
        let bench = self.sitting.bench;
        self.sitting.keep(number, bench.settings.blocks, slices)?;
        if bench.aborted() {
            return Ok(());
        }
        self.fail_each(failed)
    }

    /// The slices of a block, and the cells that failed in it.
    fn slices(&mut self, number: u32) -> (Slices, Failures) {
        let (mut slices, mut failed) = (Vec::new(), Vec::new());
        let round = &mut *self.sitting.round;
        for (position, cell) in self.cells.iter_mut().enumerate() {
            match slice::take(self.sitting.bench, cell) {
                Ok(taken) => {
                    round.generator_cpu_ns += taken.own_cpu_ns;
                    let place = (round.number, number, position as u32);
                    slices.push((cell.key, taken.at(place)));
                }
                Err(failure) => failed.push((cell.key, failure)),
            }
        }
        self.look_at_trees(number, &mut slices, &mut failed);
        (slices, failed)
    }

    /// After the slices of a block: a tree that has changed invalidates the cell's slice, and in the
    /// last block the memory is read.
    fn look_at_trees(&self, number: u32, slices: &mut Slices, failed: &mut Failures) {
        let groups = Groups::look();
        let last = number + 1 == self.sitting.bench.settings.blocks;
        slices.retain_mut(|(key, slice)| {
            let Some(cell) = self.cells.iter().find(|cell| cell.key == *key) else {
                return false;
            };
            match slice::look_at_tree(cell, &groups, last.then_some(&mut slice.readings)) {
                Ok(()) => true,
                Err(failure) => {
                    failed.push((*key, failure));
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
