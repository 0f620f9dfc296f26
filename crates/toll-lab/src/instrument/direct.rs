//! The direct instrument: the application is awaited in-process, without a server.

use std::time::Duration;

use toll_core::event::Step;
use toll_core::metric::{Metric, Readings};

use super::Measure;
use super::drive::{Purpose, admit, ask_each, come_up, nurseries};
use super::sitting::Sitting;
use crate::driving::{Cell, DriverCost, Manner, Timed};
use crate::ledger::LedgerError;

/// The instrument.
pub(super) struct Direct;

const PURPOSE: Purpose = Purpose {
    log: "direct",
    manner: Manner::PLAIN,
    timed: true,
};

/// Warm-up of a cell, in slices: the interpreter specialises code within the first hundred calls.
const WARM_UP_SLICES: u64 = 6;

impl Measure for Direct {
    fn round(&self, sitting: &mut Sitting<'_, '_>) -> Result<(), LedgerError> {
        let mut random = sitting.random();
        sitting.step(Step::Starting);
        let mut cells = Vec::new();
        // They stay until the round is over: in a container, the cells end with them.
        let mut nurseries = nurseries(sitting, &mut random, PURPOSE)?;
        for nursery in &mut nurseries {
            let up = come_up(sitting, nursery, PURPOSE);
            cells.extend(admit(sitting, nursery.station(), up)?);
        }
        sitting.step(Step::WarmingUp);
        let warm_up =
            Duration::from_millis(WARM_UP_SLICES * sitting.bench.settings.direct_slice_ms);
        ask_each(sitting, &mut cells, |cell| cell.warm_up(warm_up))?;
        sitting.step(Step::Measuring);
        for number in 0..sitting.bench.settings.direct_blocks {
            if sitting.bench.aborted() || cells.is_empty() {
                break;
            }
            random.shuffle(&mut cells);
            block(sitting, &mut cells, number)?;
        }
        cells.into_iter().for_each(Cell::stop);
        Ok(())
    }
}

/// One block: every living cell once, and the driver's own cost in the one with the fewest layers.
fn block(
    sitting: &mut Sitting<'_, '_>,
    cells: &mut Vec<Cell<'_>>,
    number: u32,
) -> Result<(), LedgerError> {
    let lowest = cells.iter().map(Cell::key).min();
    let slice_ms = sitting.bench.settings.direct_slice_ms;
    let taken = ask_each(sitting, cells, |cell| {
        let timed = cell.slice(slice_ms)?;
        let driver = if Some(cell.key()) == lowest {
            Some(cell.driver_cost(slice_ms)?)
        } else {
            None
        };
        Ok(readings(timed, driver))
    })?;
    let slices = sitting.slices(number, taken);
    sitting.keep(number, sitting.bench.settings.direct_blocks, slices)
}

fn readings(timed: Timed, driver: Option<DriverCost>) -> Readings {
    let of_driver = driver.into_iter().flat_map(of_driver);
    of_slice(timed).into_iter().chain(of_driver).collect()
}

/// The readings of the driver's own cost and of plain layers.
pub(super) fn of_driver(driver: DriverCost) -> [(Metric, i64); 5] {
    [
        (Metric::DriverRequests, driver.requests),
        (Metric::DriverCpuNs, driver.cpu_ns),
        (Metric::ReferenceLayers, driver.reference_layers),
        (Metric::ReferenceRequests, driver.reference_requests),
        (Metric::ReferenceCpuNs, driver.reference_cpu_ns),
    ]
}

/// The readings of one slice.
pub(super) fn of_slice(timed: Timed) -> [(Metric, i64); 6] {
    [
        (Metric::Sent, timed.requests),
        (Metric::Ok, timed.requests - timed.wrong),
        (Metric::Failed, timed.wrong),
        (Metric::WallNs, timed.wall_ns),
        (Metric::CpuNs, timed.cpu_ns),
        (Metric::ThreadCpuNs, timed.thread_cpu_ns),
    ]
}
