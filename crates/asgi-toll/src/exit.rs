//! The promises to scripts: what each exit code means.

use std::process::ExitCode;

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing to object to.
    Done,
    /// A finding that the caller asked to fail on.
    Objection,
    /// Usage, suite or environment error: nothing was measured.
    NothingMeasured,
    /// Measured, but some cells failed.
    SomeFailed,
    /// Inconclusive where the caller asked for a decision.
    Inconclusive,
    /// Stopped from outside; everything measured so far is kept.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Objection => 1,
            Self::NothingMeasured => 2,
            Self::SomeFailed => 3,
            Self::Inconclusive => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
