//! `asgi-toll history`: what a layer costs in every release.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{anyhow, bail};
use toll_analysis::bisect::Probed;
use toll_analysis::history::{HISTORY_SCHEMA_VERSION, History, Release, costs, mark_steps};
use toll_core::host::Host;
use toll_core::sample::{Instrument, MeasuredRun};
use toll_lab::bench::{Comparison, Station};
use toll_report::{history_markdown, history_png, render_history};

use super::bisect::{Prober, Range, State};
use crate::cli::{Global, HistoryArgs};
use crate::comparing;
use crate::exit::Exit;
use crate::job::{self, Task, Tolls, Workshop};
use crate::printer::Printer;
use crate::settings::VERSION;

/// Rounds in which releases are timed: as many as an interval needs.
const ROUNDS: u32 = 6;

pub(crate) fn run(args: &HistoryArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let start = Instant::now();
    if args.held.instruments.contains(&Instrument::Load) {
        bail!("a history is counted, and timed with `direct`; leave `load` out");
    }
    let mut state = State::of_history(args)?;
    state.keep()?;
    let workshop = Workshop::open(global, args.held.uv.as_deref(), printer.hushed())?;
    let found = measured(&mut state, &workshop, printer);
    if workshop.aborted() {
        printer.talk(format!(
            "Interrupted; go on with: asgi-toll history --resume {}",
            state.folder.shown()
        ));
        return Ok(Exit::Interrupted);
    }
    let history = History {
        wall_s: start.elapsed().as_secs_f64(),
        ..found?
    };
    let folder = &state.folder;
    folder.keep("history.json", &serde_json::to_vec_pretty(&history)?)?;
    folder.keep("history.md", history_markdown(&history).as_bytes())?;
    folder.keep("history.png", &history_png(&history)?)?;
    if printer.json {
        printer.json(&history)?;
    } else {
        printer.data(&render_history(&history, args.every))?;
    }
    printer.talk(format!("Results: {}", folder.shown()));
    if history
        .releases
        .iter()
        .all(|release| release.footprint.is_none())
    {
        return Ok(Exit::NothingMeasured);
    }
    Ok(Exit::Done)
}

fn measured(state: &mut State, workshop: &Workshop, printer: Printer) -> anyhow::Result<History> {
    let range = Range::of(state, workshop)?;
    printer.talk(range.in_words());
    let mut prober = Prober::new(state, workshop, &range, printer);
    // The newest one first: its companions are those that are held still.
    prober
        .probe(range.versions.len() - 1)?
        .map_err(|skipped| anyhow!("the newest release cannot be measured: {}", skipped.reason))?;
    prober.probe_all()?;
    let timed = if prober.state.held.instruments == [Instrument::Counts] {
        None
    } else {
        Some(timed(&mut prober, printer)?)
    };
    told(&prober, &range, timed)
}

/// Times every release that has a number; the rounds take turns.
fn timed(
    prober: &mut Prober<'_>,
    printer: Printer,
) -> anyhow::Result<(Vec<String>, MeasuredRun, Host)> {
    let known: Vec<Probed> = prober.probed();
    printer.talk(format!(
        "Timing {} releases in {ROUNDS} rounds",
        known.len()
    ));
    let held = prober.held(vec![Instrument::Direct]);
    let places: Vec<usize> = known
        .iter()
        .map(|probed| prober.place(&probed.version))
        .collect();
    let mut planned = prober.at_same_levels(&places, &held)?;
    let settings = &mut planned.plan.settings;
    settings.rounds_min = ROUNDS;
    settings.rounds_max = ROUNDS;
    settings.budget_s = crate::settings::duration(&held.budget)?.as_secs().max(1);
    let mut task = Task::new(planned.order(prober.folder(), held.seed))?;
    let prepared = job::prepare(&task, prober.workshop)?;
    let judge = Arc::new(Tolls(task.plan.settings.clone()));
    let apart = |stations: Vec<Station>| stations.into_iter().map(Comparison::from).collect();
    let measured = job::measure(&mut task, &prepared, &apart, judge, printer)?;
    if measured.interrupted {
        bail!("interrupted");
    }
    let host = measured.run.host.clone();
    let versions = known.into_iter().map(|probed| probed.version).collect();
    Ok((versions, measured.run, host))
}

fn told(
    prober: &Prober<'_>,
    range: &Range,
    timed: Option<(Vec<String>, MeasuredRun, Host)>,
) -> anyhow::Result<History> {
    let (probed, skipped) = (prober.probed(), prober.skipped());
    let time = |version: &String| {
        let (versions, run, _) = timed.as_ref()?;
        let place = versions.iter().position(|known| known == version)?;
        Some(costs(run.series.get(place)?, run, Instrument::Direct))
    };
    let release = |version: &String| {
        let known = probed.iter().find(|probed| probed.version == *version);
        let (base, toll) = time(version).unwrap_or_default();
        Release {
            version: version.clone(),
            footprint: known.map(|known| known.footprint.clone()),
            base,
            toll,
            as_of: known.and_then(|known| known.as_of.clone()),
            skipped: skipped
                .iter()
                .find(|skipped| skipped.version == *version)
                .cloned(),
            is_step: false,
        }
    };
    let mut releases: Vec<Release> = range.versions.iter().map(release).collect();
    let held = &prober.state.held;
    mark_steps(&mut releases, comparing::margin(&held.margin)?.relative);
    Ok(History {
        schema_version: HISTORY_SCHEMA_VERSION,
        tool_version: VERSION.to_owned(),
        distribution: range.distribution.clone(),
        subject: format!(
            "{}, {}, {}",
            prober.framework(),
            held.kinds.join(", "),
            held.workloads.join(", ")
        ),
        python: prober.python(),
        host: timed.map(|(_, _, host)| host).unwrap_or_default(),
        levels: prober.counted_levels(),
        held: prober.state.lock.clone(),
        releases,
        wall_s: 0.0,
    })
}
