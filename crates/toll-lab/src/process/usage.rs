//! What a program that has ended used up.

use std::fs;
use std::io;
use std::process::Child;

use super::{guard, tree};

/// What a program used up, all of its threads and the children that it waited for included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time, in user and kernel mode.
    pub cpu_ns: u64,
    /// The most memory that it held at once, in bytes.
    pub peak_resident_bytes: u64,
}

impl Usage {
    /// What was seen while it ran is its own; what the kernel says at the end (`ru_maxrss`) is not less than the size of
    /// the process that started it, as a fork begins as a copy of it.
    pub(super) fn with_peak_seen(self, seen_bytes: u64) -> Self {
        match seen_bytes {
            0 => self,
            peak_resident_bytes => Self {
                peak_resident_bytes,
                ..self
            },
        }
    }
}

/// Ends a child and its group in the order of [`finish`](super::finish), and says what it used up.
pub(super) fn finish_metered(child: &mut Child) -> Usage {
    tree::kill_group(child.id());
    guard::release(child.id());
    reap(child.id()).unwrap_or_else(|_| {
        let _ = child.wait();
        Usage::default()
    })
}

/// Waits for a child of ours and gives its id back; nothing may wait for it afterwards.
fn reap(pid: u32) -> io::Result<Usage> {
    let mut status = 0;
    // SAFETY: all fields are plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: the call only writes to the two locals, which live throughout.
        let reaped = unsafe { libc::wait4(pid as libc::pid_t, &raw mut status, 0, &raw mut usage) };
        if reaped >= 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let ns = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1_000;
    Ok(Usage {
        cpu_ns: ns(usage.ru_utime) + ns(usage.ru_stime),
        peak_resident_bytes: usage.ru_maxrss as u64 * MAXRSS_UNIT,
    })
}

/// Linux and the BSDs count in KiB, macOS in bytes.
const MAXRSS_UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

/// The most memory that a living process has held; `None` where the system does not tell.
pub(crate) fn peak_resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use crate::process::{Limits, run_metered};

    #[test]
    fn work_is_seen_as_cpu_time_and_memory_as_the_programs_own() {
        let ballast = vec![1_u8; 64 << 20];
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo $i",
        ]);
        let limits = Limits {
            timeout: Duration::from_mins(1),
            abort: std::sync::Arc::default(),
        };
        let (finished, usage) = run_metered(command, &limits).unwrap();
        assert_eq!(finished.stdout, "200000\n");
        assert!(usage.cpu_ns > 10_000_000, "{usage:?}");
        let peak = usage.peak_resident_bytes;
        assert!(peak > 100_000 && peak < ballast.len() as u64, "{usage:?}");
    }
}
