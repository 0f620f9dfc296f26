//! Who started a container: a process, told from all that had or will have its number.

use std::fmt;
use std::fs;

/// A process of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pid: u32,
    /// When it was started, in ticks since the machine was.
    started: u64,
    /// In which space of process numbers, as the kernel names it: in another one, its number says nothing.
    space: String,
}

impl Owner {
    /// This process.
    pub fn this_process() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            started: started(pid).unwrap_or(0),
            space: space(),
        }
    }

    /// Reads what [`Owner`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(3, '-');
        Some(Self {
            pid: fields.next()?.parse().ok()?,
            started: fields.next()?.parse().ok()?,
            space: fields.next()?.to_owned(),
        })
    }

    /// Whether it is certain that the process is gone.
    pub fn is_gone(&self) -> bool {
        if self.space != space() {
            return false;
        }
        match started(self.pid) {
            Some(started) => started != self.started,
            // The system may hide the processes of other users.
            None => !exists(self.pid),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.pid, self.started, self.space)
    }
}

/// Whether a process of this number is there, whoever's it is.
fn exists(pid: u32) -> bool {
    let known = rustix::process::Pid::from_raw(pid as i32).map(rustix::process::test_kill_process);
    known.is_some_and(|tested| tested != Err(rustix::io::Errno::SRCH))
}

/// Field 22 of `/proc/<pid>/stat`, the twentieth behind the command's closing parenthesis.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields = &stat[stat.rfind(')')? + 1..];
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Such as `4026531836`; empty where the system does not tell.
fn space() -> String {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect();
    link.to_str().map(digits).unwrap_or_default()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_here_and_one_that_ended_is_not() {
        let own = Owner::this_process();
        assert_eq!(Owner::parse(&own.to_string()), Some(own.clone()));
        assert!(!own.is_gone() && own.started > 0);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let other = Owner {
            pid: child.id(),
            started: started(child.id()).unwrap(),
            ..own.clone()
        };
        child.wait().unwrap();
        assert!(other.is_gone());
        let later = Owner {
            started: own.started + 1,
            ..own.clone()
        };
        assert!(later.is_gone(), "another process has its number now");
    }

    #[test]
    fn a_process_elsewhere_is_not_judged() {
        let elsewhere = Owner {
            pid: 1,
            started: 0,
            space: "1".to_owned(),
        };
        assert!(!elsewhere.is_gone());
        assert_eq!(Owner::parse("nonsense"), None);
    }
}
