//! `asgi-toll history`: what a layer costs in every release.

mod timing;

use std::time::Instant;

use anyhow::{anyhow, bail};
use toll_analysis::history::{HISTORY_SCHEMA_VERSION, History, Release, mark_steps};
use toll_core::sample::Instrument;
use toll_report::{history_markdown, history_png, render_history};

use super::bisect::{Prober, Range, State};
use crate::cli::{Global, HistoryArgs};
use crate::comparing;
use crate::exit::Exit;
use crate::job::Workshop;
use crate::printer::Printer;
use crate::settings::VERSION;

use timing::{Clocked, clocked};

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
    let clocked = if prober.state.held.instruments == [Instrument::Counts] {
        None
    } else {
        clocked(&mut prober, printer)?
    };
    told(&prober, &range, clocked)
}

fn told(prober: &Prober<'_>, range: &Range, clocked: Option<Clocked>) -> anyhow::Result<History> {
    let (probed, skipped) = (prober.probed(), prober.skipped());
    let time = |version: &String| clocked.as_ref()?.times.get(version).cloned();
    let release = |version: &String| {
        let known = probed.iter().find(|probed| probed.version == *version);
        let time = time(version).unwrap_or_default();
        Release {
            version: version.clone(),
            footprint: known.map(|known| known.footprint.clone()),
            base: time.base,
            toll: time.toll,
            rounds: time.rounds,
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
    let (reference, host) = clocked
        .map(|clocked| (clocked.reference, clocked.host))
        .unzip();
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
        host: host.unwrap_or_default(),
        levels: prober.counted_levels(),
        held: prober.state.lock.clone(),
        reference,
        releases,
        wall_s: 0.0,
    })
}
