//! The other side of the lab: who keeps the records, shows what happens, and judges when it is enough.

use std::error::Error;

use toll_core::event::Event;
use toll_core::failure::Failure;
use toll_core::sample::{Block, Instrument};

/// What a ledger may fail with, such as a full disk: nothing goes on without records.
pub type LedgerError = Box<dyn Error + Send + Sync>;

/// What is known of a series after a round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Half-width of the toll's interval relative to the toll, once there is one.
    pub precision: Option<f64>,
    /// Whether the series needs no further round.
    pub done: bool,
}

/// Keeps records, shows events, judges. The lab conducts and knows nothing of estimates, databases
/// or colours.
pub trait Ledger {
    /// Something happened.
    fn event(&mut self, event: Event);

    /// Keeps one block, whole or not at all.
    ///
    /// # Errors
    /// It cannot be kept.
    fn block(&mut self, block: &Block) -> Result<(), LedgerError>;

    /// Keeps the failure of a cell as an instrument met it: series, instrument, middlewares.
    ///
    /// # Errors
    /// It cannot be kept.
    fn failure(
        &mut self,
        cell: (usize, Instrument, u32),
        failure: &Failure,
    ) -> Result<(), LedgerError>;

    /// Keeps the layers that were found in a series' application though nobody asked for them, as
    /// dotted classes, outermost first.
    ///
    /// # Errors
    /// It cannot be kept.
    fn hidden_layers(&mut self, series: usize, layers: &[String]) -> Result<(), LedgerError>;

    /// Judges a series after a round, by everything that was kept of it by an instrument.
    ///
    /// # Errors
    /// The records cannot be read.
    fn judge(&mut self, series: usize, instrument: Instrument) -> Result<Judgement, LedgerError>;
}
