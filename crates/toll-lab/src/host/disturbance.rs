//! What else the machine did while something was measured.

use super::{cpu, read};

/// A look at the machine's and this process's counters, to be compared with a later one.
#[derive(Debug, Clone, Copy)]
pub struct Disturbance {
    ticks: Option<(u64, u64)>,
    involuntary: Option<u64>,
}

impl Disturbance {
    /// Looks now.
    pub fn look() -> Self {
        Self {
            ticks: read("/proc/stat").and_then(|text| cpu::ticks(&text)),
            involuntary: involuntary_switches(),
        }
    }

    /// Share of all CPU time since then that the hypervisor gave to others, 0 to 1; `None` where the
    /// kernel does not tell.
    pub fn steal_share(self) -> Option<f64> {
        cpu::share(self.ticks?, Self::look().ticks?)
    }

    /// How often the system has taken a core away from a thread of this process since then.
    pub fn involuntary_switches(self) -> Option<u64> {
        involuntary_switches()?.checked_sub(self.involuntary?)
    }
}

/// Of all threads that this process has and had (`getrusage(2)`).
fn involuntary_switches() -> Option<u64> {
    // SAFETY: all fields are plain numbers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the call only writes to the local, which lives throughout.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    (answer == 0).then_some(usage.ru_nivcsw as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_away_is_counted() {
        let before = Disturbance::look();
        let first = before.involuntary_switches().unwrap();
        // More busy threads than cores: some must be put aside.
        let threads = std::thread::available_parallelism().unwrap().get() * 2 + 1;
        let end = std::time::Instant::now() + std::time::Duration::from_millis(300);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| while std::time::Instant::now() < end {});
            }
        });
        assert!(before.involuntary_switches().unwrap() > first);
        if cfg!(target_os = "linux") {
            let share = before.steal_share().unwrap();
            assert!((0.0..=1.0).contains(&share));
        }
    }
}
