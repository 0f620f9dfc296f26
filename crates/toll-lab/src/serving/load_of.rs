//! How much a server that somebody else started has to do while load is sent to it.

use std::fs;
use std::time::Instant;

use serde::Serialize;

use super::listener;
use crate::process::tree;

/// A process or thread that is busy for more than this is saturated.
const SATURATED: f64 = 0.9;
/// One interpreter with a global lock uses up to about one core, whatever the number of its threads.
const ONE_CORE: f64 = 1.1;
/// A shorter look says too little.
const SHORTEST_S: f64 = 0.5;

/// What a server's processes used during a look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerLoad {
    /// The processes that were there from the beginning to the end of the look.
    pub pids: Vec<u32>,
    /// Length of the look, in nanoseconds.
    pub looked_ns: u64,
    /// CPU time of the processes during the look, in nanoseconds.
    pub cpu_ns: u64,
    /// Cores that all of them used together: CPU time ÷ time.
    pub cores_used: f64,
    /// The busiest process's share of a core; above 1 where several of its threads ran at once.
    pub busiest_process: f64,
    /// The share of the time in which the busiest thread ran or waited for a core, 0 to 1; `None`
    /// where the kernel does not tell.
    pub busiest_thread: Option<f64>,
    /// The share of the time in which that thread had work but no core to do it on.
    pub waited_for_core: Option<f64>,
    /// CPU time per request that was answered during the look, in nanoseconds.
    pub cpu_per_request_ns: Option<u64>,
    /// Whether the server could hardly have done more.
    pub saturated: bool,
}

/// Watches a server between two moments of a load.
#[derive(Debug)]
pub struct Watch {
    roots: Vec<u32>,
    first: Option<Look>,
    last: Option<Look>,
}

/// The state of the counters at one moment.
#[derive(Debug, Clone)]
struct Look {
    at: Instant,
    requests: u64,
    processes: Vec<Counters>,
}

#[derive(Debug, Clone)]
struct Counters {
    pid: u32,
    cpu_ns: u64,
    threads: Vec<Thread>,
}

/// What a thread has had of the cores since it began.
#[derive(Debug, Clone, Copy, Default)]
struct Thread {
    id: u32,
    ran_ns: u64,
    waited_ns: u64,
}

impl Thread {
    fn since(self, before: &[Self]) -> Self {
        let known = before.iter().find(|other| other.id == self.id);
        let known = known.copied().unwrap_or_default();
        Self {
            id: self.id,
            ran_ns: self.ran_ns.saturating_sub(known.ran_ns),
            waited_ns: self.waited_ns.saturating_sub(known.waited_ns),
        }
    }

    /// Time in which it had something to do.
    fn wanted_ns(self) -> u64 {
        self.ran_ns + self.waited_ns
    }
}

impl Watch {
    /// Over these processes and their descendants.
    pub fn over(roots: Vec<u32>) -> Self {
        Self {
            roots,
            first: None,
            last: None,
        }
    }

    /// Whose load is watched.
    pub fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// Forgets what was seen.
    pub fn reset(&mut self) {
        (self.first, self.last) = (None, None);
    }

    /// Looks, when so many requests have been answered. The first look begins what is told.
    pub fn look(&mut self, requests: u64) {
        if self.roots.is_empty() {
            return;
        }
        match &self.first {
            None => {
                let pids = listener::with_descendants(&self.roots);
                self.first = Some(Look::now(pids.into_iter(), requests));
            }
            // Searching for descendants reads every process of the machine, which would disturb the load.
            Some(first) => {
                let pids = first.processes.iter().map(|process| process.pid);
                self.last = Some(Look::now(pids, requests));
            }
        }
    }

    /// What was used between the first and the last look; `None` where that is too short, or none of
    /// the processes was there throughout.
    pub fn load(&self) -> Option<ServerLoad> {
        between(self.first.as_ref()?, self.last.as_ref()?)
    }
}

impl Look {
    fn now(pids: impl Iterator<Item = u32>, requests: u64) -> Self {
        let at = Instant::now();
        let processes = pids.filter_map(Counters::of).collect();
        Self {
            at,
            requests,
            processes,
        }
    }
}

impl Counters {
    fn of(pid: u32) -> Option<Self> {
        Some(Self {
            pid,
            cpu_ns: tree::cpu_ns(&[pid]).ok()?,
            threads: threads(pid),
        })
    }

