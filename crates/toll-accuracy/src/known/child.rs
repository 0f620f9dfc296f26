//! The parent's side of the known server.

use super::sight::Sight;
use super::spec::Spec;
use crate::AccuracyError;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The program that calls [`serve`](super::serve), and what it is to be called with before the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; the spec follows as the last one.
    pub arguments: Vec<String>,
}

/// A known server that runs. It ends when this is dropped.
#[derive(Debug)]
pub struct KnownServer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Launcher {
    /// Starts a known server and waits until it listens.
    ///
    /// # Errors
    /// [`AccuracyError::Start`] when the program cannot be started, [`AccuracyError::Server`] when it ends at once.
    pub fn start(&self, spec: &Spec) -> Result<KnownServer, AccuracyError> {
        let failed = |source| AccuracyError::Start {
            program: self.program.display().to_string(),
            source,
        };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(serde_json::to_string(spec)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(AccuracyError::Server("it has no pipes".into()));
        };
        let mut server = KnownServer {
            child,
            input,
            output: BufReader::new(output),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let line = server.line()?;
        server.address = line.parse().map_err(|_| {
            AccuracyError::Server(format!("it said `{line}` instead of its address"))
        })?;
        Ok(server)
    }
}

impl KnownServer {
    /// The address as load generators want it.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Counts from zero.
    ///
    /// # Errors
    /// [`AccuracyError::Server`] when it has ended.
    pub fn reset(&mut self) -> Result<(), AccuracyError> {
        self.ask("reset").map(drop)
    }

    /// What it saw since the last reset.
    ///
    /// # Errors
    /// [`AccuracyError::Server`] when it has ended.
    pub fn report(&mut self) -> Result<Sight, AccuracyError> {
        Ok(serde_json::from_str(&self.ask("report")?)?)
    }

    /// A handle that stops it and lets it go on, usable from another thread while this one sends load.
    pub fn brake(&self) -> Brake {
        Brake(Pid::from_child(&self.child))
    }

    fn ask(&mut self, command: &str) -> Result<String, AccuracyError> {
        writeln!(self.input, "{command}")
            .and_then(|()| self.input.flush())
            .map_err(|error| AccuracyError::Server(format!("it takes no commands: {error}")))?;
        self.line()
    }

    fn line(&mut self) -> Result<String, AccuracyError> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(AccuracyError::Server("it ended unexpectedly".into()));
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for KnownServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Stops a process as Ctrl-Z does.
#[derive(Debug, Clone, Copy)]
pub struct Brake(Pid);

impl Brake {
    /// SIGSTOP.
    ///
    /// # Errors
    /// [`AccuracyError::Io`] when the process has gone.
    pub fn stop(self) -> Result<(), AccuracyError> {
        Ok(kill_process(self.0, Signal::STOP)?)
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// [`AccuracyError::Io`] when the process has gone.
    pub fn release(self) -> Result<(), AccuracyError> {
        Ok(kill_process(self.0, Signal::CONT)?)
    }
}
