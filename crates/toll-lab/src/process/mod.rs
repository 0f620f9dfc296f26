//! Child processes: started in groups of their own, watched by a guard, measured as a tree.

mod command;
pub mod guard;
pub mod tree;

pub use command::{Finished, Limits, RunError, run, spawn};
