//! A server's whole process tree: who belongs to it, its CPU time, its memory, its cores.
//!
//! Every server is started in a process group of its own, and the processes that it forks stay in
//! that group, so the group is the tree.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{Pid, Signal};

/// Kills every process of the group. A group that is gone already is fine.
pub fn kill_group(group: u32) {
    if let Some(pid) = Pid::from_raw(group as i32).filter(|_| group > 1) {
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    }
}

/// Kills one process of a group. One that is gone already is fine: an id that has become another's
/// is not of that group.
pub(crate) fn kill_member(pid: u32, group: u32) {
    let member = living_group_of(pid) == Some(group);
    if let Some(pid) = Pid::from_raw(pid as i32).filter(|_| member) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Every living process of the machine, by group.
#[derive(Debug, Clone, Default)]
pub struct Groups(BTreeMap<u32, Vec<u32>>);

impl Groups {
    /// Looks at all processes once.
    pub fn look() -> Self {
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for pid in pids() {
            if let Some(group) = living_group_of(pid) {
                groups.entry(group).or_default().push(pid);
            }
        }
        for pids in groups.values_mut() {
            pids.sort_unstable();
        }
        Self(groups)
    }

    /// The processes that belong to the group, sorted.
    pub fn members(&self, group: u32) -> &[u32] {
        self.0.get(&group).map_or(&[], Vec::as_slice)
    }
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The processes that belong to the group now, sorted.
pub fn members(group: u32) -> Vec<u32> {
    Groups::look().members(group).to_vec()
}

/// Whether a process is there and has not ended.
pub(crate) fn is_alive(pid: u32) -> bool {
    living_group_of(pid).is_some()
}

/// The process group of a living process; `None` for one that has ended or waits to be reaped.
fn living_group_of(pid: u32) -> Option<u32> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields after the command's closing parenthesis are: state, parent, group, …
fn parse_stat(stat: &str) -> Option<u32> {
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(1)?.parse().ok()
}

/// CPU time in nanoseconds that the processes have used since they started, all threads included,
/// by the kernel's own clock of each process.
///
/// # Errors
/// One of the processes is gone.
pub fn cpu_ns(pids: &[u32]) -> io::Result<u64> {
    pids.iter().map(|pid| process_cpu_ns(*pid)).sum()
}

#[cfg(target_os = "linux")]
fn process_cpu_ns(pid: u32) -> io::Result<u64> {
    let mut clock: libc::clockid_t = 0;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: both calls only write to the two locals, which live throughout.
    let error = unsafe { libc::clock_getcpuclockid(pid as libc::pid_t, &raw mut clock) };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error));
    }
    // SAFETY: as above.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

#[cfg(not(target_os = "linux"))]
fn process_cpu_ns(_pid: u32) -> io::Result<u64> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "CPU time of another process is read on Linux only",
    ))
}

/// Memory of the processes in bytes: pages that several of them share are counted once
/// (proportional set size); where the kernel does not tell it, resident size.
pub fn resident_bytes(pids: &[u32]) -> u64 {
    pids.iter()
        .map(|pid| {
            proportional_bytes(*pid)
                .or_else(|| plain_resident_bytes(*pid))
                .unwrap_or(0)
        })
        .sum()
}

fn proportional_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_ascii_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

fn plain_resident_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Binds every thread of the processes to one core; threads that they start later inherit it.
///
/// # Errors
/// The core does not exist or may not be used.
#[cfg(target_os = "linux")]
pub fn pin(pids: &[u32], core: usize) -> io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    for thread in pids.iter().flat_map(|pid| threads(*pid)) {
        match rustix::thread::sched_setaffinity(Some(thread), &set) {
            // A thread that ended meanwhile needs no core.
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Elsewhere than on Linux processes are not bound.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn pin(_pids: &[u32], _core: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn threads(pid: u32) -> Vec<Pid> {
    let entries = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("task"));
    let names = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    names.filter_map(Pid::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::process::{guard, spawn};

    fn shell(script: &str) -> std::process::Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        spawn(command).unwrap()
    }

    fn eventually(what: impl Fn() -> bool) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            if what() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    #[test]
    fn the_stat_line_is_read_behind_the_command_name() {
        assert_eq!(parse_stat("12 (a) b) S 1 77 77 0"), Some(77));
        assert_eq!(parse_stat("12 (sh) Z 1 77 77 0"), None);
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn a_group_has_its_children_burns_cpu_and_dies_whole() {
        let mut child = shell("(while :; do :; done) & (while :; do :; done) & wait");
        let group = child.id();
        assert!(
            eventually(|| members(group).len() == 3),
            "{:?}",
            members(group)
        );
        let pids = members(group);
        pin(&pids, 0).unwrap();
        let before = cpu_ns(&pids).unwrap();
        assert!(eventually(|| cpu_ns(&pids).unwrap() > before + 20_000_000));
        assert!(resident_bytes(&pids) > 100_000);
        kill_group(group);
        child.wait().unwrap();
        guard::release(group);
        assert!(eventually(|| members(group).is_empty()));
        assert!(cpu_ns(&pids).is_err());
    }
}
