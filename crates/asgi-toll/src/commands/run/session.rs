//! One session of measuring: stations are set up, conducted, and the reports are drawn.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use toll_analysis::results::Analysis;
use toll_lab::bench::{Bench, Comparison};
use toll_lab::conduct::{Conducted, conduct};
use toll_lab::cores::Cores;
use toll_store::Store;

use super::book::Book;
use super::prepare::Prepared;
use super::{Task, report, stations};
use crate::cli::RunArgs;
use crate::exit::Exit;
use crate::printer::{Course, Printer};

pub(super) fn measure(
    task: &mut Task,
    prepared: &Prepared,
    args: &RunArgs,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let (start, cpu_before_s) = (Instant::now(), own_cpu_s());
    let mut store = task.open_store(prepared)?;
    store.begin_session()?;
    store.clear_failures()?;
    let mut stations = stations::set_up(task, prepared, &mut store)?;
    let sockets = tempfile::Builder::new()
        .prefix("asgi-toll-")
        .tempdir()
        .context("no folder for sockets")?;
    let bench = Bench {
        settings: task.plan.settings.clone(),
        seed: task.seed,
        cores: Cores::choose(),
        harness: prepared.unpacked.harness.clone(),
        logs: task.folder.logs(),
        sockets: sockets.path().to_owned(),
        load_program: prepared.load_program.clone(),
        abort: prepared.abort.clone(),
    };
    stations::choose_levels(&bench, &mut stations, &mut store, printer)?;
    let budget = Duration::from_secs(task.plan.settings.budget_s);
    let course = Course::new(budget);
    let mut book = Book::new(
        store,
        task.plan.settings.clone(),
        printer.progress(),
        course,
    );
    let comparisons: Vec<Comparison> = stations.into_iter().map(Comparison::from).collect();
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
    finish(task, store, conducted, spent, args, printer)
}

/// What measuring took; drawing the reports comes after.
#[derive(Debug, Clone, Copy)]
struct Spent {
    wall_s: f64,
    /// CPU time of this process, sending load not counted.
    tool_cpu_s: f64,
}

/// Ends the session in the record and draws the reports. When conducting broke off, the record is
/// all that is kept: whatever broke it, such as a full disk, would break the reports too.
fn finish(
    task: &Task,
    mut store: Store,
    conducted: anyhow::Result<Conducted>,
    spent: Spent,
    args: &RunArgs,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let interrupted = conducted.as_ref().map_or(true, |known| known.interrupted);
    let ended = store.end_session(spent.wall_s, spent.tool_cpu_s, interrupted);
    conducted
        .and_then(|_| Ok(ended?))
        .with_context(|| kept(task))?;
    let analysis = toll_analysis::analyse(&store.load()?);
    drop(store);
    task.folder
        .write_reports(&analysis)
        .with_context(|| kept(task))?;
    report::show(&analysis, printer)?;
    printer.talk(format!("Results: {}", task.folder.shown()));
    if interrupted {
        printer.talk(format!(
            "Interrupted; go on with: asgi-toll run --resume {}",
            task.folder.shown()
        ));
    }
    Ok(if interrupted {
        Exit::Interrupted
    } else {
        verdict(&analysis, &args.fail_on)
    })
}

/// How a run that came to its end ends. A shape that was asked about and is unclear passes no gate.
fn verdict(analysis: &Analysis, fail_on: &[String]) -> Exit {
    if report::has_finding(analysis, fail_on) {
        return Exit::Objection;
    }
    match report::exit_of(analysis) {
        Exit::Done if report::lacks_an_answer(analysis, fail_on) => Exit::Inconclusive,
        exit => exit,
    }
}

fn kept(task: &Task) -> String {
    let folder = task.folder.shown();
    format!(
        "everything measured so far is kept in {folder}; go on with `asgi-toll run --resume {folder}`"
    )
}

/// CPU seconds of this process, its threads included, its children not.
fn own_cpu_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
