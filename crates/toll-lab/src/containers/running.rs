//! A program in a container.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use toll_core::failure::{Failure, Stage};
use toll_engine::{Container, EngineError, State};

use super::cgroup::Cgroup;
use super::failure::engine_failed;
use crate::process::tree::{self, Groups};
use crate::serving::{Running, SERVER_EXITED};

/// How many of its last lines a failure tells.
const TAIL_LINES: usize = 12;

/// The exit code of a process that was killed.
const KILLED: i64 = 137;
/// How long an engine may take to hear of an end and of its reason.
const ENGINE_HEARS: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_millis(10);

/// What must be known of it besides the container.
#[derive(Debug)]
pub(super) struct Keep {
    /// The core that it was to have from the beginning.
    pub(super) core: Option<usize>,
    pub(super) socket: Option<PathBuf>,
    pub(super) log: PathBuf,
    pub(super) memory_mib: u64,
}

/// A program in a container.
#[derive(Debug)]
pub(super) struct Contained {
    container: Container,
    keep: Keep,
    /// Its first process, as this machine numbers it.
    pid: u32,
    /// `None` where the machine does not let us read it; then the clocks of its processes are read.
    cgroup: Option<Cgroup>,
    pids: Vec<u32>,
}

impl Contained {
    pub(super) fn new(container: Container, keep: Keep) -> Result<Self, EngineError> {
        let state = container.state()?;
        // One that has ended already has no number; that it has ended is found when it is looked at.
        let pid = state.pid.unwrap_or(0);
        if state.running && !is_here(pid, &container.id) {
            return Err(EngineError::Here(
                "its processes are not on this machine (an engine in a virtual machine, such as Docker Desktop's): run asgi-toll inside that machine, or use provisioner = \"uv\"".to_owned(),
            ));
        }
        Ok(Self {
            cgroup: Cgroup::of(pid).ok(),
            container,
            keep,
            pid,
            pids: Vec::new(),
        })
    }

    /// What it wrote, standard output first.
    fn written(&self, lines: Option<usize>) -> Result<String, EngineError> {
        let (out, err) = self.container.log(lines)?;
        Ok(out + &err)
    }

    /// Gives its processes the core and nothing else; where the engine cannot do it, we do.
    fn bind(&self, core: usize) -> io::Result<()> {
        let bound = self.container.bind(&[core]);
        if bound.is_ok() && runs_on(self.pid, core) {
            return Ok(());
        }
        tree::pin(&self.pids, core)?;
        if runs_on(self.pid, core) {
            return Ok(());
        }
        Err(bound.map_or_else(io::Error::other, |()| {
            io::Error::other("the engine says that it is bound, and it is not")
        }))
    }

    /// How it ended, once the engine knows: it hears of the end later than the kernel, and of want of memory later still.
    fn last_state(&self) -> Result<State, EngineError> {
        let start = Instant::now();
        loop {
            let state = self.container.state()?;
            let told = state.out_of_memory || state.exit_code != Some(KILLED);
            if (!state.running && told) || start.elapsed() > ENGINE_HEARS {
                return Ok(state);
            }
            thread::sleep(TURN);
        }
    }

    fn is_alive(&self) -> bool {
        self.pid != 0 && tree::is_alive(self.pid)
    }
}

/// Whether the process with this number is the container's, and not that of an engine in a virtual machine. Where the
/// kernel shows no path of a control group, its number has to do.
fn is_here(pid: u32, id: &str) -> bool {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"));
    groups.is_ok_and(|groups| {
        let mut paths = groups.lines().filter_map(|line| line.splitn(3, ':').nth(2));
        groups.contains(id) || paths.all(|path| path == "/")
    })
}

/// Whether a process may use this core and no other.
fn runs_on(pid: u32, core: usize) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mut allowed = status
        .lines()
        .filter_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    allowed
        .next()
        .is_some_and(|list| list.trim() == core.to_string())
}

/// Why a container is no more.
fn ending(state: &State, memory_mib: u64) -> (&'static str, String) {
    if state.out_of_memory {
        let message = format!(
            "the server's container was ended for want of memory: it has {memory_mib} MiB; give it more with memory-mib"
        );
        return ("out-of-memory", message);
    }
    let code = state.exit_code.unwrap_or_default();
    let mut message = format!("the server's container ended by itself (exit code {code})");
    if state.exit_code == Some(KILLED) {
        message = format!(
            "the server's container was killed; if nobody did it, it was for want of memory ({memory_mib} MiB)"
        );
    }
    if !state.error.is_empty() {
        message = format!("{message}: {}", state.error);
    }
    (SERVER_EXITED, message)
}

impl Running for Contained {
    fn ended(&self) -> Option<Failure> {
        if self.is_alive() {
            return None;
        }
        let (code, message) = match self.last_state() {
            Ok(state) => ending(&state, self.keep.memory_mib),
            Err(error) if error.is_not_found() => (
                "container-gone",
                "somebody removed the server's container".to_owned(),
            ),
            Err(error) => {
                let failure = engine_failed(error);
                return Some(Failure {
                    stage: Stage::Start,
                    ..failure
                });
            }
        };
        Some(Failure::new(Stage::Start, code, message).with_log(self.log_tail()))
    }

    fn group(&self) -> u32 {
        self.pid
    }

    fn members(&self) -> Vec<u32> {
        let listed = self.cgroup.as_ref().and_then(|cgroup| cgroup.pids().ok());
        listed.unwrap_or_else(|| tree::members(self.pid))
    }

    fn log_tail(&self) -> Vec<String> {
        let text = self.written(Some(TAIL_LINES)).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].to_vec()
    }

    fn settle(&mut self, core: Option<usize>, _groups: &Groups) -> io::Result<()> {
        self.pids = self.members();
        core.map_or(Ok(()), |core| self.bind(core))
    }

    fn is_bound(&self) -> bool {
        self.keep.core.is_some_and(|core| runs_on(self.pid, core))
    }

    fn cpu_ns(&self) -> io::Result<u64> {
        match &self.cgroup {
            Some(cgroup) => cgroup.cpu_ns(),
            None => tree::cpu_ns(&self.pids),
        }
    }

    fn resident_bytes(&self) -> u64 {
        tree::resident_bytes(&self.pids)
    }

    fn is_unchanged(&self, _groups: &Groups) -> bool {
        self.members() == self.pids
    }

    fn processes(&self) -> usize {
        self.pids.len()
    }

    fn container(&self) -> Option<&str> {
        Some(&self.container.id)
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        // A log that cannot be kept is no reason to keep the container.
        if let Ok(written) = self.written(None) {
            let _ = self.keep.log.parent().map(fs::create_dir_all);
            let _ = fs::write(&self.keep.log, written);
        }
        if let Some(socket) = &self.keep.socket {
            let _ = fs::remove_file(socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_memory_is_told_from_other_ends() {
        let mut state = State {
            running: false,
            pid: None,
            exit_code: Some(137),
            out_of_memory: true,
            error: String::new(),
        };
        let (code, message) = ending(&state, 64);
        assert_eq!(code, "out-of-memory");
        assert!(
            message.contains("64 MiB") && message.contains("memory-mib"),
            "{message}"
        );
        state.out_of_memory = false;
        let (code, message) = ending(&state, 64);
        assert_eq!(code, SERVER_EXITED);
        assert!(message.contains("was killed"), "{message}");
        state.exit_code = Some(3);
        let (_, message) = ending(&state, 64);
        assert!(message.ends_with("(exit code 3)"), "{message}");
    }
}
