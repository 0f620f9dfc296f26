//! Setting up: every series is recorded, and those that have an environment get a station.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use toll_core::axes;
use toll_core::failure::{Failure, Stage};
use toll_core::levels::{self, Levels};
use toll_core::plan::{Apart, SeriesPlan};
use toll_core::sample::{Instrument, MeasuredCell, MeasuredSeries};
use toll_lab::bench::{Bench, Station};
use toll_lab::provision::Environment;
use toll_store::Store;

use super::prepare::Prepared;
use super::{Task, facts};
use crate::printer::Printer;

pub(super) fn set_up(
    task: &Task,
    prepared: &Prepared,
    store: &mut Store,
) -> anyhow::Result<Vec<Station>> {
    let labels = task.plan.labels();
    let mut stations = Vec::new();
    for (index, environment) in prepared.environments.iter().enumerate() {
        let environment = environment.as_ref().map_err(Clone::clone);
        match environment.and_then(|environment| as_before(task, index, environment)) {
            Ok(environment) => {
                let station = station(task, prepared, (index, &labels[index]), environment)?;
                record(task, environment, &station, store)?;
                stations.push(station);
            }
            Err(failure) => give_up(task, index, &failure, store)?,
        }
    }
    Ok(stations)
}

/// A series goes on only with the very environment that it began with.
fn as_before<'e>(
    task: &Task,
    index: usize,
    environment: &'e Environment,
) -> Result<&'e Environment, Failure> {
    let Some(before) = task.before(index) else {
        return Ok(environment);
    };
    let python = before.axes.get(axes::PYTHON);
    if before.lock == environment.lock && python == environment.python_version {
        return Ok(environment);
    }
    if environment.image.is_some() && python.is_empty() {
        let message = "the image that it was measured in cannot be built again; start a new run";
        return Err(Failure::new(
            Stage::Provision,
            "environment-changed",
            message,
        ));
    }
    let message = format!(
        "the environment that it was measured in cannot be had again (Python {python}, now {}); start a new run",
        environment.python_version
    );
    Err(Failure::new(
        Stage::Provision,
        "environment-changed",
        message,
    ))
}

/// What an earlier session recorded of a series stays as it is.
fn record(
    task: &Task,
    environment: &Environment,
    station: &Station,
    store: &mut Store,
) -> anyhow::Result<()> {
    if task.before(station.series).is_none() {
        store.put_series(
            station.series,
            &facts::real(task, &station.plan, environment, station),
        )?;
    }
    let name = facts::lock_name(task, &station.plan, environment);
    task.folder.keep_lock(&name, &environment.lock)
}

/// Chooses the levels of series that leave it to us, `few` for comparisons; one that cannot even be
/// tried is given up.
pub(super) fn choose_levels(
    bench: &Bench,
    stations: &mut Vec<Station>,
    few: bool,
    store: &mut Store,
    printer: Printer,
) -> anyhow::Result<()> {
    for station in std::mem::take(stations) {
        if !station.levels.is_empty() || bench.aborted() {
            stations.push(station);
            continue;
        }
        // Sides of a comparison stand at the same levels.
        let model = |place: usize| stations.iter().find(|other| other.series == place);
        let like = station.plan.apart.levels_of.and_then(model);
        if let Some(levels) = like.map(|model| model.levels.clone()) {
            store.add_levels(station.series, &levels)?;
            stations.push(Station { levels, ..station });
            continue;
        }
        let chosen = toll_lab::instrument::choose_levels(bench, &station);
        let chosen = chosen.map(|levels| if few { ladder(&levels) } else { levels });
        if bench.aborted() {
            continue;
        }
        match chosen {
            Ok(levels) => {
                let words: Vec<String> = levels.iter().map(u32::to_string).collect();
                printer.note(format!(
                    "{}: {} middlewares were chosen",
                    station.label,
                    words.join(", ")
                ));
                store.add_levels(station.series, &levels)?;
                stations.push(Station { levels, ..station });
            }
            Err(failure) => {
                printer.failure(
                    format!("{}: {}", station.label, failure.message),
                    &failure.log_tail,
                );
                store.record_failure(station.series, None, &failure)?;
            }
        }
    }
    Ok(())
}

/// The levels of a comparison. Ten layers at least: with fewer, what a heavy layer costs is known badly.
fn ladder(levels: &[u32]) -> Vec<u32> {
    const LEAST: u32 = 10;
    levels
        .last()
        .map(|most| levels::ladder((*most).max(LEAST)))
        .unwrap_or_default()
}

fn give_up(task: &Task, index: usize, failure: &Failure, store: &mut Store) -> anyhow::Result<()> {
    if task.before(index).is_none() {
        store.put_series(index, &facts::planned(task, &task.plan.series[index]))?;
    }
    Ok(store.record_failure(index, None, failure)?)
}

/// How many rounds each instrument has measured already.
fn rounds(before: &MeasuredSeries) -> BTreeMap<Instrument, u32> {
    let of = |cells: &[MeasuredCell]| {
        let slices = cells.iter().flat_map(|cell| &cell.slices);
        slices.map(|slice| slice.round + 1).max().unwrap_or(0)
    };
    let instruments = before.instruments.iter();
    instruments
        .map(|(instrument, cells)| (*instrument, of(cells)))
        .collect()
}

/// The instruments that have measured some levels, and not all.
fn lacking(before: &MeasuredSeries) -> BTreeSet<Instrument> {
    let is_lacking = |cells: &Vec<MeasuredCell>| cells.iter().any(|cell| cell.slices.is_empty());
    let instruments = before.instruments.iter();
    instruments
        .filter(|(_, cells)| is_lacking(cells))
        .map(|(instrument, _)| *instrument)
        .collect()
}

/// The levels: the suite's, or those that were chosen when the run began, or none yet.
fn levels_of(before: Option<&MeasuredSeries>, plan: &SeriesPlan) -> Vec<u32> {
    if let Levels::Listed(levels) = &plan.levels {
        return levels.clone();
    }
    let cells = before.and_then(|before| before.instruments.values().next());
    let cells = cells.map_or(&[][..], Vec::as_slice);
    cells.iter().map(|cell| cell.middlewares).collect()
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
        port: subject.port,
        audited: prepared.is_project(),
        kind: kind.clone(),
        levels: levels_of(task.before(index), series),
        python: environment.python.clone(),
        server: server.clone(),
        workload: workload.clone(),
        proof: workload
            .marks_in
            .as_ref()
            .and_then(|name| catalogue.workloads.get(name))
            .cloned(),
        rounds_before: task.before(index).map(rounds).unwrap_or_default(),
        lacking: task.before(index).map(lacking).unwrap_or_default(),
        slug: slug(task, index),
        home: prepared.home(environment),
    })
}

/// Two sides of a comparison may have the same axes, and still need folders of their own.
fn slug(task: &Task, index: usize) -> String {
    let name = facts::slug(&task.plan.series[index].axes.to_string());
    let is_alone = task
        .plan
        .series
        .iter()
        .all(|series| series.apart == Apart::default());
    if is_alone {
        name
    } else {
        format!("{index}-{name}")
    }
}
