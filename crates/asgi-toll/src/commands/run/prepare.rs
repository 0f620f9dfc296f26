//! Before anything is measured: uv, interpreters, the machine's facts, the environments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use toll_core::axes;
use toll_core::failure::Failure;
use toll_core::host::{Host, Interpreter, Remark, Severity};
use toll_core::plan::{PythonRequest, SeriesPlan};
use toll_lab::containers::{ContainerHome, Lodging};
use toll_lab::generator::Program;
use toll_lab::host;
use toll_lab::provision::{
    Context, Environment, ProvisionEvent, Provisioner, Uv, Virtualenvs, Wanted,
    discover_interpreters, obtain_uv, provide,
};
use toll_lab::serving::{Home, OnHost};

use super::{Task, containers};
use crate::assets::{self, Unpacked};
use crate::cli::{Global, RunArgs};
use crate::printer::{Printer, Progress};
use crate::settings;

/// Everything that stands ready.
pub(super) struct Prepared {
    pub(super) host: Host,
    pub(super) remarks: Vec<Remark>,
    pub(super) unpacked: Unpacked,
    /// In the order of the plan's series.
    pub(super) environments: Vec<Result<Environment, Failure>>,
    pub(super) abort: Arc<AtomicBool>,
    /// What containers are made of, where series live in containers.
    lodging: Option<Lodging>,
    /// The program that sends the load, where it is not the tool itself.
    pub(super) load_program: Option<Program>,
}

impl Prepared {
    /// Where the processes of a series with this environment live.
    pub(super) fn home(&self, environment: &Environment) -> Arc<dyn Home> {
        match (&self.lodging, &environment.image) {
            (Some(lodging), Some(image)) => Arc::new(ContainerHome::new(
                lodging.clone(),
                image.clone(),
                environment.own_user,
            )),
            _ => Arc::new(OnHost),
        }
    }
}

pub(super) fn prepare(
    task: &Task,
    args: &RunArgs,
    global: &Global,
    abort: Arc<AtomicBool>,
    printer: Printer,
) -> anyhow::Result<Prepared> {
    let cache = settings::cache_dir(global)?;
    std::fs::create_dir_all(&cache)
        .with_context(|| format!("the cache folder {} cannot be made", cache.display()))?;
    let unpacked =
        assets::unpack(&cache).with_context(|| format!("{} cannot be written", cache.display()))?;
    let context = Context::new(cache.clone(), Arc::clone(&abort));
    let progress = printer.progress();
    let lodging = containers::lodging(task, &abort, printer)?;
    let (uv, interpreters) = tools(&context, args.uv.as_deref(), &progress)?;
    let mut host = host::facts(&cache, Some(&uv), &interpreters);
    for interpreter in &mut host.interpreters {
        interpreter.path = settings::without_home(&interpreter.path);
    }
    let contained = lodging.as_ref().map(|lodging| {
        host.container_engine = Some(lodging.engine.facts().to_string());
        containers::program(task, lodging, &context, &interpreters, &progress)
    });
    let contained = contained.transpose()?.flatten();
    let load_program = contained.or_else(|| task.load_program.clone());
    host.load_generator = load_program.as_ref().map(Program::facts);
    let remarks = host::remarks(&host);
    warn(&remarks, printer);
    let start = Instant::now();
    let virtualenvs = Virtualenvs::new(context.clone(), uv, interpreters);
    let environments = match &lodging {
        None => build(&virtualenvs, task, &progress, &|_| None),
        Some(lodging) => containers::environments(task, virtualenvs, &context, lodging, &progress),
    };
    progress.clear();
    say(&environments, printer);
    printer.talk(summary(&environments, start.elapsed()));
    Ok(Prepared {
        host,
        remarks,
        unpacked,
        environments,
        abort,
        lodging,
        load_program,
    })
}

fn tools(
    context: &Context,
    given: Option<&Path>,
    progress: &Progress,
) -> anyhow::Result<(Uv, Vec<Interpreter>)> {
    let found = discover_interpreters(context, None);
    let uv = obtain_uv(context, given, &found, &|event| progress.provision(&event))?;
    // uv knows of interpreters that lie nowhere else.
    let interpreters = discover_interpreters(context, Some(&uv));
    Ok((uv, interpreters))
}

/// What the machine is not fit for is said before, and again in the results.
fn warn(remarks: &[Remark], printer: Printer) {
    for remark in remarks
        .iter()
        .filter(|remark| remark.severity > Severity::Fine)
    {
        printer.warning(format!(
            "{}: {}. {}",
            remark.topic, remark.seen, remark.advice
        ));
    }
}

pub(super) fn build(
    provisioner: &dyn Provisioner,
    task: &Task,
    progress: &Progress,
    own: &dyn Fn(usize) -> Option<Result<Environment, Failure>>,
) -> Vec<Result<Environment, Failure>> {
    let series = task.plan.series.iter().zip(task.plan.labels()).enumerate();
    let mut own: Vec<_> = series.clone().map(|(index, _)| own(index)).collect();
    let wanted: Vec<Wanted> = series
        .filter(|(index, _)| own[*index].is_none())
        .map(|(index, (series, label))| wanted(task, index, series, label))
        .collect();
    let tell = |event: ProvisionEvent| progress.provision(&event);
    let mut provided = provide(provisioner, &wanted, &tell).into_iter();
    own.iter_mut()
        .filter_map(|own| own.take().or_else(|| provided.next()))
        .collect()
}

/// Notes such as a Python that stands in for another, each once.
fn say(environments: &[Result<Environment, Failure>], printer: Printer) {
    let notes: BTreeSet<&String> = environments
        .iter()
        .flatten()
        .flat_map(|environment| &environment.notes)
        .collect();
    for note in notes {
        printer.note(note);
    }
}

/// How many environments there are and how long it took.
fn summary(environments: &[Result<Environment, Failure>], took: Duration) -> String {
    let distinct: BTreeMap<&str, bool> = environments
        .iter()
        .flatten()
        .map(|environment| (environment.id.as_str(), environment.reused))
        .collect();
    let reused = distinct.values().filter(|reused| **reused).count();
    let built = distinct.len() - reused;
    format!(
        "Environments ready in {:.1} s: {built} built, {reused} reused",
        took.as_secs_f64()
    )
}

/// What a series is to run in. One that had an environment in an earlier session gets the very same
/// distributions again, whatever was released since.
fn wanted(task: &Task, index: usize, series: &SeriesPlan, label: String) -> Wanted {
    let exclude_newer = series.exclude_newer.clone();
    let server = series.server_requirements(&task.shelf.catalogue);
    match task.before(index) {
        Some(before) => Wanted {
            label,
            requirements: before.lock.clone(),
            server,
            python: PythonRequest::from(before.axes.get(axes::PYTHON).to_owned()),
            exclude_newer,
        },
        None => Wanted {
            label,
            requirements: series.requirements.clone(),
            server,
            python: series.python.clone(),
            exclude_newer,
        },
    }
}
