//! Before anything is measured: uv, interpreters, the machine's facts, the environments.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use toll_core::axes;
use toll_core::failure::Failure;
use toll_core::host::{Host, Interpreter, Remark, Severity};
use toll_core::plan::{PythonRequest, SeriesPlan};
use toll_lab::containers::{ContainerHome, Lodging};
use toll_lab::generator::Program;
use toll_lab::host;
use toll_lab::process::guard;
use toll_lab::provision::{
    Context, Environment, Notify, ProvisionEvent, Provisioner, Uv, Virtualenvs, Wanted,
    discover_interpreters, obtain_uv, provide,
};
use toll_lab::serving::{Home, InProject, OnHost};

use super::{Task, containers};
use crate::assets::{self, Unpacked};
use crate::cli::Global;
use crate::printer::{Printer, Progress};
use crate::{settings, stop};

/// What stands ready before it is known what is to be measured: the guard, the harness, and, once they
/// are needed, uv and the Pythons that are there.
pub(crate) struct Workshop {
    pub(crate) abort: Arc<AtomicBool>,
    pub(crate) context: Context,
    pub(crate) printer: Printer,
    pub(crate) unpacked: Unpacked,
    cache: PathBuf,
    /// A uv that was named.
    named_uv: Option<PathBuf>,
    tools: OnceCell<(Uv, Vec<Interpreter>)>,
}

impl Workshop {
    /// Opens it: from here on a first Ctrl-C stops in good order, and nothing outlives the tool.
    pub(crate) fn open(
        global: &Global,
        uv: Option<&Path>,
        printer: Printer,
    ) -> anyhow::Result<Self> {
        let abort = stop::flag()?;
        let tool = std::env::current_exe().context("the tool does not find itself")?;
        guard::start(&tool).context("the guard process cannot be started")?;
        let cache = settings::cache_dir(global)?;
        std::fs::create_dir_all(&cache)
            .with_context(|| format!("the cache folder {} cannot be made", cache.display()))?;
        let unpacked = assets::unpack(&cache)
            .with_context(|| format!("{} cannot be written", cache.display()))?;
        Ok(Self {
            context: Context::new(cache.clone(), Arc::clone(&abort)),
            abort,
            printer,
            unpacked,
            cache,
            named_uv: uv.map(Path::to_owned),
            tools: OnceCell::new(),
        })
    }

    /// uv, fetched where it is not there, and the Pythons.
    pub(crate) fn tools(&self) -> anyhow::Result<&(Uv, Vec<Interpreter>)> {
        if let Some(tools) = self.tools.get() {
            return Ok(tools);
        }
        let progress = self.printer.progress();
        let found = tools(&self.context, self.named_uv.as_deref(), &progress)?;
        progress.clear();
        Ok(self.tools.get_or_init(|| found))
    }

    /// What makes virtualenvs.
    pub(crate) fn virtualenvs(&self) -> anyhow::Result<Virtualenvs> {
        let (uv, interpreters) = self.tools()?;
        let context = self.context.clone();
        Ok(Virtualenvs::new(context, uv.clone(), interpreters.clone()))
    }

    /// The cache folder.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Whether everything is to stop.
    pub(crate) fn aborted(&self) -> bool {
        self.abort.load(Ordering::Relaxed)
    }
}

/// Everything that stands ready.
pub(crate) struct Prepared {
    pub(super) host: Host,
    pub(super) remarks: Vec<Remark>,
    pub(super) unpacked: Unpacked,
    /// In the order of the plan's series.
    pub(crate) environments: Vec<Result<Environment, Failure>>,
    pub(super) abort: Arc<AtomicBool>,
    /// What containers are made of, where series live in containers.
    lodging: Option<Lodging>,
    /// Somebody's own project, where it is one that is measured.
    project: Option<InProject>,
    /// The program that sends the load, where it is not the tool itself.
    pub(super) load_program: Option<Program>,
}

