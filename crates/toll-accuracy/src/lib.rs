//! How right is a load generator? Questions whose answers are known are asked of toll-load, and of other generators
//! where they can be asked, and expected and measured are put side by side.
//!
//! The answers are known because the [server](known) is ours: it delays, fails and counts as it is told, and is asked
//! afterwards what it saw. An [experiment](experiments) asks one question, a [generator](generator::Generator) answers
//! it, and a [row](Row) says what was expected and what came.

mod bench;
mod clock;
mod error;
pub mod experiments;
pub mod generator;
pub mod known;
mod page;
mod report;
mod row;
mod spread;
mod words;

pub use bench::{Bench, Length};
pub use error::AccuracyError;
pub use page::with_generated;
pub use report::{Report, Section, Step, check};
pub use row::{Bound, Row, Unit, Verdict};
