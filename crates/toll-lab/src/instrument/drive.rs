//! Bringing up the driven processes of a round: one nursery, one process per cell.

use std::collections::VecDeque;

use toll_core::audit::WHOLE;
use toll_core::failure::Failure;
use toll_stats::Random;

use super::sitting::{Failures, Sitting};
use crate::bench::{Bench, CellKey, Station};
use crate::cores;
use crate::driving::{Cell, Manner, Nursery, NurseryBegun};
use crate::ledger::LedgerError;

/// How the processes of a round are to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    /// Name of the log.
    pub(super) log: &'static str,
    /// How each is to be.
    pub(super) manner: Manner,
    /// Whether they are timed, so that each needs the core that is measured on.
    pub(super) timed: bool,
}

/// Forks a process for each of the levels, has each build its application, as many at a time as
/// there are cores, and checks its first answer. Says what answers rightly, and what does not.
pub(super) fn come_up<'a>(
    sitting: &Sitting<'_, '_>,
    nursery: &mut Nursery<'a>,
    purpose: Purpose,
) -> (Vec<Cell<'a>>, Failures) {
    let levels = sitting.levels_of(nursery.station());
    let series = nursery.station().series;
    let core = sitting.bench.cores.server.filter(|_| purpose.timed);
    let at_once = cores::allowed().len().max(1);
    let (mut rising, mut cells) = (VecDeque::new(), Vec::new());
    let mut failed = Failures::new();
    for index in 0..levels.len() + at_once {
        if sitting.bench.aborted() {
            break;
        }
        if index >= at_once
            && let Some((middlewares, cell)) = rising.pop_front()
        {
            let up = verified(cell, core);
            keep_or_note(up, (series, middlewares), &mut cells, &mut failed);
        }
        if let Some(middlewares) = levels.get(index) {
            rising.push_back((*middlewares, begun(nursery, *middlewares, purpose)));
        }
    }
    (cells, failed)
}

/// The process of the whole of somebody's own application; `None` where it does not come up, which is
/// recorded.
pub(super) fn whole<'a>(
    sitting: &mut Sitting<'_, '_>,
    nursery: &mut Nursery<'a>,
    purpose: Purpose,
) -> Result<Option<Cell<'a>>, LedgerError> {
    let series = nursery.station().series;
    match one(nursery, WHOLE, purpose, sitting.bench.cores.server) {
        Ok(cell) => Ok(Some(cell)),
        Err(_) if sitting.bench.aborted() => Ok(None),
        Err(failure) => {
            sitting.fail_all(nursery.station(), vec![((series, WHOLE), failure)])?;
            Ok(None)
        }
    }
}

/// One process that answers rightly, on the core that is measured on.
pub(super) fn one<'a>(
    nursery: &mut Nursery<'a>,
    middlewares: u32,
    purpose: Purpose,
    core: Option<usize>,
) -> Result<Cell<'a>, Failure> {
    verified(begun(nursery, middlewares, purpose), core)
}

fn begun<'a>(
    nursery: &mut Nursery<'a>,
    middlewares: u32,
    purpose: Purpose,
) -> Result<Cell<'a>, Failure> {
    let mut cell = nursery.cell(middlewares, purpose.manner)?;
    cell.begin()?;
    Ok(cell)
}

fn verified(cell: Result<Cell<'_>, Failure>, core: Option<usize>) -> Result<Cell<'_>, Failure> {
    let mut cell = cell?;
    cell.verify()?;
    cell.bind(core)?;
    Ok(cell)
}

fn keep_or_note<'a>(
    cell: Result<Cell<'a>, Failure>,
    key: CellKey,
    kept: &mut Vec<Cell<'a>>,
    failed: &mut Failures,
) {
    match cell {
        Ok(cell) => kept.push(cell),
        Err(failure) => failed.push((key, failure)),
    }
}

/// Records what did not come up. When everything is to stop, nothing has failed.
pub(super) fn admit<'a>(
    sitting: &mut Sitting<'_, '_>,
    station: &Station,
    (cells, failed): (Vec<Cell<'a>>, Failures),
) -> Result<Vec<Cell<'a>>, LedgerError> {
    if sitting.bench.aborted() {
        return Ok(Vec::new());
    }
    if cells.is_empty() {
        sitting.fail_all(station, failed)?;
    } else {
        sitting.fail_each(failed)?;
    }
    Ok(cells)
}

/// A nursery that was started in an earlier round for a later one.
#[derive(Debug, Default)]
pub struct Ahead<'a> {
    waiting: Option<(u32, Nursery<'a>)>,
    /// Two of them at once do not get on, as where each binds a port when it is imported.
    is_given_up: bool,
}

