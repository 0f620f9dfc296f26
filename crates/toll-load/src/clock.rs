//! The two clocks: the monotonic one and the CPU time of this thread, both as integer nanoseconds.

use rustix::time::{ClockId, Timespec, clock_gettime};

pub(crate) const NANOS_PER_SECOND: u64 = 1_000_000_000;

pub(crate) fn now_ns() -> u64 {
    to_ns(clock_gettime(ClockId::Monotonic))
}

pub(crate) fn thread_cpu_ns() -> u64 {
    to_ns(clock_gettime(ClockId::ThreadCPUTime))
}

pub(crate) fn timespec(ns: u64) -> Timespec {
    Timespec {
        tv_sec: (ns / NANOS_PER_SECOND) as _,
        tv_nsec: (ns % NANOS_PER_SECOND) as _,
    }
}

fn to_ns(at: Timespec) -> u64 {
    at.tv_sec as u64 * NANOS_PER_SECOND + at.tv_nsec as u64
}

/// A duration as nanoseconds; 584 years and more become the largest number.
pub(crate) fn duration_ns(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
