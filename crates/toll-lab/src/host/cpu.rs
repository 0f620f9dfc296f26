//! Processors: how many, how they are shared, and how much of them others took.

use std::thread;
use std::time::Duration;

use super::read;

/// How long the kernel's counters are watched for stolen time.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn model() -> Option<String> {
    read("/proc/cpuinfo").and_then(|text| field(&text, "model name").map(str::to_owned))
}

fn field<'a>(cpuinfo: &'a str, name: &str) -> Option<&'a str> {
    let pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(key, value)| (key.trim(), value.trim()))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Logical cores that this process may use.
pub(super) fn cores() -> usize {
    thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .max(1)
        .min(allowed().unwrap_or(usize::MAX))
}

#[cfg(target_os = "linux")]
fn allowed() -> Option<usize> {
    let set = rustix::thread::sched_getaffinity(None).ok()?;
    Some(set.count() as usize).filter(|count| *count > 0)
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Option<usize> {
    None
}

pub(super) fn threads_per_core() -> Option<u32> {
    let list = read("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list");
    list.and_then(|list| siblings(&list))
        .or_else(|| siblings_in_cpuinfo(&read("/proc/cpuinfo")?))
}

/// From `0-1` or `0,4`.
fn siblings(list: &str) -> Option<u32> {
    let count = |range: &str| match range.split_once('-') {
        Some((first, last)) => Some(
            last.trim()
                .parse::<u32>()
                .ok()?
                .checked_sub(first.trim().parse().ok()?)?
                + 1,
        ),
        None => range.trim().parse::<u32>().ok().map(|_| 1),
    };
    list.split(',').map(count).sum()
}

fn siblings_in_cpuinfo(cpuinfo: &str) -> Option<u32> {
    let (siblings, cores): (u32, u32) = (
        field(cpuinfo, "siblings")?.parse().ok()?,
        field(cpuinfo, "cpu cores")?.parse().ok()?,
    );
    siblings.checked_div(cores)
}

/// Whether a hypervisor says that it is there; on processors that do not tell, by the firmware's name.
pub(super) fn virtual_machine() -> Option<bool> {
    let cpuinfo = read("/proc/cpuinfo")?;
    if let Some(flags) = field(&cpuinfo, "flags") {
        return Some(flags.split_whitespace().any(|flag| flag == "hypervisor"));
    }
    let vendor = read("/sys/class/dmi/id/sys_vendor")?.to_lowercase();
    Some(
        [
            "qemu",
            "amazon ec2",
            "google",
            "microsoft corporation",
            "vmware",
            "xen",
            "parallels",
        ]
        .iter()
        .any(|name| vendor.contains(name)),
    )
}

/// Share of all CPU time that the hypervisor gave to others during a short look, 0 to 1.
pub(super) fn steal_share() -> Option<f64> {
    let before = ticks(&read("/proc/stat")?)?;
    thread::sleep(LOOK);
    share(before, ticks(&read("/proc/stat")?)?)
}

/// Stolen and all ticks since the start. The two guest columns are part of others and not added.
pub(super) fn ticks(stat: &str) -> Option<(u64, u64)> {
    let columns: Vec<u64> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        .take(8)
        .filter_map(|text| text.parse().ok())
        .collect();
    Some((*columns.get(7)?, columns.iter().sum()))
}

pub(super) fn share(before: (u64, u64), after: (u64, u64)) -> Option<f64> {
    let all = after.1.checked_sub(before.1).filter(|all| *all > 0)?;
    Some(after.0.saturating_sub(before.0) as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_are_counted() {
        assert_eq!(siblings("0-1"), Some(2));
        assert_eq!(siblings("0,4"), Some(2));
        assert_eq!(siblings("0"), Some(1));
        assert_eq!(siblings("0-3,8-11"), Some(8));
        assert_eq!(siblings("none"), None);
        assert_eq!(
            siblings_in_cpuinfo("siblings\t: 4\ncpu cores\t: 2\n"),
            Some(2)
        );
        assert_eq!(siblings_in_cpuinfo("siblings\t: 4\ncpu cores\t: 0\n"), None);
    }

    #[test]
    fn stolen_time_is_a_share_of_all() {
        let before = ticks("cpu  100 0 50 800 10 0 0 40 7 0\ncpu0 1 2 3\n").unwrap();
        let after = ticks("cpu  110 0 55 830 10 0 0 45 7 0\n").unwrap();
        assert_eq!(before, (40, 1000));
        assert_eq!(share(before, after), Some(0.1));
        assert_eq!(share(before, before), None);
        assert_eq!(ticks("cpu  1 2 3\n"), None);
    }

    #[test]
    fn the_model_is_found() {
        assert_eq!(
            field(
                "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\n",
                "model name"
            ),
            Some("A CPU @ 2 GHz")
        );
    }
}
