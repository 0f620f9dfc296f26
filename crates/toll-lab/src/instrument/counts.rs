//! The counts instrument: every event of one request, counted and counted again.
//!
//! Each cell has two processes: one as it is, and, where its layers are ASGI applications, one with
//! seams between them, through which messages, bodies and context variables are seen.

use std::collections::BTreeMap;

use toll_core::event::Step;
use toll_core::metric::{Metric, Readings};
use toll_core::sample::{Instrument, Slice};

use super::drive::{Purpose, come_up, leave_out, nursery};
use super::sitting::{Failures, Sitting};
use super::{Measure, Round};
use crate::bench::{Bench, Station};
use crate::cores;
use crate::driving::{Cell, Nursery};
use crate::ledger::{Ledger, LedgerError};

/// The instrument.
pub(super) struct Counts;

const PLAIN: Purpose = Purpose {
    log: "counts",
    counting: true,
    seams: false,
    timed: false,
};
const SEAMS: Purpose = Purpose {
    seams: true,
    ..PLAIN
};

impl Measure for Counts {
    fn round(
        &self,
        bench: &Bench,
        station: &Station,
        round: &mut Round,
        ledger: &mut dyn Ledger,
    ) -> Result<(), LedgerError> {
        let mut sitting = Sitting {
            bench,
            station,
            instrument: Instrument::Counts,
            round,
            ledger,
        };
        let mut random = sitting.random();
        sitting.step(Step::Starting);
        let Some(mut nursery) = nursery(&mut sitting, &mut random, PLAIN.log)? else {
            return Ok(());
        };
        let mut plain = come_up(&mut sitting, &mut nursery, PLAIN)?;
        look_inside(&mut sitting, &mut plain)?;
        // Messages do not depend on hash seeds: one nursery is enough for them.
        let mut seen = if station.kind.asgi && sitting.round.number == 0 {
            between(&mut sitting, &mut nursery)?
        } else {
            Vec::new()
        };
        sitting.step(Step::Measuring);
        for number in 0..bench.settings.count_repeats {
            if bench.aborted() || plain.is_empty() {
                break;
            }
            repeat(&mut sitting, &mut plain, &mut seen, number)?;
        }
        Ok(())
    }
}

/// The counts of one request, by name.
type Counted = BTreeMap<String, i64>;

/// The processes with seams. Where they do not come up, the others count all the same.
fn between<'a>(
    sitting: &mut Sitting<'_>,
    nursery: &mut Nursery<'a>,
) -> Result<Vec<Cell<'a>>, LedgerError> {
    let mut levels = sitting.round.levels.clone();
    let mut cells = come_up(sitting, nursery, SEAMS)?;
    cells.retain(|cell| levels.contains(&cell.middlewares));
    std::mem::swap(&mut sitting.round.levels, &mut levels);
    Ok(cells)
}

/// The layers that nobody asked for are seen in the application with the fewest of ours, once.
fn look_inside(sitting: &mut Sitting<'_>, cells: &mut [Cell<'_>]) -> Result<(), LedgerError> {
    let lowest = cells.iter_mut().min_by_key(|cell| cell.middlewares);
    let (Some(cell), 0) = (lowest, sitting.round.number) else {
        return Ok(());
    };
    match cell.look() {
        Ok(looked) => sitting
            .ledger
            .hidden_layers(sitting.station.series, &looked.layers),
        // An application that cannot be looked into hides nothing that we could name.
        Err(_) => Ok(()),
    }
}

/// Every cell counts once; the two processes of a cell make one slice.
fn repeat(
    sitting: &mut Sitting<'_>,
    plain: &mut Vec<Cell<'_>>,
    seen: &mut Vec<Cell<'_>>,
    number: u32,
) -> Result<(), LedgerError> {
    let counted = count_each(sitting, plain)?;
    let mut between: BTreeMap<u32, Counted> = count_each(sitting, seen)?.into_iter().collect();
    let round = sitting.round.number;
    let slices = counted
        .into_iter()
        .enumerate()
        .map(|(position, (middlewares, counts))| {
            let more = between.remove(&middlewares).unwrap_or_default();
            let slice = Slice {
                round,
                block: number,
                position: position as u32,
                readings: readings(counts.into_iter().chain(more)),
                latency_histogram: None,
                error_classes: Vec::new(),
            };
            (middlewares, slice)
        })
        .collect();
    sitting.keep(number, sitting.bench.settings.count_repeats, slices)
}

/// Every cell counts once, as many at a time as there are cores. Those that fail are recorded and
/// left out.
fn count_each(
    sitting: &mut Sitting<'_>,
    cells: &mut Vec<Cell<'_>>,
) -> Result<Vec<(u32, Counted)>, LedgerError> {
    let at_once = cores::allowed().len().max(1);
    let (mut counted, mut failed) = (Vec::new(), Failures::new());
    for index in 0..cells.len() + at_once {
        if let Some(cell) = index
            .checked_sub(at_once)
            .and_then(|index| cells.get_mut(index))
        {
            match cell.counts() {
                Ok(counts) => counted.push((cell.middlewares, counts)),
                Err(failure) => failed.push((cell.middlewares, failure)),
            }
        }
        if let Some(cell) = cells.get_mut(index) {
            // One that is gone says so when it is waited for.
            let _ = cell.begin_count();
        }
    }
    leave_out(sitting, cells, failed)?;
    Ok(counted)
}

/// Counts whose names we know; a newer harness may count more.
fn readings(counts: impl Iterator<Item = (String, i64)>) -> Readings {
    counts
        .filter_map(|(name, count)| Some((Metric::from_name(&name)?, count)))
        .collect()
}
