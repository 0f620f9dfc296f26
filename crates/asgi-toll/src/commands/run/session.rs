//! One session of measuring: stations are set up, conducted, and the reports are drawn.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use toll_core::axes::{self, Axes};
use toll_core::event::Event;
use toll_core::failure::Failure;
use toll_core::plan::SeriesPlan;
use toll_core::server::Bind;
use toll_core::settings::Transport;
use toll_lab::bench::{Bench, Station};
use toll_lab::conduct::{Conducted, conduct};
use toll_lab::cores::Cores;
use toll_lab::ledger::Ledger;
use toll_lab::provision::Environment;
use toll_store::{SeriesFacts, Store};

use super::book::Book;
use super::prepare::Prepared;
use super::{Task, report};
use crate::cli::RunArgs;
use crate::exit::Exit;
use crate::printer::{Course, Printer};

pub(super) fn measure(
    task: &mut Task,
    prepared: &Prepared,
    args: &RunArgs,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let mut store = task.open_store(prepared)?;
    store.begin_session()?;
    store.clear_failures()?;
    let stations = set_up(task, prepared, &mut store)?;
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
        abort: prepared.abort.clone(),
    };
    let budget = Duration::from_secs(task.plan.settings.budget_s);
    let course = Course::new(task.plan.settings.rounds_min, budget);
    let mut book = Book::new(
        store,
        task.plan.settings.clone(),
        printer.progress(),
        course,
    );
    let conducted = run_all(&bench, &stations, budget, &mut book);
    let store = book.close();
    let wall_s = start.elapsed().as_secs_f64();
    finish(task, store, conducted, wall_s, args, printer)
}

/// Conducts, if there is anything to conduct.
fn run_all(
    bench: &Bench,
    stations: &[Station],
    budget: Duration,
    book: &mut Book,
) -> anyhow::Result<Conducted> {
    if stations.is_empty() || bench.abort.load(Ordering::Relaxed) {
        book.event(Event::Finished {
            interrupted: bench.aborted(),
        });
        return Ok(Conducted {
            interrupted: bench.aborted(),
            generator_cpu_ns: 0,
        });
    }
    conduct(bench, stations, budget, book).map_err(|error| anyhow!(error))
}

/// Ends the session in the record and draws the reports, also when conducting broke off: what was
/// measured is worth showing.
fn finish(
    task: &Task,
    mut store: Store,
    conducted: anyhow::Result<Conducted>,
    wall_s: f64,
    args: &RunArgs,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let known = conducted.as_ref().copied().unwrap_or_default();
    let tool_cpu_s = own_cpu_s() - known.generator_cpu_ns as f64 / 1e9;
    let ended = store.end_session(
        wall_s,
        tool_cpu_s.max(0.0),
        known.interrupted || conducted.is_err(),
    );
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
    if known.interrupted {
        printer.talk(format!(
            "Interrupted; go on with: asgi-toll run --resume {}",
            task.folder.shown()
        ));
    }
    Ok(report::exit_of(&analysis, &args.fail_on))
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

/// Records every series and gives those that have an environment a station.
fn set_up(task: &Task, prepared: &Prepared, store: &mut Store) -> anyhow::Result<Vec<Station>> {
    let labels = task.plan.labels();
    let mut stations = Vec::new();
    for (index, (series, environment)) in task
        .plan
        .series
        .iter()
        .zip(&prepared.environments)
        .enumerate()
    {
        match environment {
            Ok(environment) => {
                let station = station(task, prepared, (index, &labels[index]), environment)?;
                if !measured_before(store, index)? {
                    store.put_series(index, &facts(task, series, environment, &station))?;
                }
                task.folder
                    .keep_lock(&lock_name(series, environment), &environment.lock)?;
                stations.push(station);
            }
            Err(failure) => give_up(task, series, index, failure, store)?,
        }
    }
    let progress = store.progress()?;
    for station in &mut stations {
        let before = progress
            .iter()
            .find(|progress| progress.series == station.series);
        station.rounds_before = before
            .and_then(|progress| progress.rounds.iter().map(|(round, _)| round + 1).max())
            .unwrap_or(0);
    }
    Ok(stations)
}

/// The facts of a series that an earlier session has measured stay as they are.
fn measured_before(store: &Store, series: usize) -> anyhow::Result<bool> {
    let progress = store.progress()?;
    Ok(progress
        .iter()
        .any(|progress| progress.series == series && !progress.rounds.is_empty()))
}

fn give_up(
    task: &Task,
    series: &SeriesPlan,
    index: usize,
    failure: &Failure,
    store: &mut Store,
) -> anyhow::Result<()> {
    if !measured_before(store, index)? {
        store.put_series(index, &planned_facts(task, series))?;
    }
    Ok(store.record_failure(index, None, failure)?)
}

fn lock_name(series: &SeriesPlan, environment: &Environment) -> String {
    let id: String = environment.id.chars().take(8).collect();
    slug(&format!(
        "{}-{}-{id}",
        series.axes.get(axes::FRAMEWORK),
        environment
            .version_of(series.axes.get(axes::FRAMEWORK))
            .unwrap_or_default()
    ))
}

fn station(
    task: &Task,
    prepared: &Prepared,
    (index, label): (usize, &str),
    environment: &Environment,
) -> anyhow::Result<Station> {
    let series = &task.plan.series[index];
    let catalogue = &task.shelf.catalogue;
    let missing =
        |what: &str, name: &str| anyhow!("the {what} `{name}` of the plan is not there any more");
    let subject = catalogue
        .subjects
        .get(&series.subject)
        .ok_or_else(|| missing("subject", &series.subject))?;
    let server = catalogue
        .servers
        .get(&series.server)
        .ok_or_else(|| missing("server", &series.server))?;
    let (kind, workload) = (series.axes.get(axes::KIND), series.axes.get(axes::WORKLOAD));
    let kind = subject
        .kinds
        .get(kind)
        .ok_or_else(|| missing("kind", kind))?;
    let workload = catalogue
        .workloads
        .get(workload)
        .ok_or_else(|| missing("workload", workload))?;
    Ok(Station {
        series: index,
        label: label.to_owned(),
        plan: series.clone(),
        subject: task
            .shelf
            .folder(&series.subject, &prepared.unpacked.subjects),
        lifespan: subject.lifespan.clone(),
        mark: kind.mark,
        python: environment.python.clone(),
        server: server.clone(),
        workload: workload.clone(),
        rounds_before: 0,
        slug: slug(&series.axes.to_string()),
    })
}

/// A name that is good for files.
fn slug(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '-'
        }
    };
    text.chars().map(plain).collect()
}

