//! A container that is run to its end.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::container::{Container, ContainerSpec};
use crate::engine::Engine;
use crate::error::EngineError;

/// How often a wait looks.
const TURN: Duration = Duration::from_millis(10);

/// What a container that came to its end left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub exit_code: i64,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Engine {
    /// Runs a container to its end and removes it; `look` is called with its first process while it runs.
    ///
    /// # Errors
    /// It cannot be started, takes too long, or everything is to stop.
    pub fn run(
        &self,
        spec: &ContainerSpec,
        patience: Duration,
        look: &mut dyn FnMut(u32),
    ) -> Result<Ended, EngineError> {
        let container = self.start(spec)?;
        let process = Process::of(&container)?;
        let start = Instant::now();
        loop {
            look(process.pid);
            if process.seems_gone()
                && let Some(ended) = ended(&container)?
            {
                return Ok(ended);
            }
            if self.abort.load(Ordering::Relaxed) {
                return Err(EngineError::Interrupted);
            }
            if start.elapsed() > patience {
                let (_, err) = container.log(Some(5))?;
                let message = format!("it ran for more than {} s: {err}", patience.as_secs());
                return Err(EngineError::Here(message));
            }
            thread::sleep(TURN);
        }
    }
}

/// What a container left, once it has ended.
fn ended(container: &Container) -> Result<Option<Ended>, EngineError> {
    let state = container.state()?;
    if state.running {
        return Ok(None);
    }
    let (out, err) = container.log(None)?;
    Ok(Some(Ended {
        exit_code: state.exit_code.unwrap_or(-1),
        out,
        err,
    }))
}

/// The first process of a container. Asking the kernel for it costs nothing; asking the engine takes CPU from what
/// may be measured.
struct Process {
    pid: u32,
    folder: PathBuf,
    is_here: bool,
}

impl Process {
    fn of(container: &Container) -> Result<Self, EngineError> {
        let pid = container.state()?.pid.unwrap_or(0);
        let folder = PathBuf::from(format!("/proc/{pid}"));
        Ok(Self {
            pid,
            is_here: folder.exists(),
            folder,
        })
    }

    /// One that is not on this machine may always be gone.
    fn seems_gone(&self) -> bool {
        !self.is_here || !self.folder.exists()
    }
}
