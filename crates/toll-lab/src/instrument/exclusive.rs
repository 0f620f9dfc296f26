//! The exclusive instrument: what each layer of one's own application takes by itself, read at its
//! borders while a request passes through all of them.

use std::time::Duration;

use toll_core::audit::{BARE, WHOLE, cell_of};
use toll_core::event::Step;
use toll_core::failure::Failure;
use toll_core::metric::{Metric, Readings};

use super::Measure;
use super::drive::{Purpose, nurseries, whole};
use super::reference;
use super::sitting::Sitting;
use crate::bench::CellKey;
use crate::driving::{Cell, Exclusive as Told, Manner};
use crate::ledger::LedgerError;

/// The instrument.
pub(super) struct Exclusive;

const PURPOSE: Purpose = Purpose {
    log: "exclusive",
    manner: Manner {
        shims: true,
        ..Manner::PLAIN
    },
    timed: true,
};

/// Warm-up, in slices.
const WARM_UP_SLICES: u64 = 12;
/// A slice tells of all layers at once: it is so many times as long as one of a single cell.
const SLICES: u64 = 2;

impl Measure for Exclusive {
    fn round(&self, sitting: &mut Sitting<'_, '_>) -> Result<(), LedgerError> {
        let mut random = sitting.random();
        sitting.step(Step::Starting);
        let mut nurseries = nurseries(sitting, &mut random, PURPOSE)?;
        let Some(nursery) = nurseries.first_mut() else {
            return Ok(());
        };
        let station = nursery.station();
        let settings = sitting.bench.settings.clone();
        let warm_up = Duration::from_millis(WARM_UP_SLICES * settings.direct_slice_ms);
        let Some(mut cell) = whole(sitting, nursery, PURPOSE)? else {
            return Ok(());
        };
        sitting.step(Step::WarmingUp);
        if let Err(failure) = cell.warm_up(warm_up) {
            return sitting.fail_all(station, vec![((station.series, WHOLE), failure)]);
        }
        sitting.step(Step::Measuring);
        for number in 0..settings.direct_blocks {
            if sitting.bench.aborted() {
                break;
            }
            match read(&mut cell, settings.direct_slice_ms) {
                Ok(read) => {
                    let slices = sitting.slices(number, read);
                    sitting.keep(number, settings.direct_blocks, slices)?;
                }
                Err(failure) => {
                    return sitting.fail_all(station, vec![((station.series, WHOLE), failure)]);
                }
            }
        }
        cell.stop();
        Ok(())
    }
}

/// One slice, with the reference beside the whole.
fn read(cell: &mut Cell<'_>, slice_ms: u64) -> Result<Vec<(CellKey, Readings)>, Failure> {
    let told = cell.exclusive(SLICES * slice_ms)?;
    let mut read = readings(cell.key().0, &told);
    reference::put(cell, &mut read, slice_ms);
    Ok(read)
}

/// One slice as the cells have it: the whole, every layer, and what is inside of all of them.
fn readings(series: usize, told: &Told) -> Vec<(CellKey, Readings)> {
    let of = |cell: u32, cpu_ns: i64| {
        let readings = [
            (Metric::Sent, told.requests),
            (Metric::Ok, told.requests - told.wrong),
            (Metric::Failed, told.wrong),
            (Metric::WallNs, told.wall_ns),
            (Metric::CpuNs, cpu_ns),
        ];
        ((series, cell), readings.into_iter().collect())
    };
    let last = told.layers_ns.len().saturating_sub(1);
    let layers = told.layers_ns.iter().enumerate().map(|(place, ns)| {
        let cell = if place == last { BARE } else { cell_of(place) };
        of(cell, *ns)
    });
    std::iter::once(of(WHOLE, told.cpu_ns))
        .chain(layers)
        .collect()
}
