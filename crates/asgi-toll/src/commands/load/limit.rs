//! `--find-limit`: the highest rate that holds a latency.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;
use toll_lab::host::Disturbance;
use toll_lab::serving::{ServerLoad, Watch};
use toll_load::{
    Doubt, Goal, LimitEvent, LimitReport, LoadPlan, Probe, Surroundings, doubts, find_limit,
};

use super::server::{self, Saturated};
use super::{limit_words, objects, plan};
use crate::cli::LoadArgs;
use crate::exit::Exit;
use crate::printer::{Pace, Printer, Progress};

/// The report with the version of its format, and what the result at the limit is worth.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    schema_version: u32,
    #[serde(flatten)]
    pub(super) report: LimitReport,
    /// The server during each of the probes; `null` where it was not seen.
    servers: Vec<Option<ServerLoad>>,
    /// Who could not go on at the first rate that did not hold; `null` where all held.
    pub(super) saturated: Option<Saturated>,
    surroundings: Surroundings,
    /// Of the result at the limit.
    pub(super) doubts: Vec<Doubt>,
}

pub(super) fn run(
    args: &LoadArgs,
    plan: &LoadPlan,
    goal: Goal,
    watch: Watch,
    abort: &AtomicBool,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let settings = plan::search(args, goal)?;
    let before = Disturbance::look();
    let mut live = Live::new(watch, printer, plan);
    live.progress.say(&limit_words::title(plan, &settings));
    let report = find_limit(plan, &settings, abort, &mut |event| live.on(event));
    live.progress.clear();
    let report = report?;
    let surroundings = Surroundings {
        // Of the whole search, not of the run at the limit, which is what doubts are about.
        involuntary_switches: None,
        steal_share: before.steal_share(),
    };
    let at_limit = report.at_limit.as_ref();
    let saturated = report
        .first_failed
        .as_ref()
        .map(|probe| saturated_at(probe, &report.probes, &live.servers));
    let found = Found {
        schema_version: 1,
        doubts: at_limit.map_or_else(Vec::new, |result| doubts(result, &surroundings)),
        report,
        saturated,
        servers: live.servers,
        surroundings,
    };
    if printer.json {
        printer.json(&found)?;
    } else {
        printer.data(&limit_words::found(&found))?;
    }
    Ok(exit_of(args, &found))
}

/// The last of several looks at the same rate is the one that decided.
fn saturated_at(probe: &Probe, probes: &[Probe], servers: &[Option<ServerLoad>]) -> Saturated {
    let mut pairs = probes.iter().zip(servers).rev();
    let server = pairs
        .find(|(other, _)| *other == probe)
        .and_then(|(_, server)| server.as_ref());
    Saturated::at(probe.client_utilisation, server)
}

fn exit_of(args: &LoadArgs, found: &Found) -> Exit {
    let report = &found.report;
    match report.limit {
        _ if report.interrupted => Exit::Interrupted,
        _ if objects(args, &found.doubts) => Exit::Objection,
        // The question was what the server holds, and that is still not known.
        _ if report.generator_limited || report.gone.is_some() => Exit::Inconclusive,
        None => Exit::Inconclusive,
        Some(_) => Exit::Done,
    }
}

/// Says what happens while it happens, and watches the server.
struct Live {
    watch: Watch,
    progress: Progress,
    pace: Pace,
    servers: Vec<Option<ServerLoad>>,
}

impl Live {
    fn new(watch: Watch, printer: Printer, plan: &LoadPlan) -> Self {
        Self {
            watch,
            progress: printer.progress(),
            pace: Pace::of(plan),
            servers: Vec::new(),
        }
    }

    fn on(&mut self, event: &LimitEvent<'_>) {
        match event {
            LimitEvent::Begun(_, time) => self.begin(*time),
            LimitEvent::Running(seen) => {
                server::look(&mut self.watch, seen);
                self.progress.load(seen, self.pace);
            }
            LimitEvent::ClosedLoop(rate) => self.progress.say(&limit_words::closed_loop(*rate)),
            LimitEvent::Probed(probe) => {
                let load = self.watch.load();
                self.progress.say(&limit_words::probe(probe, load.as_ref()));
                self.servers.push(load);
            }
        }
    }

    fn begin(&mut self, time: Duration) {
        self.watch.reset();
        self.pace = Pace::lasting(time);
    }
}
