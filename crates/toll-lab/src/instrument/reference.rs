//! A fixed piece of Python beside an application: an empty application in plain layers. What it takes says
//! how fast this machine is just now, so that tolls of another day can be held against those of today.

use toll_core::metric::Readings;

use super::direct::of_driver;
use crate::bench::CellKey;
use crate::driving::Cell;

/// Reads it in the process of `cell`, the whole, and puts it beside what was `read` of that, if it was. At the
/// end of a block: what comes next finds other caches than usual, and that is any of the cells alike.
///
/// A process that is gone is told by the slice that is asked of it next.
pub(super) fn put(cell: &mut Cell<'_>, read: &mut [(CellKey, Readings)], slice_ms: u64) {
    let own = read.iter_mut().find(|(key, _)| *key == cell.key());
    if let Some((_, readings)) = own
        && let Ok(cost) = cell.driver_cost(slice_ms)
    {
        for (metric, value) in of_driver(cost) {
            readings.set(metric, value);
        }
    }
}
