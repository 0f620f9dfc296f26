//! The end of a child: seen without reaping it, and brought about in an order in which its process id
//! cannot have become another's.

use std::fmt;
use std::process::Child;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::{guard, tree};

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself, with this exit code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// Whether a child has ended. It is not reaped: as long as it is not, its id stays its own.
pub(crate) fn ended(child: u32) -> Option<Ending> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(Pid::from_raw(child as i32)?), options)
        .ok()
        .flatten()?;
    let exit = status.exit_status().map(Ending::Exit);
    exit.or_else(|| status.terminating_signal().map(Ending::Signal))
}

/// Ends a child and its group: first the group is killed, then the guard is told, then the child is
/// reaped, which gives its id back.
pub(crate) fn finish(child: &mut Child) {
    tree::kill_group(child.id());
    guard::release(child.id());
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::process::spawn;

    fn ending_of(script: &str) -> Ending {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut child = spawn(command).unwrap();
        let ending = loop {
            match ended(child.id()) {
                Some(ending) => break ending,
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        assert_eq!(ended(child.id()), Some(ending), "it is still there");
        finish(&mut child);
        assert_eq!(ended(child.id()), None);
        ending
    }

    #[test]
    fn an_end_is_seen_and_told_before_the_child_is_reaped() {
        assert_eq!(ending_of("exit 7").to_string(), "exit code 7");
        assert_eq!(ending_of("kill -TERM $$").to_string(), "signal 15");
    }
}
