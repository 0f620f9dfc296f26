//! Why no question could be asked.

use thiserror::Error;
use toll_load::{LoadError, TargetError};

/// Why an accuracy report could not be made. A wrong answer of a load generator is no error of this kind: it is a row.
#[derive(Debug, Error)]
pub enum AccuracyError {
    /// The known server could not be started.
    #[error("cannot start the known server `{program}`: {source}; is the file executable?")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The known server does not do what it should.
    #[error("the known server failed: {0}; run it again with fewer other programs around")]
    Server(String),
    /// Not a spec.
    #[error("this is no spec of a known server: {0}; it is started by the tool itself")]
    Spec(serde_json::Error),
    /// Something between the two that is no JSON.
    #[error("the known server and the tool do not understand one another: {0}")]
    Json(#[from] serde_json::Error),
    /// toll-load refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An address that is none.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Another load generator could not be asked.
    #[error("{tool} could not be asked: {why}")]
    Tool {
        /// Its name.
        tool: String,
        /// What it said.
        why: String,
    },
    /// The system refused.
    #[error("the system refused: {0}; check the limit of open files (`ulimit -n`)")]
    Io(#[from] std::io::Error),
    /// Stopped from outside.
    #[error("interrupted")]
    Interrupted,
}

impl From<rustix::io::Errno> for AccuracyError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Io(errno.into())
    }
}
