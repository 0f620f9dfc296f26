//! `asgi-toll run`: the main job, from a suite to the reports.

mod book;
mod containers;
mod facts;
mod prepare;
mod session;
mod stations;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use toll_core::host::Host;
use toll_core::plan::{Plan, SeriesPlan};
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_lab::generator::{self, Generator, Program};
use toll_lab::process::guard;
use toll_store::{Header, Store};

use super::{plan, report};
use crate::catalogue::{self, Shelf};
use crate::cli::{Global, RunArgs};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::printer::Printer;
use crate::settings::VERSION;
use crate::stop;

use prepare::Prepared;

pub(crate) fn run(args: &RunArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let abort = stop::flag()?;
    let tool = std::env::current_exe().context("the tool does not find itself")?;
    guard::start(&tool).context("the guard process cannot be started")?;
    let mut task = Task::from(args)?;
    if task.plan.quick {
        printer.note(QUICK);
    }
    for which in &task.plan.not_applicable {
        printer.note(format!("not applicable: {}: {}", which.axes, which.reason));
    }
    let prepared = prepare::prepare(&task, args, global, Arc::clone(&abort), printer);
    if abort.load(Ordering::Relaxed) {
        task.folder.remove_if_empty();
        printer.talk("Interrupted before measuring began");
        return Ok(Exit::Interrupted);
    }
    session::measure(&mut task, &prepared?, args, printer)
}

const QUICK: &str = "a quick look: the lowest two and the highest level, few slices; intervals are wider, and a bend of the cost is not seen";

/// Seeds from the clock fit into 53 bits: readers of JSON that know only doubles keep them whole.
const SEED_BITS: u64 = (1 << 53) - 1;

/// What is to be done: a new run, or the rest of an old one.
struct Task {
    plan: Plan,
    /// Name or absolute path of the suite.
    suite: String,
    shelf: Shelf,
    folder: Folder,
    /// The record, when there is one already.
    stored: Option<Store>,
    /// What it holds, in the order of the plan.
    before: Vec<MeasuredSeries>,
    seed: u64,
    started_at: String,
    /// The program that sends the load, where it is not the tool itself.
    load_program: Option<Program>,
}

/// What the record keeps of a task, so that it can be resumed.
#[derive(Serialize, Deserialize)]
struct Recorded {
    plan: Plan,
    suite: String,
    /// Digest of what makes up the servers.
    sources: String,
}

impl Task {
    fn from(args: &RunArgs) -> anyhow::Result<Self> {
        match &args.resume {
            Some(dir) => Self::resumed(args, dir),
            None => Self::new(args),
        }
    }

    fn new(args: &RunArgs) -> anyhow::Result<Self> {
        let (plan, shelf) = plan::chosen(&args.choice)?;
        let load_program = load_program(&plan)?;
        let now = Timestamp::now();
        let folder = Folder::create(args.out.as_deref(), now)?;
        let seed = args
            .seed
            .unwrap_or_else(|| now.as_nanosecond() as u64 & SEED_BITS);
        let started_at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let suite = catalogue::lasting_name(&args.choice.suite)?;
        Ok(Self {
            plan,
            suite,
            shelf,
            folder,
            stored: None,
            before: Vec::new(),
            seed,
            started_at,
            load_program,
        })
    }

    /// The plan comes from the record, so that it is the same; only how long and how exactly may be changed.
    fn resumed(args: &RunArgs, dir: &std::path::Path) -> anyhow::Result<Self> {
        let folder = Folder::open(dir)?;
        let store = Store::open(&folder.store())?;
        let header = store.header()?;
        let recorded: Recorded = serde_json::from_str(&header.plan_json)
            .context("the plan in the record cannot be read")?;
        let Recorded {
            mut plan,
            suite,
            sources,
        } = recorded;
        let shelf = catalogue::shelf(&suite)?;
        if plan.hash() != header.plan_hash {
            bail!(
                "{} was planned by another version of the tool ({}); start a new run",
                folder.shown(),
                header.tool_version
            );
        }
        if shelf.sources(&plan)? != sources {
            bail!(
                "the subjects or servers of {} have changed since it began, so their numbers would not go together; start a new run",
                folder.shown()
            );
        }
        plan::set_limits(&mut plan, &args.choice)?;
        Ok(Self {
            load_program: load_program(&plan)?,
            plan,
            suite,
            shelf,
            folder,
            before: store.load()?.series,
            stored: Some(store),
            seed: header.seed,
            started_at: header.started_at,
        })
    }

    /// What an earlier session recorded of a series that had an environment.
    fn before(&self, series: usize) -> Option<&MeasuredSeries> {
        self.before
            .get(series)
            .filter(|before| !before.lock.is_empty())
    }

    /// The record: the one that there is, or a new one.
    fn open_store(&mut self, prepared: &Prepared) -> anyhow::Result<Store> {
        if let Some(mut store) = self.stored.take() {
            same_machine(&store.header()?.host, &prepared.host)?;
            store.update_settings(&self.plan.settings)?;
            return Ok(store);
        }
        let header = Header {
            suite: self.plan.suite.clone(),
            plan_hash: self.plan.hash(),
            plan_json: serde_json::to_string(&Recorded {
                plan: self.plan.clone(),
                suite: self.suite.clone(),
                sources: self.shelf.sources(&self.plan)?,
            })?,
            tool_version: VERSION.to_owned(),
            started_at: self.started_at.clone(),
            seed: self.seed,
            settings: self.plan.settings.clone(),
            host: prepared.host.clone(),
            remarks: prepared.remarks.clone(),
            quick: self.plan.quick,
        };
        Ok(Store::create(&self.folder.store(), &header)?)
    }
}

/// The external program that a plan asks for, unless it is to be put into a container; looked for before anything else
/// is begun.
fn load_program(plan: &Plan) -> anyhow::Result<Option<Program>> {
    let under_load = |series: &SeriesPlan| series.instruments.contains(&Instrument::Load);
    let Some(name) = plan
        .settings
        .external_load()
        .filter(|_| plan.series.iter().any(under_load))
    else {
        return Ok(None);
    };
    let generator = generator::named(name)
        .with_context(|| format!("this version of the tool knows no load generator `{name}`"))?;
    if is_contained(plan, generator) {
        return Ok(None);
    }
    Ok(Some(Program::find(generator)?))
}

/// Whether a generator runs in a container of its own.
fn is_contained(plan: &Plan, generator: &dyn Generator) -> bool {
    plan.settings.containers.is_some() && generator.go_module().is_some()
}

/// All cells of a comparison are measured on one machine, and by one load generator.
fn same_machine(before: &Host, now: &Host) -> anyhow::Result<()> {
    if (&before.cpu_model, before.cores) != (&now.cpu_model, now.cores) {
        let name = |host: &Host| {
            format!(
                "{} cores, {}",
                host.cores,
                host.cpu_model.as_deref().unwrap_or("unknown processor")
            )
        };
        bail!(
            "the run began on another machine ({}, now {}); its numbers would not go together",
            name(before),
            name(now)
        );
    }
    if before.load_generator != now.load_generator {
        let name = |host: &Host| {
            host.load_generator.as_ref().map_or_else(
                || "asgi-toll itself".to_owned(),
                |load| format!("{} {}", load.name, load.version),
            )
        };
        bail!(
            "the run began with load from {}, now it would come from {}; their numbers would not go together",
            name(before),
            name(now)
        );
    }
    Ok(())
}
