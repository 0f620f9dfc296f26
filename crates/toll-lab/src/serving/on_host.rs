//! A program as processes of this machine.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use toll_core::failure::{Failure, Stage};

use super::launch::{Home, Launch, Running, SERVER_EXITED, StartError};
use super::log;
use crate::process;
use crate::process::tree::{self, Groups};

/// What a program needs of the user's own environment to run at all.
const KEPT: [&str; 8] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
];

/// This machine.
#[derive(Debug, Clone, Copy)]
pub struct OnHost;

impl Home for OnHost {
    fn start(&self, launch: Launch) -> Result<Box<dyn Running>, StartError> {
        Ok(Box::new(Tree::start(launch)?))
    }
}

/// A process and what it started: a process group. Dropping it kills the whole group.
#[derive(Debug)]
struct Tree {
    child: Child,
    log: PathBuf,
    socket: Option<PathBuf>,
    pids: Vec<u32>,
}

impl Tree {
    fn start(launch: Launch) -> Result<Self, StartError> {
        let mut command = command(&launch);
        let (out, err) = open(&launch.log).map_err(|source| StartError::Log {
            path: launch.log.clone(),
            source,
        })?;
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let child = process::spawn(command)?;
        Ok(Self {
            child,
            socket: launch.door.socket().cloned(),
            log: launch.log,
            pids: Vec::new(),
        })
    }
}

fn command(launch: &Launch) -> Command {
    // A program without a name is refused by the system.
    let (program, arguments) = launch
        .words
        .split_first()
        .map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(folder) = &launch.project {
        command.current_dir(folder);
    } else {
        command.env_clear();
        let kept = KEPT
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.envs(kept);
    }
    command.envs(launch.variables.iter().map(|(name, value)| (name, value)));
    command
}

/// The log for standard output and for standard error.
fn open(log: &Path) -> io::Result<(File, File)> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(log)?;
    let again = file.try_clone()?;
    Ok((file, again))
}

impl Running for Tree {
    fn ended(&self) -> Option<Failure> {
        let status = process::ended(self.child.id())?;
        let failure = Failure::new(
            Stage::Start,
            SERVER_EXITED,
            format!("the server ended by itself ({status})"),
        );
        Some(failure.with_log(self.log_tail()))
    }

    fn group(&self) -> u32 {
        self.child.id()
    }

    fn members(&self) -> Vec<u32> {
        tree::members(self.child.id())
    }

    fn log_tail(&self) -> Vec<String> {
        log::tail(&self.log)
    }

    fn settle(&mut self, core: Option<usize>, groups: &Groups) -> io::Result<()> {
        self.pids = groups.members(self.child.id()).to_vec();
        core.map_or(Ok(()), |core| tree::pin(&self.pids, core))
    }

    fn cpu_ns(&self) -> io::Result<u64> {
        tree::cpu_ns(&self.pids)
    }

    fn resident_bytes(&self) -> u64 {
        tree::resident_bytes(&self.pids)
    }

    fn is_unchanged(&self, groups: &Groups) -> bool {
        groups.members(self.child.id()) == self.pids
    }

    fn processes(&self) -> usize {
        self.pids.len()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        process::finish(&mut self.child);
        if let Some(socket) = &self.socket {
            let _ = fs::remove_file(socket);
        }
    }
}
