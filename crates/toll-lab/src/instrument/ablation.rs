//! The ablation instrument: one's own application with and without each of its layers.
//!
//! One process holds the application; its layers are taken out and put in again between slices. What
//! differs from process to process (the layout of its memory, the seed of its hashes) is then the same
//! with and without a layer, and cancels: with a process for each variant it would be as large as most
//! layers.

use std::collections::BTreeMap;
use std::time::Duration;

use toll_core::audit::{CHANGED, WHOLE, change_in};
use toll_core::event::Step;
use toll_core::failure::{Failure, Stage};
use toll_core::metric::Readings;

use super::Measure;
use super::direct::of_slice;
use super::drive::{Purpose, leave_out, nurseries, one, whole};
use super::reference;
use super::sitting::{Failures, Sitting};
use crate::bench::{CellKey, Station};
use crate::driving::{Cell, Manner, Nursery, Timed};
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
/// The whole is what every variant is compared with, and what was changed is what was asked about: they
/// have so many slices in a block. Longer slices would be cheaper by what each begins with.
const MANY_SLICES: usize = 3;

impl Measure for Ablation {
    fn round(&self, sitting: &mut Sitting<'_, '_>) -> Result<(), LedgerError> {
        let mut random = sitting.random();
        sitting.step(Step::Starting);
        let mut nurseries = nurseries(sitting, &mut random, PURPOSE)?;
        let mut applications = Applications::new();
        for nursery in &mut nurseries {
            let series = nursery.station().series;
            if let Some(variants) = come_up(sitting, nursery)? {
                applications.insert(series, variants);
            }
        }
        if applications.is_empty() {
            return Ok(());
        }
        let slice_ms = sitting.bench.settings.direct_slice_ms;
        let warm_up = Duration::from_millis(WARM_UP_SLICES * slice_ms);
        sitting.step(Step::WarmingUp);
        let cells = sitting.round.cells.clone();
        ask_each(sitting, cells, |key| {
            variant_of(&mut applications, key)?.warm_up_as(Some(key.1), warm_up)
        })?;
        sitting.step(Step::Measuring);
        for number in 0..sitting.bench.settings.direct_blocks {
            if sitting.bench.aborted() || sitting.round.cells.is_empty() {
                break;
            }
            let mut turns = turns(&sitting.round.cells);
            random.shuffle(&mut turns);
            let timed = ask_each(sitting, turns, |key| {
                variant_of(&mut applications, key)?.slice_as(Some(key.1), slice_ms)
            })?;
            let mut taken = together(timed);
            for variants in applications.values_mut() {
                reference::put(&mut variants.whole, &mut taken, slice_ms);
            }
            let slices = sitting.slices(number, taken);
            sitting.keep(number, sitting.bench.settings.direct_blocks, slices)?;
        }
        applications.into_values().for_each(Variants::stop);
        Ok(())
    }
}

/// Every slice of a block, by the variant that it is of.
fn turns(cells: &[CellKey]) -> Vec<CellKey> {
    let times = |(_, variant): &CellKey| match *variant {
        WHOLE | CHANGED => MANY_SLICES,
        _ => 1,
    };
    let turns = cells
        .iter()
        .flat_map(|key| std::iter::repeat_n(*key, times(key)));
    turns.collect()
}

/// The slices of a block: of a variant that has several, the one in the middle by what a request takes.
/// A few are much dearer than most, so a mean of three would lie above a single one more often than below.
fn together(timed: Vec<(CellKey, Timed)>) -> Vec<(CellKey, Readings)> {
    let mut of_variants: Vec<(CellKey, Vec<Timed>)> = Vec::new();
    for (key, slice) in timed {
        match of_variants.iter_mut().find(|(known, _)| *known == key) {
            Some((_, slices)) => slices.push(slice),
            None => of_variants.push((key, vec![slice])),
        }
    }
    let middle = |mut slices: Vec<Timed>| {
        let cost = |slice: &Timed| slice.cpu_ns as f64 / slice.requests.max(1) as f64;
        slices.sort_by(|one, other| cost(one).total_cmp(&cost(other)));
        slices[slices.len() / 2]
    };
    let read = of_variants.into_iter();
    read.map(|(key, slices)| (key, of_slice(middle(slices)).into_iter().collect()))
        .collect()
}

