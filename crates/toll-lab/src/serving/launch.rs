//! A program of a series, and where it is started: what is the same for processes of this machine and for containers.

use std::fmt::Debug;
use std::io;
use std::path::PathBuf;

use toll_core::failure::{Failure, Stage};
use toll_engine::EngineError;

use super::door::Door;
use crate::containers::engine_failed;
use crate::process::RunError;
use crate::process::tree::Groups;

/// A program to be started. It sees nothing of the user's shell but what it needs to run at all, unless
/// it is the user's own.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program and its arguments.
    pub(crate) words: Vec<String>,
    /// Environment variables.
    pub(crate) variables: Vec<(String, String)>,
    /// The folder that it is started in, and whether it sees all of the user's environment; for the
    /// user's own projects.
    pub(crate) project: Option<PathBuf>,
    /// Folders that it reads.
    pub(crate) reads: Vec<PathBuf>,
    /// Where it listens, or where it reports.
    pub(crate) door: Door,
    /// The core that it is to run on from the beginning, where its processes cannot be bound later.
    pub(crate) core: Option<usize>,
    /// How many applications it holds: it is given the memory of so many.
    pub(crate) cells: usize,
    /// Where what it writes goes.
    pub(crate) log: PathBuf,
}

/// The code of a program that ended by itself, for a reason that only its log may tell.
pub(crate) const SERVER_EXITED: &str = "server-exited";

/// Why a program could not even be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its log cannot be written.
    #[error("the log {} cannot be written: {source}", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program cannot be run.
    #[error("the server cannot be started: {0}")]
    Spawn(#[from] RunError),
    /// The container cannot be run.
    #[error("the container cannot be started: {0}")]
    Container(#[from] EngineError),
    /// What a container needs of this machine cannot be prepared.
    #[error("the container's folders cannot be prepared: {0}")]
    Folders(io::Error),
}

impl StartError {
    /// Whether another program has the port that it was to have.
    pub(crate) fn is_port_taken(&self) -> bool {
        matches!(self, Self::Container(error) if error.is_port_taken())
    }

    /// The same as a record.
    pub fn into_failure(self) -> Failure {
        let message = self.to_string();
        match self {
            Self::Container(error) => Failure {
                stage: Stage::Start,
                message,
                ..engine_failed(error)
            },
            _ => Failure::new(Stage::Start, "server-not-started", message),
        }
    }
}

/// Where the processes of a series live.
pub trait Home: Debug + Send + Sync {
    /// Starts a program.
    ///
    /// # Errors
    /// See [`StartError`].
    fn start(&self, launch: Launch) -> Result<Box<dyn Running>, StartError>;
}

/// A program that was started, with all the processes that it started. Dropping it ends them.
pub trait Running: Debug {
    /// Whether it has ended by itself, as a record with its last log lines.
    fn ended(&self) -> Option<Failure>;

    /// The process group that it began with.
    fn group(&self) -> u32;

    /// Its processes at this moment, sorted.
    fn members(&self) -> Vec<u32>;

    /// The last lines that it wrote.
    fn log_tail(&self) -> Vec<String>;

    /// Takes note of its processes and binds them to `core`: to be called once it answers.
    ///
    /// # Errors
    /// The core may not be used.
    fn settle(&mut self, core: Option<usize>, groups: &Groups) -> io::Result<()>;

    /// Whether it runs on its core from the beginning, its later processes too.
    fn is_bound(&self) -> bool {
        false
    }

    /// CPU time that it has used, in nanoseconds.
    ///
    /// # Errors
    /// A process of it is gone.
    fn cpu_ns(&self) -> io::Result<u64>;

    /// Its memory in bytes.
    fn resident_bytes(&self) -> u64;

    /// Whether it is still made of the processes that [`Running::settle`] took note of: one that was replaced takes its
    /// CPU time with it.
    fn is_unchanged(&self, groups: &Groups) -> bool;

    /// Number of processes that [`Running::settle`] took note of.
    fn processes(&self) -> usize;

    /// The container that it is in, by its id.
    fn container(&self) -> Option<&str> {
        None
    }
}
