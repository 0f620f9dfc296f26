//! The ablation instrument: one's own application with and without each of its layers.
//!
//! One process holds the application; its layers are taken out and put in again between slices. What
//! differs from process to process (the layout of its memory, the seed of its hashes) is then the same
//! with and without a layer, and cancels: with a process for each variant it would be as large as most
//! layers.

use std::collections::BTreeMap;
use std::time::Duration;

use toll_core::audit::{WHOLE, taken_out};
use toll_core::event::Step;
use toll_core::failure::{Failure, Stage};
use toll_core::metric::Readings;

use super::Measure;
use super::direct::of_slice;
use super::drive::{Purpose, leave_out, nurseries, one, whole};
use super::reference;
use super::sitting::{Failures, Sitting};
use crate::bench::CellKey;
use crate::driving::{Cell, Manner, Nursery};
use crate::ledger::LedgerError;

/// The instrument.
pub(super) struct Ablation;

const PURPOSE: Purpose = Purpose {
    log: "ablation",
    manner: Manner::PLAIN,
    timed: true,
};

/// Warm-up of a variant, in slices.
const WARM_UP_SLICES: u64 = 6;
/// The whole is what every variant is compared with: its slices are so many times as long.
const WHOLE_SLICES: u64 = 3;

impl Measure for Ablation {
    fn round(&self, sitting: &mut Sitting<'_>) -> Result<(), LedgerError> {
        let mut random = sitting.random();
        sitting.step(Step::Starting);
        let mut nurseries = nurseries(sitting, &mut random, PURPOSE)?;
        let Some(nursery) = nurseries.first_mut() else {
            return Ok(());
        };
        let Some(mut variants) = come_up(sitting, nursery)? else {
            return Ok(());
        };
        let slice_ms = sitting.bench.settings.direct_slice_ms;
        let warm_up = Duration::from_millis(WARM_UP_SLICES * slice_ms);
        sitting.step(Step::WarmingUp);
        ask_each(sitting, |variant| {
            variants.of(variant).warm_up_as(Some(variant), warm_up)?;
            Ok(())
        })?;
        sitting.step(Step::Measuring);
        for number in 0..sitting.bench.settings.direct_blocks {
            if sitting.bench.aborted() || sitting.round.cells.is_empty() {
                break;
            }
            random.shuffle(&mut sitting.round.cells);
            let mut taken = ask_each(sitting, |variant| {
                let length = if variant == WHOLE { WHOLE_SLICES } else { 1 };
                let timed = variants
                    .of(variant)
                    .slice_as(Some(variant), length * slice_ms)?;
                Ok(of_slice(timed).into_iter().collect::<Readings>())
            })?;
            reference::put(&mut variants.whole, &mut taken, slice_ms);
            let slices = sitting.slices(number, taken);
            sitting.keep(number, sitting.bench.settings.direct_blocks, slices)?;
        }
        sitting.round.cells.sort_unstable();
        variants.stop();
        Ok(())
    }
}

/// The processes that hold the variants: one for all, or, where layers cannot be taken out of a running
/// application, one for each.
struct Variants<'a> {
    whole: Cell<'a>,
    apart: BTreeMap<u32, Cell<'a>>,
}

impl<'a> Variants<'a> {
    fn of(&mut self, variant: u32) -> &mut Cell<'a> {
        self.apart.get_mut(&variant).unwrap_or(&mut self.whole)
    }

    fn stop(self) {
        self.apart.into_values().for_each(Cell::stop);
        self.whole.stop();
    }
}

/// Everything that holds a variant; `None` where the whole does not come up.
fn come_up<'a>(
    sitting: &mut Sitting<'_>,
    nursery: &mut Nursery<'a>,
) -> Result<Option<Variants<'a>>, LedgerError> {
    let station = nursery.station();
    let core = sitting.bench.cores.server;
    let Some(mut whole) = whole(sitting, nursery, PURPOSE)? else {
        return Ok(None);
    };
    let switchable = match whole.layers() {
        Ok(found) => found.switchable,
        Err(failure) => {
            sitting.fail_all(station, vec![((station.series, WHOLE), failure)])?;
            return Ok(None);
        }
    };
    // What all of them without every layer is must not change when one of them has failed.
    let levels = &station.levels;
    let mut variants = Variants {
        whole,
        apart: BTreeMap::new(),
    };
    ask_each(sitting, |variant| {
        if variant == WHOLE {
            return Ok(());
        }
        if !switchable {
            let cell = one(nursery, variant, PURPOSE, core)?;
            variants.apart.insert(variant, cell);
            return Ok(());
        }
        let answered = variants
            .whole
            .variant(variant, &taken_out(variant, levels))?;
        if answered.answered {
            return Ok(());
        }
        let message = format!(
            "without it the application does not answer: {}",
            answered.message
        );
        Err(Failure::new(Stage::Verify, "no-answer", message))
    })?;
    Ok(Some(variants))
}

/// Asks each variant that is left in turn; one that fails is recorded and left out.
fn ask_each<T>(
    sitting: &mut Sitting<'_>,
    mut ask: impl FnMut(u32) -> Result<T, Failure>,
) -> Result<Vec<(CellKey, T)>, LedgerError> {
    let (mut answers, mut failed) = (Vec::new(), Failures::new());
    for key in sitting.round.cells.clone() {
        match ask(key.1) {
            Ok(answer) => answers.push((key, answer)),
            Err(failure) => failed.push((key, failure)),
        }
    }
    leave_out(sitting, &mut Vec::new(), failed)?;
    Ok(answers)
}
