//! An application without a server: a driver inside the environment builds it and awaits it.
//!
//! One *nursery* per series and round has imported everything and built nothing; it forks one
//! process per cell. Each of them speaks JSON lines with us on a unix socket of its own connection,
//! so that an application that prints disturbs nothing.

mod cell;
mod control;
mod nursery;
mod orders;

pub use cell::{Cell, FirstAnswer};
pub use nursery::{Nursery, NurseryBegun};
pub use orders::{Answered, DriverCost, Exclusive, Found, FunctionCalls, Looked, Manner, Timed};
