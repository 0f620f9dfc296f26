//! Where the program of a generator is run: on this machine, or in a container beside the server's.

use std::fmt::Debug;
use std::path::Path;
use std::process::Command;

use crate::cores::Bound;
use crate::process::{Finished, Limits, RunError, Usage, run_metered};

/// How a program is to be run.
#[derive(Debug)]
pub struct Job<'a> {
    /// How long, and what stops it.
    pub limits: &'a Limits,
    /// The core to which it and all of its threads are bound.
    pub core: Option<usize>,
    /// A folder with files that it reads.
    pub scratch: &'a Path,
    /// The container of the server, if it is in one.
    pub server: Option<&'a str>,
}

/// Runs programs to their end.
pub trait Runner: Debug + Send + Sync {
    /// Runs one.
    ///
    /// # Errors
    /// See [`RunError`]; a non-zero exit is not an error here.
    fn run(&self, command: Command, job: &Job<'_>) -> Result<(Finished, Usage), RunError>;

    /// Whether it is in the same network as the server's container, and not in this machine's.
    fn is_beside_the_server(&self) -> bool {
        false
    }
}

/// This machine.
#[derive(Debug, Clone, Copy)]
pub struct OnHost;

impl Runner for OnHost {
    fn run(&self, command: Command, job: &Job<'_>) -> Result<(Finished, Usage), RunError> {
        // A process inherits the binding of the thread that starts it, and its threads inherit it from there.
        let _bound = Bound::to(job.core);
        run_metered(command, job.limits)
    }
}
