//! The counts instrument: every event of one request, counted and counted again.
//!
//! Each cell has two processes: one as it is, and, where its layers are ASGI applications, one with
//! seams between them, through which messages, bodies and context variables are seen.

use std::collections::BTreeMap;

use toll_core::event::Step;
use toll_core::metric::{Metric, Readings};

use super::Measure;
use super::drive::{Purpose, admit, come_up, leave_out, nurseries};
use super::sitting::{Failures, Sitting};
use crate::bench::CellKey;
use crate::cores;
use crate::driving::{Cell, Manner};
use crate::ledger::LedgerError;

/// The instrument.
pub(super) struct Counts;

const PLAIN: Purpose = Purpose {
    log: "counts",
    manner: Manner::COUNTING,
    timed: false,
};
const SEAMS: Purpose = Purpose {
    manner: Manner {
        seams: true,
        ..Manner::COUNTING
    },
    ..PLAIN
};

impl Measure for Counts {
    fn round(&self, sitting: &mut Sitting<'_, '_>) -> Result<(), LedgerError> {
        let mut random = sitting.random();
        sitting.step(Step::Starting);
        let (mut plain, mut seen) = (Vec::new(), Vec::new());
        // They stay until the round is over: in a container, the cells end with them.
        let mut nurseries = nurseries(sitting, &mut random, PLAIN)?;
        for nursery in &mut nurseries {
            let up = come_up(sitting, nursery, PLAIN);
            plain.extend(admit(sitting, nursery.station(), up)?);
            // Messages do not depend on hash seeds: one nursery is enough for them.
            if nursery.station().kind.asgi && sitting.round.number == 0 {
                // Where they do not come up, such as for recursion, the others count all the same.
                seen.extend(come_up(sitting, nursery, SEAMS).0);
            }
        }
        look_inside(sitting, &mut plain)?;
        sitting.step(Step::Measuring);
        for number in 0..sitting.bench.settings.count_repeats {
            if sitting.bench.aborted() || plain.is_empty() {
                break;
            }
            repeat(sitting, &mut plain, &mut seen, number)?;
        }
        plain.into_iter().chain(seen).for_each(Cell::stop);
        Ok(())
    }
}

/// The counts of one request, by name.
type Counted = BTreeMap<String, i64>;

/// The layers that nobody asked for are seen in the application without any of ours, once.
fn look_inside(sitting: &mut Sitting<'_, '_>, cells: &mut [Cell<'_>]) -> Result<(), LedgerError> {
    if sitting.round.number > 0 {
        return Ok(());
    }
    for cell in cells.iter_mut().filter(|cell| cell.middlewares == 0) {
        // An application that cannot be looked into hides nothing that we could name.
        if let Ok(looked) = cell.look() {
            sitting.ledger.hidden_layers(cell.key().0, &looked.layers)?;
        }
    }
    Ok(())
}

/// Every cell counts once; the two processes of a cell make one slice.
fn repeat(
    sitting: &mut Sitting<'_, '_>,
    plain: &mut Vec<Cell<'_>>,
    seen: &mut Vec<Cell<'_>>,
    number: u32,
) -> Result<(), LedgerError> {
    let (counted, failed) = count_each(plain);
    leave_out(sitting, plain, failed)?;
    let (between, gone) = count_each(seen);
    seen.retain(|cell| !gone.iter().any(|(key, _)| *key == cell.key()));
    let mut between: BTreeMap<CellKey, Counted> = between.into_iter().collect();
    let merged = counted.into_iter().map(|(key, counts)| {
        let more = between.remove(&key).unwrap_or_default();
        (key, readings(counts.into_iter().chain(more)))
    });
    let slices = sitting.slices(number, merged.collect());
    sitting.keep(number, sitting.bench.settings.count_repeats, slices)
}

/// Every cell counts once, as many at a time as there are cores.
fn count_each(cells: &mut [Cell<'_>]) -> (Vec<(CellKey, Counted)>, Failures) {
    let at_once = cores::allowed().len().max(1);
    let (mut counted, mut failed) = (Vec::new(), Failures::new());
    for index in 0..cells.len() + at_once {
        if let Some(cell) = index
            .checked_sub(at_once)
            .and_then(|index| cells.get_mut(index))
        {
            match cell.counts() {
                Ok(counts) => counted.push((cell.key(), counts)),
                Err(failure) => failed.push((cell.key(), failure)),
            }
        }
        if let Some(cell) = cells.get_mut(index) {
            // One that is gone says so when it is waited for.
            let _ = cell.begin_count();
        }
    }
    (counted, failed)
}

/// Counts whose names we know; a newer harness may count more.
fn readings(counts: impl Iterator<Item = (String, i64)>) -> Readings {
    counts
        .filter_map(|(name, count)| Some((Metric::from_name(&name)?, count)))
        .collect()
}