impl Prepared {
    /// The machine.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Where the processes of a series with this environment live.
    pub(super) fn home(&self, environment: &Environment) -> Arc<dyn Home> {
        if let Some(project) = &self.project {
            // What Python compiles of a copied environment goes with the copy.
            let own = environment.dir.as_ref().map(|dir| dir.join("pycache"));
            return Arc::new(InProject {
                pycache: own.unwrap_or_else(|| project.pycache.clone()),
                ..project.clone()
            });
        }
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

impl Prepared {
    /// Somebody's own project, whose environments are there: one for each series of the plan.
    pub(crate) fn for_project(
        workshop: &Workshop,
        environments: Vec<Environment>,
        project: InProject,
    ) -> Self {
        let host = host::facts(&workshop.cache, None, &[]);
        let remarks = host::remarks(&host);
        Self {
            host,
            remarks,
            unpacked: workshop.unpacked.clone(),
            environments: environments.into_iter().map(Ok).collect(),
            abort: Arc::clone(&workshop.abort),
            lodging: None,
            project: Some(project),
            load_program: None,
        }
    }

    /// Whether it is somebody's own project.
    pub(super) fn is_project(&self) -> bool {
        self.project.is_some()
    }
}

/// Makes the environments of a task, and everything else that it needs.
pub(crate) fn prepare(task: &Task, workshop: &Workshop) -> anyhow::Result<Prepared> {
    let Workshop {
        abort,
        context,
        printer,
        ..
    } = workshop;
    let progress = printer.progress();
    let lodging = containers::lodging(task, abort, *printer)?;
    let (uv, interpreters) = workshop.tools()?;
    let mut host = host::facts(&workshop.cache, Some(uv), interpreters);
    for interpreter in &mut host.interpreters {
        interpreter.path = settings::without_home(&interpreter.path);
    }
    let contained = lodging.as_ref().map(|lodging| {
        host.container_engine = Some(lodging.engine.facts().to_string());
        containers::program(task, lodging, context, interpreters, &progress)
    });
    let contained = contained.transpose()?.flatten();
    let load_program = contained.or_else(|| task.load_program.clone());
    host.load_generator = load_program.as_ref().map(Program::facts);
    let remarks = host::remarks(&host);
    warn(&remarks, *printer);
    let start = Instant::now();
    let virtualenvs = workshop.virtualenvs()?;
    let environments = match &lodging {
        None => build(&virtualenvs, task, &progress, &|_| None),
        Some(lodging) => containers::environments(task, virtualenvs, context, lodging, &progress),
    };
    progress.clear();
    say(&environments, *printer);
    printer.talk(summary(&environments, start.elapsed()));
    Ok(Prepared {
        host,
        remarks,
        unpacked: workshop.unpacked.clone(),
        environments,
        abort: Arc::clone(abort),
        lodging,
        project: None,
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
    let environments = own
        .iter_mut()
        .filter_map(|own| own.take().or_else(|| provided.next()))
        .collect();
    hold_still(provisioner, task, environments, &tell)
}

/// Series that are to have the distributions of another one as far as their requirements allow are
/// resolved again, on the same Python: what moves by itself would be taken for what is compared.
fn hold_still(
    provisioner: &dyn Provisioner,
    task: &Task,
    mut environments: Vec<Result<Environment, Failure>>,
    tell: Notify,
) -> Vec<Result<Environment, Failure>> {
    let labels = task.plan.labels();
    let held = |(index, series): (usize, &SeriesPlan)| {
        let model = environments.get(series.apart.held_to?)?.as_ref().ok()?;
        let own = environments[index].as_ref().ok()?;
        let is_new = task.before(index).is_none() && own.lock != model.lock;
        is_new.then(|| Wanted {
            python: PythonRequest::Version(own.python_version.clone()),
            prefer: model.lock.clone(),
            ..wanted(task, index, series, labels[index].clone())
        })
    };
    let series = task.plan.series.iter().enumerate();
    let held: Vec<(usize, Wanted)> = series
        .filter_map(|(index, series)| Some((index, held((index, series))?)))
        .collect();
    if held.is_empty() {
        return environments;
    }
    let (places, wanted): (Vec<usize>, Vec<Wanted>) = held.into_iter().unzip();
    for (place, provided) in places.into_iter().zip(provide(provisioner, &wanted, tell)) {
        // Where it cannot be had, it stays what it is by itself; what moved is told.
        if provided.is_ok() {
            environments[place] = provided;
        }
    }
    environments
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
    let edition = series.apart.edition.clone().unwrap_or_default();
    let prefer = series.apart.prefer.clone();
    match task.before(index) {
        Some(before) => Wanted {
            label,
            requirements: before.lock.clone(),
            server,
            python: PythonRequest::from(before.axes.get(axes::PYTHON).to_owned()),
            exclude_newer,
            edition,
            prefer,
            exact: series.apart.exact,
        },
        None => Wanted {
            label,
            requirements: series.requirements.clone(),
            server,
            python: series.python.clone(),
            exclude_newer,
            edition,
            prefer,
            exact: series.apart.exact,
        },
    }
}
