//! What a run in containers needs besides: the engine, images, and the load generator in a container.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, anyhow};
use toll_core::failure::Failure;
use toll_core::host::Interpreter;
use toll_engine::Engine;
use toll_lab::containers::{Lodging, Readable, contained, sweep};
use toll_lab::generator::{self, Program};
use toll_lab::process::guard;
use toll_lab::provision::{
    Context, Environment, ImageBuilder, Images, Notify, ProvisionEvent, Virtualenvs, own_image,
};

use super::{Task, prepare};
use crate::printer::{Printer, Progress};

/// The engine, where series live in containers; what dead runs left in it is removed.
pub(super) fn lodging(
    task: &Task,
    abort: &Arc<AtomicBool>,
    printer: Printer,
) -> anyhow::Result<Option<Lodging>> {
    let Some(containers) = &task.plan.settings.containers else {
        return Ok(None);
    };
    let engine = Engine::connect(Arc::clone(abort))?;
    guard::watch_engine(&engine);
    match sweep(&engine) {
        Ok(0) => {}
        Ok(swept) => printer.note(format!(
            "{swept} containers of runs that had been killed were removed"
        )),
        Err(error) => printer.warning(format!(
            "containers of runs that had been killed are left: {error}"
        )),
    }
    Ok(Some(Lodging {
        engine,
        containers: containers.clone(),
        readable: Arc::new(Readable::new().context("no folder for what containers read")?),
    }))
}

/// Builds images of this run, and says so.
fn builder<'a>(
    context: &'a Context,
    lodging: &'a Lodging,
    logs: &'a Path,
    notify: Notify<'a>,
) -> ImageBuilder<'a> {
    ImageBuilder {
        context,
        engine: &lodging.engine,
        logs,
        notify,
    }
}

/// The load generator in a container, if that is where it runs.
pub(super) fn program(
    task: &Task,
    lodging: &Lodging,
    context: &Context,
    interpreters: &[Interpreter],
    progress: &Progress,
) -> anyhow::Result<Option<Program>> {
    let settings = &task.plan.settings;
    let generator = settings.external_load().and_then(generator::named);
    let Some(generator) = generator.filter(|one| super::is_contained(&task.plan, *one)) else {
        return Ok(None);
    };
    let names = interpreters
        .iter()
        .map(|python| lodging.containers.base_for(&python.version));
    // Any image with the C library will do for a program that was built on this machine.
    let mut there = names.filter(|name| matches!(lodging.engine.image(name), Ok(Some(_))));
    let base = there
        .next()
        .unwrap_or_else(|| lodging.containers.base_for("3"));
    let (tell, logs) = (
        |event: ProvisionEvent| progress.provision(&event),
        task.folder.logs(),
    );
    let builder = builder(context, lodging, &logs, &tell);
    let program = contained(lodging, generator, &base, builder);
    program
        .map(Some)
        .map_err(|failure| anyhow!("{failure}\n{}", failure.log_tail.join("\n")))
}

/// The environments as images, those of the user's own among them, in the order of the plan's series.
pub(super) fn environments(
    task: &Task,
    virtualenvs: Virtualenvs,
    context: &Context,
    lodging: &Lodging,
    progress: &Progress,
) -> Vec<Result<Environment, Failure>> {
    let (tell, logs) = (
        |event: ProvisionEvent| progress.provision(&event),
        task.folder.logs(),
    );
    let builder = builder(context, lodging, &logs, &tell);
    let images = Images::new(virtualenvs, builder, lodging.containers.clone());
    prepare::build(&images, task, progress, &|index| {
        own_image_of(task, index, builder)
    })
}

/// The environment of a series whose subject is an image of the user's own.
fn own_image_of(
    task: &Task,
    index: usize,
    builder: ImageBuilder<'_>,
) -> Option<Result<Environment, Failure>> {
    let name = &task.plan.series[index].subject;
    let subject = task.shelf.catalogue.subjects.get(name)?;
    subject.port?;
    let folder = task.shelf.folder(name, Path::new(""));
    Some(own_image(builder, name, &folder))
}