/// The facts of a series as they are before it has an environment.
fn planned_facts(task: &Task, series: &SeriesPlan) -> SeriesFacts {
    let kind = task
        .shelf
        .catalogue
        .subjects
        .get(&series.subject)
        .and_then(|subject| subject.kinds.get(series.axes.get(axes::KIND)));
    let server = task.shelf.catalogue.servers.get(&series.server);
    SeriesFacts {
        planned_axes: series.axes.clone(),
        axes: series.axes.clone(),
        style: kind
            .map(|kind| kind.style.name().to_owned())
            .unwrap_or_default(),
        about: kind.map(|kind| kind.about.clone()).unwrap_or_default(),
        notes: Vec::new(),
        lock: Vec::new(),
        server_command: String::new(),
        switched_off: server
            .map(|server| server.switched_off.clone())
            .unwrap_or_default(),
        levels: series.levels.clone(),
        instrument: series
            .instruments
            .first()
            .copied()
            .unwrap_or(toll_core::sample::Instrument::Load),
    }
}

fn facts(
    task: &Task,
    series: &SeriesPlan,
    environment: &Environment,
    station: &Station,
) -> SeriesFacts {
    let bind = match task.plan.settings.transport {
        Transport::Tcp => Bind::Tcp { port: 0 },
        Transport::Unix => Bind::Unix {
            socket: "SOCKET".to_owned(),
        },
    };
    SeriesFacts {
        axes: real_axes(task, series, environment),
        notes: environment.notes.clone(),
        lock: environment.lock.clone(),
        server_command: station.command_line(bind).join(" "),
        ..planned_facts(task, series)
    }
}

/// The axes with the versions that were really installed.
fn real_axes(task: &Task, series: &SeriesPlan, environment: &Environment) -> Axes {
    let mut real = series.axes.clone();
    real.set(axes::PYTHON, &environment.python_version);
    let catalogue = &task.shelf.catalogue;
    if let Some(version) = catalogue
        .subjects
        .get(&series.subject)
        .and_then(|subject| environment.version_of(&subject.distribution))
    {
        real.set(axes::VERSION, version);
    }
    if let Some(server) = catalogue.servers.get(&series.server)
        && let Some(version) = environment.version_of(&server.distribution)
    {
        real.set(axes::SERVER, format!("{}=={version}", server.name));
    }
    real
}
