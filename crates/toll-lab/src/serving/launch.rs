//! A program of a series, and where it is started: what is the same for processes of this machine and for containers.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};

use toll_core::failure::Failure;

use super::StartError;
use super::door::Door;
use crate::process::tree::Groups;

/// A program to be started. It sees nothing of the user's shell but what it needs to run at all.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program and its arguments.
    pub(crate) words: Vec<String>,
    /// Environment variables.
    pub(crate) variables: Vec<(String, String)>,
    /// Folders that it reads.
    pub(crate) reads: Vec<PathBuf>,
    /// Where it listens, or where it reports.
    pub(crate) door: Door,
    /// The core that it is to run on from the beginning, where its processes cannot be bound later.
    pub(crate) core: Option<usize>,
    /// Where what it writes goes.
    pub(crate) log: PathBuf,
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

    /// Where it writes.
    fn log(&self) -> &Path;

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
