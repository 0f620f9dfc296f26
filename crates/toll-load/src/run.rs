//! Carrying out a plan on threads that share nothing.

use crate::LoadError;
use crate::clock::{duration_ns, now_ns, thread_cpu_ns};
use crate::pin::pin_current_thread;
use crate::plan::{LoadPlan, Stop, share};
use crate::result::{LoadResult, Part};
use crate::tally::Tally;
use crate::worker::{Ending, Gauge, Order, Wanted, Worker};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How often the progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// From the moment all threads are ready to the common start.
const HEAD_START_NS: u64 = 2_000_000;
/// After so many failures in a row on every connection (about ten seconds) a run ends early.
const PATIENCE: u32 = 100;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Since the start, or since the end of the warm-up.
    pub elapsed: Duration,
    /// Nothing is counted yet.
    pub warming_up: bool,
    /// Requests sent.
    pub sent: u64,
    /// Right answers.
    pub ok: u64,
    /// Failures.
    pub errors: u64,
}

/// What the threads have in common. Nothing of it is touched while an exchange is handled.
struct Shared<'a> {
    plan: &'a LoadPlan,
    abort: &'a AtomicBool,
    all_warm: Barrier,
    /// The common start; 0 until all are warm.
    origin_ns: AtomicU64,
    broken: AtomicBool,
    gauges: Vec<Gauge>,
}

/// Carries out a plan. `progress` is called about four times a second in the calling thread; setting `abort` ends the
/// run within some 20 ms, with everything counted so far.
///
/// # Errors
/// [`LoadError::Plan`] or [`LoadError::Request`] when the plan makes no sense, [`LoadError::Connect`] when nothing
/// listens at the target, [`LoadError::Pin`] and [`LoadError::System`] when the machine refuses. Failures of the server
/// after the start are counted in the result.
pub fn run(
    plan: &LoadPlan,
    abort: &AtomicBool,
    progress: &mut dyn FnMut(&Progress),
) -> Result<LoadResult, LoadError> {
    plan.check()?;
    let workers = connect(plan)?;
    let shared = Shared {
        plan,
        abort,
        all_warm: Barrier::new(plan.threads),
        origin_ns: AtomicU64::new(0),
        broken: AtomicBool::new(false),
        gauges: workers.iter().map(|_| Gauge::default()).collect(),
    };
    let parts = std::thread::scope(|scope| {
        let (done, parts) = channel();
        for (index, worker) in workers.into_iter().enumerate() {
            let (done, shared) = (done.clone(), &shared);
            scope.spawn(move || report(index, worker, shared, &done));
        }
        drop(done);
        let started_ns = now_ns();
        let mut finished = Vec::new();
        loop {
            match parts.recv_timeout(PROGRESS_EVERY) {
                Ok(part) => finished.push(part),
                Err(RecvTimeoutError::Timeout) => progress(&shared.progress(started_ns)),
                Err(RecvTimeoutError::Disconnected) => return finished,
            }
        }
    });
    let parts = parts
        .into_iter()
        .collect::<Result<Vec<Part>, LoadError>>()?;
    LoadResult::merge(plan, &parts)
}

fn connect(plan: &LoadPlan) -> Result<Vec<Worker>, LoadError> {
    let wanted = Wanted {
        target: &plan.target,
        requests: &plan.requests,
        expectation: &plan.expectation,
        config: &plan.config(),
    };
    let errand = wanted.choose()?;
    let threads = plan.threads as u64;
    (0..threads)
        .map(|index| {
            let connections = share(plan.connections as u64, index, threads) as usize;
            Worker::connect(errand.clone(), connections, plan.schedule.is_open())
        })
        .collect()
}

fn report(
    index: usize,
    worker: Worker,
    shared: &Shared<'_>,
    done: &Sender<Result<Part, LoadError>>,
) {
    // The receiver lives until all threads have ended.
    let _ = done.send(guarded(|| shared.work(index, worker)));
}

/// A panic must neither take the program down nor leave the other threads waiting at the barrier.
fn guarded<T>(work: impl FnOnce() -> Result<T, LoadError>) -> Result<T, LoadError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(LoadError::Panicked))
}

