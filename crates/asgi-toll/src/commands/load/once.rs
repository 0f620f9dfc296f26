//! One run of load, and what is to be said of it.

use std::sync::atomic::AtomicBool;

use serde::Serialize;
use toll_lab::host::Disturbance;
use toll_lab::serving::{ServerLoad, Watch};
use toll_load::{Doubt, LoadPlan, LoadResult, Surroundings, doubts};

use super::server::{self, Saturated};
use super::{objects, words};
use crate::cli::LoadArgs;
use crate::exit::Exit;
use crate::printer::{Pace, Printer};

/// A result with what it is worth.
#[derive(Debug, Serialize)]
pub(super) struct Judged<'a> {
    schema_version: u32,
    #[serde(flatten)]
    pub(super) result: &'a LoadResult,
    /// `None`: its process was not seen, or the look was too short.
    pub(super) server: Option<ServerLoad>,
    pub(super) saturated: Saturated,
    pub(super) surroundings: Surroundings,
    pub(super) doubts: Vec<Doubt>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(
        result: &'a LoadResult,
        server: Option<ServerLoad>,
        surroundings: Surroundings,
    ) -> Self {
        Self {
            schema_version: 1,
            result,
            saturated: Saturated::at(result.client_utilisation, server.as_ref()),
            server,
            surroundings,
            doubts: doubts(result, &surroundings),
        }
    }
}

pub(super) fn run(
    args: &LoadArgs,
    plan: &LoadPlan,
    mut watch: Watch,
    abort: &AtomicBool,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let (progress, pace) = (printer.progress(), Pace::of(plan));
    let before = Disturbance::look();
    let name = server::name(&watch);
    let result = toll_load::run(plan, abort, &mut |seen| {
        server::look(&mut watch, seen);
        progress.load(seen, pace);
    });
    progress.clear();
    let result = result?;
    let surroundings = Surroundings {
        involuntary_switches: before.involuntary_switches(),
        steal_share: before.steal_share(),
    };
    let judged = Judged::new(&result, watch.load(), surroundings);
    if printer.json {
        printer.json(&judged)?;
    } else {
        printer.data(&words::result(&judged, &name, args.per_second))?;
    }
    Ok(exit_of(args, &judged))
}

fn exit_of(args: &LoadArgs, judged: &Judged<'_>) -> Exit {
    let result = judged.result;
    match (result.aborted, result.ok, result.errors.total()) {
        (true, ..) => Exit::Interrupted,
        (_, 0, _) => Exit::NothingMeasured,
        _ if objects(args, &judged.doubts) => Exit::Objection,
        (_, _, 0) => Exit::Done,
        _ => Exit::SomeFailed,
    }
}