impl<'a> Ahead<'a> {
    fn take(&mut self, round: u32) -> Option<Nursery<'a>> {
        let (_, nursery) = self.waiting.take().filter(|(meant, _)| *meant == round)?;
        Some(nursery)
    }
}

/// The nurseries of a round, one a series, all with the same hash seed; where one does not start, every
/// level of its series has failed.
pub(super) fn nurseries<'a>(
    sitting: &mut Sitting<'_, 'a>,
    random: &mut Random,
    purpose: Purpose,
) -> Result<Vec<Nursery<'a>>, LedgerError> {
    let hash_seed = random.next_u64() as u32;
    let (bench, comparison) = (sitting.bench, sitting.comparison);
    if let Some(waiting) = sitting.ahead.take(sitting.round.number) {
        return Ok(vec![waiting]);
    }
    let stations = comparison.stations.iter();
    let stations = stations.filter(|station| !sitting.levels_of(station).is_empty());
    // Importing takes most of the time, and is not timed: all do it at once.
    let begun: Vec<_> = stations
        .map(|station| {
            (
                station,
                begin(bench, station, hash_seed, (purpose, purpose.log)),
            )
        })
        .collect();
    let next = begin_next(sitting, purpose);
    let is_pair = next.is_some();
    // Nothing is timed while it still imports. Where it does not come up, the next round finds out why.
    let mut next = next.and_then(|next| next.ready().ok());
    sitting.ahead.is_given_up |= is_pair && next.is_none();
    let mut nurseries = Vec::new();
    for (station, begun) in begun {
        match begun.and_then(NurseryBegun::ready) {
            Ok(nursery) => nurseries.push(nursery),
            Err(_) if bench.aborted() => return Ok(Vec::new()),
            Err(_) if next.is_some() => {
                sitting.ahead.is_given_up = true;
                nurseries.extend(next.take());
            }
            Err(failure) => {
                let levels = sitting.levels_of(station).into_iter();
                let failed = levels.map(|level| ((station.series, level), failure.clone()));
                sitting.fail_all(station, failed.collect())?;
            }
        }
    }
    sitting.ahead.waiting = next.map(|nursery| (sitting.round.number + 1, nursery));
    Ok(nurseries)
}

fn begin<'a>(
    bench: &'a Bench,
    station: &'a Station,
    hash_seed: u32,
    (purpose, log): (Purpose, &str),
) -> Result<NurseryBegun<'a>, Failure> {
    let core = bench.cores.server.filter(|_| purpose.timed);
    Nursery::begin(bench, station, hash_seed, log, core)
}

/// The nursery of the next round, where it can import on a core that has nothing to do meanwhile:
/// somebody's own application often takes seconds, and there is one of them.
fn begin_next<'a>(sitting: &Sitting<'_, 'a>, purpose: Purpose) -> Option<NurseryBegun<'a>> {
    let next = sitting.round.number + 1;
    let bench = sitting.bench;
    let [station] = sitting.comparison.stations.as_slice() else {
        return None;
    };
    let is_wanted = station.audited && purpose.timed && next < bench.settings.rounds_max;
    if !is_wanted || sitting.ahead.is_given_up || cores::allowed().len() < 2 {
        return None;
    }
    let hash_seed = sitting.random_of(next).next_u64() as u32;
    // Two of them write at once.
    let log = format!("{}-next", purpose.log);
    begin(bench, station, hash_seed, (purpose, &log)).ok()
}

/// Asks each cell in turn; those that fail are recorded and left out, and their answers with them.
pub(super) fn ask_each<'a, T>(
    sitting: &mut Sitting<'_, '_>,
    cells: &mut Vec<Cell<'a>>,
    mut ask: impl FnMut(&mut Cell<'a>) -> Result<T, Failure>,
) -> Result<Vec<(CellKey, T)>, LedgerError> {
    let mut failed = Failures::new();
    let mut answers = Vec::new();
    for cell in cells.iter_mut() {
        match ask(cell) {
            Ok(answer) => answers.push((cell.key(), answer)),
            Err(failure) => failed.push((cell.key(), failure)),
        }
    }
    leave_out(sitting, cells, failed)?;
    Ok(answers)
}

/// Records what failed and goes on without it. When everything is to stop, nothing has failed.
pub(super) fn leave_out(
    sitting: &mut Sitting<'_, '_>,
    cells: &mut Vec<Cell<'_>>,
    failed: Failures,
) -> Result<(), LedgerError> {
    let gone: Vec<CellKey> = failed.iter().map(|(key, _)| *key).collect();
    cells.retain(|cell| !gone.contains(&cell.key()));
    if sitting.bench.aborted() {
        return Ok(());
    }
    sitting.fail_each(failed)
}