/// The share of a thread's CPU time that was work. One that sleeps is not charged for it; one that spins is, also for the
/// time between two looks in which others had its core, which the CPU clock leaves out.
fn busy_share(spins: bool, tally: &Tally, wall_ns: u64) -> f64 {
    if !spins {
        return 1.0;
    }
    (1.0 - tally.idle_ns as f64 / wall_ns.max(1) as f64).clamp(0.0, 1.0)
}

impl Shared<'_> {
    fn work(&self, index: usize, mut worker: Worker) -> Result<Part, LoadError> {
        let ready = guarded(|| self.prepare(index, &mut worker));
        if ready.is_err() {
            self.broken.store(true, Ordering::SeqCst);
        }
        if self.all_warm.wait().is_leader() {
            self.origin_ns
                .store(now_ns() + HEAD_START_NS, Ordering::SeqCst);
        }
        self.all_warm.wait();
        ready?;
        let origin_ns = self.origin_ns.load(Ordering::SeqCst);
        worker.tally = Tally::new(self.plan.schedule.is_open())?.with_series(origin_ns);
        let stays = !self.broken.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_nanos(origin_ns.saturating_sub(now_ns())));
        let (start_ns, start_cpu_ns) = (now_ns(), thread_cpu_ns());
        let ending = if stays {
            worker.drive(&self.order(index, origin_ns))?
        } else {
            Ending::default()
        };
        let cpu_ns = thread_cpu_ns() - start_cpu_ns;
        let busy = busy_share(self.plan.spin, &worker.tally, now_ns() - start_ns);
        let cpu_ns = (cpu_ns as f64 * busy) as u64;
        worker.look_back();
        let mut tally = worker.tally;
        tally.close_series(tally.last_ns);
        Ok(Part {
            tally,
            ending,
            cpu_ns,
            origin_ns,
        })
    }

    /// Pins the thread and warms the server up.
    fn prepare(&self, index: usize, worker: &mut Worker) -> Result<(), LoadError> {
        let cores = &self.plan.cores;
        if !cores.is_empty() {
            pin_current_thread(cores[index % cores.len()])?;
        }
        if self.plan.warmup.is_zero() {
            return Ok(());
        }
        let start_ns = now_ns();
        let until_ns = start_ns.saturating_add(duration_ns(self.plan.warmup));
        let order = self.order(index, start_ns);
        worker.drive(&Order {
            until_ns,
            budget: u64::MAX,
            ..order
        })?;
        worker.mend();
        Ok(())
    }

    fn order(&self, index: usize, origin_ns: u64) -> Order<'_> {
        let (index, threads) = (index as u64, self.plan.threads as u64);
        let connections = self.plan.connections as u64;
        let (until_ns, budget) = match self.plan.stop {
            Stop::After(duration) => (origin_ns.saturating_add(duration_ns(duration)), u64::MAX),
            Stop::Count(count) => (u64::MAX, share(count, index, threads)),
        };
        Order {
            schedule: self.plan.schedule,
            lanes: connections,
            first_lane: (0..index)
                .map(|before| share(connections, before, threads))
                .sum(),
            origin_ns,
            until_ns,
            budget,
            patience: PATIENCE,
            spin: self.plan.spin,
            abort: self.abort,
            gauge: Some(&self.gauges[index as usize]),
        }
    }

    fn progress(&self, started_ns: u64) -> Progress {
        let origin_ns = self.origin_ns.load(Ordering::Relaxed);
        let since = if origin_ns == 0 {
            started_ns
        } else {
            origin_ns
        };
        let sum = |of: fn(&Gauge) -> &AtomicU64| {
            self.gauges
                .iter()
                .map(|gauge| of(gauge).load(Ordering::Relaxed))
                .sum()
        };
        Progress {
            elapsed: Duration::from_nanos(now_ns().saturating_sub(since)),
            warming_up: origin_ns == 0,
            sent: sum(|gauge| &gauge.sent),
            ok: sum(|gauge| &gauge.ok),
            errors: sum(|gauge| &gauge.failed),
        }
    }
}
