//! The instruments: one file each, one line each in [`of`].

mod ablation;
mod counts;
mod direct;
mod drive;
mod exclusive;
mod inspect;
mod levels;
mod load;
mod profile;
mod reference;
mod rise;
mod sitting;

pub use drive::Ahead;
pub use inspect::{Inspected, Looking, SERVER_ERROR, Wish, inspect};
pub use levels::choose_levels;
pub use profile::profile;
pub use sitting::Sitting;

use toll_core::sample::Instrument;
use toll_core::settings::Settings;

use crate::bench::CellKey;
use crate::ledger::LedgerError;

/// One way to measure.
pub trait Measure: Sync {
    /// One round of one comparison: fresh processes and some blocks in them.
    ///
    /// # Errors
    /// Only the ledger's: what goes wrong with a cell or a series is recorded as its failure.
    fn round(&self, sitting: &mut Sitting<'_, '_>) -> Result<(), LedgerError>;
}

/// What a round starts with and what it leaves.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// Its number.
    pub number: u32,
    /// The cells to be measured, ascending; one that fails is taken out.
    pub cells: Vec<CellKey>,
    /// CPU time that sending load took in this process.
    pub generator_cpu_ns: u64,
}

/// The instrument of that name.
pub fn of(instrument: Instrument) -> &'static dyn Measure {
    match instrument {
        Instrument::Counts => &counts::Counts,
        Instrument::Direct => &direct::Direct,
        Instrument::Load => &load::Load,
        Instrument::Ablation => &ablation::Ablation,
        Instrument::Exclusive => &exclusive::Exclusive,
    }
}

/// The most rounds that a series gets: exact counts need only be seen to repeat.
pub fn rounds_max(instrument: Instrument, settings: &Settings) -> u32 {
    match instrument {
        Instrument::Counts => settings.count_rounds,
        _ => settings.rounds_max,
    }
}
