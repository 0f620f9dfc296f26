//! The guard: a small process of its own that outlives us by a moment and kills what we started,
//! however we end, `kill -9` included.
//!
//! We hold the write end of a pipe to it and name every process group that we start and every one
//! that we have ended, and the container engine where we use one. When the pipe closes, because we exited
//! or because the kernel closed it for us, the guard kills the groups that are still named, removes
//! what containers of ours are left, and ends.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use toll_engine::{Endpoint, Engine, EngineError};

use super::tree;
use crate::containers::{self, Owner};

/// The hidden argument with which the tool starts itself as the guard.
pub const ARGUMENT: &str = "__guard";

static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();

/// Starts the guard once: `program` is the tool itself.
///
/// # Errors
/// The program cannot be started.
pub fn start(program: &Path) -> io::Result<()> {
    if PIPE.get().is_some() {
        return Ok(());
    }
    let mut command = Command::new(program);
    // A group of its own: Ctrl-C in the terminal must not end the guard before us.
    command.arg(ARGUMENT).process_group(0);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    if let Some(pipe) = child.stdin.take() {
        let _ = PIPE.set(Mutex::new(pipe));
    }
    Ok(())
}

/// Names a process group that must not outlive us.
pub(crate) fn watch(group: u32) {
    tell(&format!("+{group}\n"));
}

/// Says that a process group has ended.
pub(crate) fn release(group: u32) {
    tell(&format!("-{group}\n"));
}

/// Says where containers of ours may be left: the engine's URL.
pub fn watch_engine(engine: &Engine) {
    let (url, owner) = (engine.endpoint().url(), Owner::this_process());
    tell(&format!("@{owner} {url}\n"));
}

fn tell(line: &str) {
    if let Some(Ok(mut pipe)) = PIPE.get().map(Mutex::lock) {
        // One short write is atomic on a pipe; a guard that is gone cannot be told anything.
        let _ = pipe.write_all(line.as_bytes());
    }
}

/// The life of the guard: reads names until the pipe closes, then kills what is left.
pub fn serve(input: impl BufRead) {
    let left = remaining(input);
    for group in left.groups {
        tree::kill_group(group);
    }
    for (owner, url) in left.engines {
        // What cannot be removed now is found by the next run.
        let engine = Endpoint::parse(&url, "the guard")
            .map_err(EngineError::from)
            .and_then(|endpoint| Engine::connect_to(&endpoint, Arc::default()));
        let _ = engine.and_then(|engine| containers::remove_of(&engine, &owner));
    }
}

/// What is left of ours.
#[derive(Debug, Default, PartialEq, Eq)]
struct Left {
    groups: BTreeSet<u32>,
    /// Whose containers, and the URL of the engine.
    engines: BTreeSet<(String, String)>,
}

fn remaining(input: impl BufRead) -> Left {
    let mut left = Left::default();
    let groups = &mut left.groups;
    for line in input.lines().map_while(Result::ok) {
        match line.split_at_checked(1) {
            Some(("+", group)) => drop(group.parse().map(|group| groups.insert(group))),
            Some(("-", group)) => drop(group.parse().map(|group: u32| groups.remove(&group))),
            Some(("@", engine)) => {
                let pair = engine.split_once(' ');
                let pair = pair.map(|(owner, url)| (owner.to_owned(), url.to_owned()));
                left.engines.extend(pair);
            }
            _ => {}
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_started_and_not_ended_remains() {
        let input = "+10\n+11\nnoise\n-10\n+12\n@1-2-3 unix:///a b\n-99\n+x\n";
        let left = remaining(input.as_bytes());
        assert_eq!(left.groups, BTreeSet::from([11, 12]));
        let engine = ("1-2-3".to_owned(), "unix:///a b".to_owned());
        assert_eq!(left.engines, BTreeSet::from([engine]));
    }
}
