//! Child processes: started in groups of their own, watched by a guard, measured as a tree.

mod command;
mod ending;
pub mod guard;
pub mod tree;
mod usage;

pub use command::{Finished, Limits, RunError, run, run_metered, spawn};
pub(crate) use ending::{ended, finish};
pub use usage::Usage;
pub(crate) use usage::peak_resident_bytes;
