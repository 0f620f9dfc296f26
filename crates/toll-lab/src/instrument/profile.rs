//! Which functions one request enters, and how often: where a difference of counts comes from.

use toll_core::failure::Failure;

use crate::bench::{Bench, Station};
use crate::driving::{FunctionCalls, Manner, Nursery};

/// Makes one warm request through so many layers and tells every Python function that it enters.
///
/// # Errors
/// The application does not come up, or fails.
pub fn profile(
    bench: &Bench,
    station: &Station,
    middlewares: u32,
) -> Result<Vec<FunctionCalls>, Failure> {
    let hash_seed = (bench.seed as u32).max(1);
    let mut nursery = Nursery::start(bench, station, hash_seed, "profile", None)?;
    let mut cell = nursery.cell(middlewares, Manner::COUNTING)?;
    cell.begin()?;
    cell.verify()?;
    let functions = cell.profile()?;
    cell.stop();
    Ok(functions)
}