    fn busiest_thread(&self, before: &Self) -> Option<Thread> {
        let since = self
            .threads
            .iter()
            .map(|thread| thread.since(&before.threads));
        since.max_by_key(|thread| thread.wanted_ns())
    }
}

/// The first two numbers of `schedstat` are the times on a core and waiting for one, in nanoseconds.
fn threads(pid: u32) -> Vec<Thread> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"));
    let counters = entries.into_iter().flatten().flatten().filter_map(|entry| {
        let text = fs::read_to_string(entry.path().join("schedstat")).ok()?;
        let mut numbers = text.split_ascii_whitespace();
        Some(Thread {
            id: entry.file_name().to_str()?.parse().ok()?,
            ran_ns: numbers.next()?.parse().ok()?,
            waited_ns: numbers.next()?.parse().ok()?,
        })
    });
    counters.collect()
}

fn between(first: &Look, last: &Look) -> Option<ServerLoad> {
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    if seconds < SHORTEST_S {
        return None;
    }
    let pairs: Vec<(&Counters, &Counters)> = last
        .processes
        .iter()
        .filter_map(|now| {
            Some((
                now,
                first.processes.iter().find(|then| then.pid == now.pid)?,
            ))
        })
        .collect();
    let used = |(now, then): &(&Counters, &Counters)| now.cpu_ns.saturating_sub(then.cpu_ns);
    let share = |ns: u64| ns as f64 / 1e9 / seconds;
    let cpu_ns: u64 = pairs.iter().map(used).sum();
    let busiest_process = share(pairs.iter().map(used).max()?);
    let threads = pairs
        .iter()
        .filter_map(|(now, then)| now.busiest_thread(then));
    let thread = threads.max_by_key(|thread| thread.wanted_ns());
    let busiest_thread = thread.map(|thread| share(thread.wanted_ns()).min(1.0));
    let requests = last.requests.saturating_sub(first.requests);
    Some(ServerLoad {
        pids: pairs.iter().map(|(now, _)| now.pid).collect(),
        looked_ns: (seconds * 1e9) as u64,
        cpu_ns,
        cores_used: share(cpu_ns),
        busiest_process,
        busiest_thread,
        waited_for_core: thread.map(|thread| share(thread.waited_ns)),
        cpu_per_request_ns: cpu_ns.checked_div(requests),
        saturated: is_saturated(share(cpu_ns), busiest_process, busiest_thread),
    })
}

/// One thread that never rests (were it only for want of a core), or many threads that share one core between them as those of one
/// interpreter do, or all the cores that there are.
fn is_saturated(cores_used: f64, process: f64, thread: Option<f64>) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    thread.is_some_and(|thread| thread >= SATURATED)
        || (SATURATED..=ONE_CORE).contains(&process)
        || cores_used >= SATURATED * cores
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;
    use crate::process::{guard, spawn};

    fn load_of(script: &str) -> ServerLoad {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut child = spawn(command).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        let mut watch = Watch::over(vec![child.id()]);
        watch.look(100);
        std::thread::sleep(Duration::from_millis(600));
        watch.look(600);
        let load = watch.load();
        tree::kill_group(child.id());
        child.wait().unwrap();
        guard::release(child.id());
        load.unwrap()
    }

    #[test]
    fn a_busy_child_is_seen_and_shared_among_the_requests() {
        let load = load_of("(while :; do :; done) & wait");
        assert!(load.pids.len() == 2 && load.cpu_ns > 50_000_000, "{load:?}");
        assert_eq!(load.cpu_per_request_ns, Some(load.cpu_ns / 500));
        // However busy the machine is: a loop always wants to run.
        assert!(
            load.busiest_thread.unwrap() > 0.9 && load.saturated,
            "{load:?}"
        );
    }

    #[test]
    fn one_that_sleeps_is_not_saturated() {
        let load = load_of("sleep 5");
        assert!(load.cores_used < 0.1 && !load.saturated, "{load:?}");
    }

    #[test]
    fn a_short_look_says_nothing() {
        let mut watch = Watch::over(vec![std::process::id()]);
        watch.look(0);
        watch.look(1);
        assert_eq!(watch.load(), None);
    }

    #[test]
    fn saturation_has_three_faces() {
        assert!(is_saturated(0.95, 0.95, Some(0.95)));
        assert!(is_saturated(1.0, 1.0, Some(0.3)));
        assert!(is_saturated(1.3, 1.3, Some(0.92)));
        assert!(!is_saturated(0.5, 0.5, Some(0.5)) && !is_saturated(0.5, 0.5, None));
    }
}
