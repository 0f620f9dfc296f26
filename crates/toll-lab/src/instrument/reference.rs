//! A fixed piece of Python beside an application: an empty application in plain layers. What it takes says
//! how fast this machine is just now, so that tolls of another day can be held against those of today.

use toll_core::audit::WHOLE;
use toll_core::failure::Failure;
use toll_core::metric::Metric;

use super::direct::of_driver;
use crate::driving::Cell;

/// It is read in one block of so many: it takes longer than a slice, and one machine has one speed.
const BLOCKS: u32 = 4;

/// Its readings, beside the whole and in the blocks whose turn it is; else none.
///
/// # Errors
/// The process is gone.
pub(super) fn beside(
    cell: &mut Cell<'_>,
    (variant, block): (u32, u32),
    slice_ms: u64,
) -> Result<Vec<(Metric, i64)>, Failure> {
    if variant != WHOLE || !block.is_multiple_of(BLOCKS) {
        return Ok(Vec::new());
    }
    Ok(of_driver(cell.driver_cost(slice_ms)?).into())
}
