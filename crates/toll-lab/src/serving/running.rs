//! A server process and what it started.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use toll_core::failure::{Failure, Stage};

use super::log;
use crate::process::tree::{self, Groups};
use crate::process::{self, RunError};

/// Why a server could not even be started.
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
}

impl StartError {
    /// The same as a record.
    pub fn into_failure(self) -> Failure {
        Failure::new(Stage::Start, "server-not-started", self.to_string())
    }
}

/// A server that was started. Dropping it kills its whole tree.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
    socket: Option<PathBuf>,
    pids: Vec<u32>,
}

impl Running {
    /// Starts a server; what it writes goes to `log`. `socket` is removed when it has ended.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(
        mut command: Command,
        log: PathBuf,
        socket: Option<PathBuf>,
    ) -> Result<Self, StartError> {
        let open = || -> io::Result<(File, File)> {
            if let Some(folder) = log.parent() {
                fs::create_dir_all(folder)?;
            }
            let file = File::create(&log)?;
            let again = file.try_clone()?;
            Ok((file, again))
        };
        let (out, err) = open().map_err(|source| StartError::Log {
            path: log.clone(),
            source,
        })?;
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let child = process::spawn(command)?;
        Ok(Self {
            child,
            log,
            socket,
            pids: Vec::new(),
        })
    }

    /// Whether it has ended by itself, as a record with its last log lines.
    pub fn ended(&self) -> Option<Failure> {
        let status = process::ended(self.child.id())?;
        let failure = Failure::new(
            Stage::Start,
            "server-exited",
            format!("the server ended by itself ({status})"),
        );
        Some(failure.with_log(self.log_tail()))
    }

    /// The processes of its tree at this moment, sorted.
    pub(super) fn members(&self) -> Vec<u32> {
        tree::members(self.child.id())
    }

    /// Its process id, which is the id of its group too.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it writes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> Vec<String> {
        log::tail(&self.log)
    }

    /// Takes note of the processes of the tree and binds them to `core`: to be called once it answers.
    ///
    /// # Errors
    /// The core may not be used.
    pub fn settle(&mut self, core: Option<usize>, groups: &Groups) -> io::Result<()> {
        self.pids = groups.members(self.child.id()).to_vec();
        core.map_or(Ok(()), |core| tree::pin(&self.pids, core))
    }

    /// CPU time of the tree in nanoseconds.
    ///
    /// # Errors
    /// A process of the tree is gone.
    pub fn cpu_ns(&self) -> io::Result<u64> {
        tree::cpu_ns(&self.pids)
    }

    /// Memory of the tree in bytes.
    pub fn resident_bytes(&self) -> u64 {
        tree::resident_bytes(&self.pids)
    }

    /// Whether the tree is still made of the same processes: a worker that was replaced takes its
    /// CPU time with it.
    pub fn is_unchanged(&self, groups: &Groups) -> bool {
        groups.members(self.child.id()) == self.pids
    }

    /// Number of processes in the tree.
    pub fn processes(&self) -> usize {
        self.pids.len()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        process::finish(&mut self.child);
        if let Some(socket) = &self.socket {
            let _ = fs::remove_file(socket);
        }
    }
}