/// The applications of a round, by their series: one, or one for each environment that is compared.
type Applications<'a> = BTreeMap<usize, Variants<'a>>;

/// The process that holds a variant.
fn variant_of<'v, 'a>(
    applications: &'v mut Applications<'a>,
    (series, variant): CellKey,
) -> Result<&'v mut Cell<'a>, Failure> {
    let gone = || {
        Failure::new(
            Stage::Start,
            "not-started",
            "the application did not come up",
        )
    };
    let variants = applications.get_mut(&series).ok_or_else(gone)?;
    Ok(variants
        .apart
        .get_mut(&variant)
        .unwrap_or(&mut variants.whole))
}

/// The processes that hold the variants of one application: one for all, or, where layers cannot be
/// taken out of a running application, one for each.
struct Variants<'a> {
    whole: Cell<'a>,
    apart: BTreeMap<u32, Cell<'a>>,
}

impl Variants<'_> {
    fn stop(self) {
        self.apart.into_values().for_each(Cell::stop);
        self.whole.stop();
    }
}

/// Everything that holds a variant; `None` where the whole does not come up.
fn come_up<'a>(
    sitting: &mut Sitting<'_, '_>,
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
    let mut variants = Variants {
        whole,
        apart: BTreeMap::new(),
    };
    let keys = sitting.round.cells.clone();
    let own = keys
        .into_iter()
        .filter(|(series, variant)| *series == station.series && *variant != WHOLE);
    let mut failed = Failures::new();
    for key in own {
        let held = if switchable {
            hold(&mut variants.whole, station, key.1)
        } else {
            one(nursery, key.1, PURPOSE, core).map(|cell| {
                variants.apart.insert(key.1, cell);
            })
        };
        failed.extend(held.err().map(|failure| (key, failure)));
    }
    leave_out(sitting, &mut Vec::new(), failed)?;
    Ok(Some(variants))
}

/// Has the running application know a variant.
fn hold(whole: &mut Cell<'_>, station: &Station, variant: u32) -> Result<(), Failure> {
    // What all of them without every layer is must not change when one of them has failed.
    let change = change_in(variant, &station.levels, &station.plan.change);
    let answered = whole.variant(variant, &change)?;
    if answered.answered {
        return Ok(());
    }
    let message = format!("the application does not answer: {}", answered.message);
    Err(Failure::new(Stage::Verify, "no-answer", message))
}

/// Asks variants in turn; one that fails is recorded and left out, with what it said before.
fn ask_each<T>(
    sitting: &mut Sitting<'_, '_>,
    turns: Vec<CellKey>,
    mut ask: impl FnMut(CellKey) -> Result<T, Failure>,
) -> Result<Vec<(CellKey, T)>, LedgerError> {
    let (mut answers, mut failed) = (Vec::new(), Failures::new());
    for key in turns {
        if failed.iter().any(|(gone, _)| *gone == key) {
            continue;
        }
        match ask(key) {
            Ok(answer) => answers.push((key, answer)),
            Err(failure) => failed.push((key, failure)),
        }
    }
    answers.retain(|(key, _)| !failed.iter().any(|(gone, _)| gone == key));
    leave_out(sitting, &mut Vec::new(), failed)?;
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_with_all_has_more_slices() {
        let cells = [(0, WHOLE), (0, 1), (0, CHANGED)];
        let turns = turns(&cells);
        let of = |variant| turns.iter().filter(|(_, turn)| *turn == variant).count();
        assert_eq!((of(WHOLE), of(1), of(CHANGED)), (3, 1, 3));
    }

    #[test]
    fn of_several_slices_the_middle_one_counts() {
        let slice = |cpu_ns| Timed {
            requests: 10,
            wrong: 0,
            wall_ns: cpu_ns,
            cpu_ns,
            thread_cpu_ns: cpu_ns,
        };
        let read = together(vec![
            ((0, WHOLE), slice(900)),
            ((0, 1), slice(200)),
            ((0, WHOLE), slice(300)),
            ((0, WHOLE), slice(310)),
        ]);
        let cpu_ns: Vec<i64> = read
            .iter()
            .filter_map(|(_, readings)| readings.get(toll_core::metric::Metric::CpuNs))
            .collect();
        assert_eq!(cpu_ns, [310, 200]);
    }
}
