//! A job: a plan that is measured. What `run`, `compare`, `bisect` and the others share: environments
//! are prepared, stations set up, rounds conducted, everything recorded. The verbs say what is planned,
//! what is measured side by side, who judges when it is enough, and what is made of it.

mod book;
mod containers;
mod facts;
mod prepare;
mod session;
mod stations;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use toll_analysis::compare::Pair;
use toll_analysis::compare::results::Margin;
use toll_core::host::Host;
use toll_core::plan::{Plan, SeriesPlan};
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_lab::generator::{self, Generator, Program};
use toll_store::{Header, Store};

use crate::catalogue::{self, Shelf};
use crate::folder::Folder;
use crate::settings::VERSION;

pub(crate) use book::{Judge, Tolls};
pub(crate) use prepare::{Prepared, Workshop, prepare};
pub(crate) use session::{Measured, inspected, measure, profiles};

/// Seeds from the clock fit into 53 bits: readers of JSON that know only doubles keep them whole.
const SEED_BITS: u64 = (1 << 53) - 1;

/// What is to be done: a new job, or the rest of an old one.
pub(crate) struct Task {
    pub(crate) plan: Plan,
    /// Name or absolute path of the suite.
    suite: String,
    pub(crate) shelf: Shelf,
    pub(crate) folder: Folder,
    /// What is compared with what; nothing where each series stands for itself.
    pub(crate) question: Question,
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
    #[serde(flatten)]
    question: Question,
}

/// Which series of a plan are compared, and up to where a change is not objected to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Question {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pairs: Vec<Pair>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) margin: Option<Margin>,
}

/// A plan, and where what it names is found.
pub(crate) struct Order {
    pub(crate) plan: Plan,
    /// Name or path of the suite; decides where the user's own subjects are looked for.
    pub(crate) suite: String,
    pub(crate) shelf: Shelf,
    pub(crate) question: Question,
    /// Folder for the results, where one was asked for.
    pub(crate) out: Option<PathBuf>,
    pub(crate) seed: Option<u64>,
}

impl Task {
    /// A new job in a folder of its own.
    pub(crate) fn new(order: Order) -> anyhow::Result<Self> {
        let load_program = load_program(&order.plan)?;
        let now = Timestamp::now();
        let folder = Folder::create(order.out.as_deref(), now)?;
        let seed = order
            .seed
            .unwrap_or_else(|| now.as_nanosecond() as u64 & SEED_BITS);
        Ok(Self {
            suite: catalogue::lasting_name(&order.suite)?,
            plan: order.plan,
            shelf: order.shelf,
            question: order.question,
            folder,
            stored: None,
            before: Vec::new(),
            seed,
            started_at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            load_program,
        })
    }

    /// The plan comes from the record, so that it is the same; only how long and how exactly may be changed.
    pub(crate) fn resumed(dir: &Path) -> anyhow::Result<Self> {
        let folder = Folder::open(dir)?;
        let store = Store::open(&folder.store())?;
        let header = store.header()?;
        let recorded: Recorded = serde_json::from_str(&header.plan_json)
            .context("the plan in the record cannot be read")?;
        let Recorded {
            plan,
            suite,
            sources,
            question,
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
        Ok(Self {
            load_program: load_program(&plan)?,
            plan,
            suite,
            shelf,
            question,
            folder,
            before: store.load()?.series,
            stored: Some(store),
            seed: header.seed,
            started_at: header.started_at,
        })
    }

    /// What to say where something breaks after measuring has begun.
    pub(crate) fn kept(&self) -> String {
        let folder = self.folder.shown();
        let verb = if self.question.pairs.is_empty() {
            "run"
        } else {
            "compare"
        };
        format!(
            "everything measured so far is kept in {folder}; go on with `asgi-toll {verb} --resume {folder}`"
        )
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
                question: self.question.clone(),
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
