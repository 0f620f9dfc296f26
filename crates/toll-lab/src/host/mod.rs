//! What this machine is, and what it is fit for.

mod clock;
mod cpu;
mod disturbance;
mod engine;
mod remarks;

use std::path::Path;

use toll_core::host::{Host, Interpreter};

use crate::provision::Uv;

pub use disturbance::Disturbance;
pub use remarks::remarks;

/// Reads the facts: about a quarter of a second. `dir` is where results and environments go; it need
/// not be there yet. What cannot be read is `None`.
pub fn facts(dir: &Path, uv: Option<&Uv>, interpreters: &[Interpreter]) -> Host {
    let system = rustix::system::uname();
    let words = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    Host {
        system: format!("{} {}", words(system.sysname()), words(system.release())),
        machine: words(system.machine()),
        cpu_model: cpu::model(),
        cores: cpu::cores(),
        threads_per_core: cpu::threads_per_core(),
        governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        virtual_machine: cpu::virtual_machine(),
        load_average: read("/proc/loadavg")
            .and_then(|text| text.split_whitespace().next()?.parse().ok()),
        steal_share: cpu::steal_share(),
        clock_source: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        clock_read_ns: clock::read_ns(),
        memory_bytes: read("/proc/meminfo").and_then(|text| memory(&text)),
        disk_free_bytes: disk_free(dir),
        uv: uv.map(|uv| format!("uv {}", uv.version)),
        container_engine: engine::version(),
        interpreters: interpreters.to_vec(),
        load_generator: None,
    }
}

/// A small file of the kernel's, without the last line end.
fn read(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

fn memory(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Space for those who are not root, on the file system of the nearest folder that is there.
fn disk_free(dir: &Path) -> Option<u64> {
    let dir = std::path::absolute(dir).ok()?;
    let there = dir.ancestors().find(|folder| folder.exists())?;
    let found = rustix::fs::statvfs(there).ok()?;
    Some(found.f_bavail * found.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(
            memory("MemTotal:        8048528 kB\nMemFree:  1 kB\n"),
            Some(8_241_692_672)
        );
        assert_eq!(memory("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn facts_of_this_machine_are_plausible() {
        let host = facts(Path::new("/tmp/not/there/yet"), None, &[]);
        assert!(host.cores >= 1 && !host.system.is_empty() && !host.machine.is_empty());
        assert!(
            host.clock_read_ns
                .is_some_and(|ns| ns > 0.0 && ns < 100_000.0),
            "{:?}",
            host.clock_read_ns
        );
        assert!(host.disk_free_bytes.is_some());
        assert_eq!(host.uv, None);
        if cfg!(target_os = "linux") {
            assert!(host.memory_bytes.is_some_and(|bytes| bytes > 1 << 26));
            assert!(
                host.load_average.is_some()
                    && host
                        .steal_share
                        .is_some_and(|share| (0.0..=1.0).contains(&share))
            );
        }
    }
}
