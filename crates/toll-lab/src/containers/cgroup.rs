//! The control group of a container: its CPU time to the nanosecond or microsecond, and its processes.
//!
//! Version 1 has a tree for each controller, `cpuacct.usage` in nanoseconds; version 2 has one tree, `cpu.stat` with
//! `usage_usec` (<https://docs.kernel.org/admin-guide/cgroup-v2.html>).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The control group that accounts for a process's CPU time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cgroup {
    folder: PathBuf,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Cgroup {
    /// That of a process.
    ///
    /// # Errors
    /// It has none that can be read here.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let found = find(&groups, &mounts).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                "it is in no control group for CPU time",
            )
        })?;
        // Whether it can be read is better known now than in the middle of a run.
        found.cpu_ns()?;
        Ok(found)
    }

    /// CPU time that the group has used, in nanoseconds, processes that have ended included.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn cpu_ns(&self) -> io::Result<u64> {
        let strange = || io::Error::new(io::ErrorKind::InvalidData, "no CPU time in it");
        match self.version {
            Version::One => fs::read_to_string(self.folder.join("cpuacct.usage"))?
                .trim()
                .parse()
                .map_err(|_| strange()),
            Version::Two => {
                usage_ns(&fs::read_to_string(self.folder.join("cpu.stat"))?).ok_or_else(strange)
            }
        }
    }

    /// Its processes, sorted.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn pids(&self) -> io::Result<Vec<u32>> {
        let text = fs::read_to_string(self.folder.join("cgroup.procs"))?;
        let mut pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        pids.sort_unstable();
        Ok(pids)
    }
}

fn usage_ns(stat: &str) -> Option<u64> {
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("usage_usec "))?;
    line.trim().parse::<u64>().ok()?.checked_mul(1_000)
}

/// From `/proc/<pid>/cgroup` (lines `number:controllers:path`) and `/proc/self/mountinfo`.
fn find(groups: &str, mounts: &str) -> Option<Cgroup> {
    let lines = || {
        groups.lines().filter_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            Some((fields.next()?, fields.next()?))
        })
    };
    let accounting = lines().find(|(controllers, _)| controllers.split(',').any(is_accounting));
    if let Some((_, path)) = accounting {
        let mount = mounts
            .lines()
            .filter_map(mount)
            .find(|mount| mount.kind == "cgroup" && mount.options.split(',').any(is_accounting))?;
        return Some(Cgroup {
            folder: mount.folder(path)?,
            version: Version::One,
        });
    }
    let (_, path) = lines().find(|(controllers, _)| controllers.is_empty())?;
    let mount = mounts
        .lines()
        .filter_map(mount)
        .find(|mount| mount.kind == "cgroup2")?;
    Some(Cgroup {
        folder: mount.folder(path)?,
        version: Version::Two,
    })
}

fn is_accounting(controller: &str) -> bool {
    controller == "cpuacct"
}

/// A line of `mountinfo`: `… root point options … - kind source super-options`.
struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

fn mount(line: &str) -> Option<Mount<'_>> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ').skip(3);
    let mut after = after.split(' ');
    Some(Mount {
        root: before.next()?,
        point: before.next()?,
        kind: after.next()?,
        options: after.nth(1)?,
    })
}

impl Mount<'_> {
    fn folder(&self, path: &str) -> Option<PathBuf> {
        let below = Path::new(path).strip_prefix(self.root).ok()?;
        Some(Path::new(self.point).join(below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS_1: &str = "\
25 20 0:22 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
27 25 0:24 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,name=systemd
31 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
";
    const MOUNTS_2: &str = "\
30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate
";

    #[test]
    fn both_versions_are_found() {
        let one = find(
            "5:name=systemd:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/system.slice\n",
            MOUNTS_1,
        );
        assert_eq!(
            one,
            Some(Cgroup {
                folder: PathBuf::from("/sys/fs/cgroup/cpu,cpuacct/docker/abc"),
                version: Version::One
            })
        );
        let two = find("0::/system.slice/docker-abc.scope\n", MOUNTS_2);
        assert_eq!(
            two,
            Some(Cgroup {
                folder: PathBuf::from("/sys/fs/cgroup/system.slice/docker-abc.scope"),
                version: Version::Two
            })
        );
    }

    #[test]
    fn a_tree_that_is_mounted_from_below_its_root_is_followed() {
        let mounts = "1 2 0:3 /user/1000 /mnt/cg rw - cgroup2 cgroup2 rw\n";
        let inside = find("0::/user/1000/libpod-abc\n", mounts).unwrap();
        assert_eq!(inside.folder, PathBuf::from("/mnt/cg/libpod-abc"));
        assert_eq!(find("0::/elsewhere\n", mounts), None);
        assert_eq!(find("", MOUNTS_1), None);
    }

    #[test]
    fn microseconds_become_nanoseconds() {
        let stat = "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n";
        assert_eq!(usage_ns(stat), Some(1_234_567_000));
        assert_eq!(usage_ns("user_usec 1\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_group_counts_what_we_burn() {
        // A machine without any control groups has nothing to be tested.
        let Ok(own) = Cgroup::of(std::process::id()) else {
            return;
        };
        assert!(own.pids().unwrap().contains(&std::process::id()));
        let (before, start) = (own.cpu_ns().unwrap(), std::time::Instant::now());
        while start.elapsed() < std::time::Duration::from_millis(60) {
            std::hint::spin_loop();
        }
        assert!(own.cpu_ns().unwrap() > before + 5_000_000);
    }
}
