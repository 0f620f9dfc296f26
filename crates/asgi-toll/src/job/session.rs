//! One session of measuring: stations are set up, conducted, and what was measured is read back.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use toll_core::failure::Failure;
use toll_core::sample::MeasuredRun;
use toll_lab::bench::{Bench, Comparison, Station};
use toll_lab::conduct::{Conducted, conduct};
use toll_lab::cores::Cores;
use toll_lab::driving::FunctionCalls;
use toll_lab::instrument::{Inspected, Looking};
use toll_store::Store;

use super::book::{Book, Judge};
use super::prepare::Prepared;
use super::{Task, stations};
use crate::printer::{Course, Printer};

/// What a session left.
pub(crate) struct Measured {
    /// All that is recorded, earlier sessions included.
    pub(crate) run: MeasuredRun,
    /// Whether it was stopped from outside.
    pub(crate) interrupted: bool,
}

/// Measures a task. `side_by_side` puts stations together that share their blocks; `judge` says when
/// it is enough.
pub(crate) fn measure(
    task: &mut Task,
    prepared: &Prepared,
    side_by_side: &dyn Fn(Vec<Station>) -> Vec<Comparison>,
    judge: Arc<dyn Judge>,
    printer: Printer,
) -> anyhow::Result<Measured> {
    let (start, cpu_before_s) = (Instant::now(), own_cpu_s());
    let mut store = task.open_store(prepared)?;
    store.begin_session()?;
    store.clear_failures()?;
    let mut stations = stations::set_up(task, prepared, &mut store)?;
    let sockets = sockets()?;
    let bench = bench(task, prepared, sockets.path());
    let few = !task.question.pairs.is_empty() || is_held(task);
    stations::choose_levels(&bench, &mut stations, few, &mut store, printer)?;
    let budget = Duration::from_secs(task.plan.settings.budget_s);
    let comparisons = side_by_side(stations);
    let course = Course::new(budget);
    let mut book = Book::new(store, judge, printer.progress(), course);
    let conducted =
        conduct(&bench, &comparisons, budget, &mut book).map_err(|error| anyhow!(error));
    let store = book.close();
    let generator_cpu_s = conducted
        .as_ref()
        .map_or(0.0, |known| known.generator_cpu_ns as f64 / 1e9);
    let spent = Spent {
        wall_s: start.elapsed().as_secs_f64(),
        tool_cpu_s: (own_cpu_s() - cpu_before_s - generator_cpu_s).max(0.0),
    };
    let kept = if prepared.is_project() {
        "nothing that was measured is kept".to_owned()
    } else {
        task.kept()
    };
    finish(store, conducted, spent, kept)
}

/// The functions that one request enters, of every series, through as many layers as the plan has at most.
pub(crate) fn profiles(
    task: &mut Task,
    prepared: &Prepared,
) -> anyhow::Result<(u32, Vec<Vec<FunctionCalls>>)> {
    let mut store = task.open_store(prepared)?;
    let stations = stations::set_up(task, prepared, &mut store)?;
    let sockets = sockets()?;
    let bench = bench(task, prepared, sockets.path());
    let most = stations
        .iter()
        .filter_map(|station| station.levels.last())
        .min();
    let most = most.copied().unwrap_or(1);
    let profile = |station: &Station| {
        toll_lab::instrument::profile(&bench, station, most).map_err(|failure| anyhow!("{failure}"))
    };
    Ok((
        most,
        stations.iter().map(profile).collect::<Result<_, _>>()?,
    ))
}

/// A first look at every series: what its application answers, and which layers it has.
pub(crate) fn inspected(
    task: &mut Task,
    prepared: &Prepared,
    looking: Looking<'_>,
) -> anyhow::Result<Vec<Result<Inspected, Failure>>> {
    let mut store = task.open_store(prepared)?;
    let stations = stations::set_up(task, prepared, &mut store)?;
    let sockets = sockets()?;
    let bench = bench(task, prepared, sockets.path());
    let look = |station: &Station| toll_lab::instrument::inspect(&bench, station, looking);
    Ok(stations.iter().map(look).collect())
}

/// Whether series are held to one another, so that they stand at the same levels.
fn is_held(task: &Task) -> bool {
    task.plan
        .series
        .iter()
        .any(|series| series.apart.levels_of.is_some())
}

fn sockets() -> anyhow::Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix("asgi-toll-")
        .tempdir()
        .context("no folder for sockets")
}

fn bench(task: &Task, prepared: &Prepared, sockets: &Path) -> Bench {
    Bench {
        settings: task.plan.settings.clone(),
        seed: task.seed,
        cores: Cores::choose(),
        harness: prepared.unpacked.harness.clone(),
        logs: task.folder.logs(),
        sockets: sockets.to_owned(),
        load_program: prepared.load_program.clone(),
        abort: prepared.abort.clone(),
    }
}

/// What measuring took; drawing the reports comes after.
#[derive(Debug, Clone, Copy)]
struct Spent {
    wall_s: f64,
    /// CPU time of this process, sending load not counted.
    tool_cpu_s: f64,
}

/// Ends the session in the record and reads it back. When conducting broke off, the record is
/// all that is kept: whatever broke it, such as a full disk, would break the reports too.
fn finish(
    mut store: Store,
    conducted: anyhow::Result<Conducted>,
    spent: Spent,
    kept: String,
) -> anyhow::Result<Measured> {
    let interrupted = conducted.as_ref().map_or(true, |known| known.interrupted);
    let ended = store.end_session(spent.wall_s, spent.tool_cpu_s, interrupted);
    conducted.and_then(|_| Ok(ended?)).context(kept)?;
    Ok(Measured {
        run: store.load()?,
        interrupted,
    })
}

/// CPU seconds of this process, its threads included, its children not.
fn own_cpu_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
