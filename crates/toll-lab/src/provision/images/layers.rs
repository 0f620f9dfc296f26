//! The two layers of an environment: the server's distributions, and on top of them the others.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use toll_core::failure::Failure;
use toll_engine::Context;

use super::base::Base;
use super::builder::Recipe;
use super::{Images, files};
use crate::provision::diagnose;
use crate::provision::install::digest;
use crate::provision::provisioner::{EnvironmentRequest, Provisioner};
use crate::provision::resolution::{Resolution, name};

/// Part of every name: a change in how images are built makes new ones.
const FORMAT: &str = "1";
/// On images of ours: the distributions in it.
const LOCK: &str = "org.asgi-toll.lock";

/// The image of an environment.
pub(super) fn environment(
    base: &Base,
    request: &EnvironmentRequest,
    resolution: &Resolution,
) -> Recipe {
    let server = request.server.join("\n");
    let digest = digest(&[
        FORMAT,
        &base.image.id,
        &request.interpreter.path,
        &server,
        &resolution.text,
    ]);
    let recipe = Recipe::new("environment", digest, &request.label);
    with_lock(recipe, &resolution.distributions())
}

/// The image below it: the server with all that it needs.
fn server(base: &Base, request: &EnvironmentRequest, lock: &[String]) -> Recipe {
    let digest = digest(&[
        FORMAT,
        &base.image.id,
        &request.interpreter.path,
        &lock.join("\n"),
    ]);
    with_lock(Recipe::new("base", digest, &request.server.join(" ")), lock)
}

fn with_lock(mut recipe: Recipe, lock: &[String]) -> Recipe {
    recipe.labels.insert(LOCK.to_owned(), lock.join(" "));
    recipe
}

impl Images<'_> {
    /// The files of an environment's own layer; the image that it goes on is built if it is not there.
    pub(super) fn environment_files(
        &self,
        request: &EnvironmentRequest,
        resolution: &Resolution,
        base: &Base,
    ) -> Result<Context, Failure> {
        let virtualenv = self.virtualenvs.build(request, resolution)?;
        let folder = virtualenv.dir.unwrap_or_default().join("venv");
        let lock = self
            .virtualenvs
            .closure(request, &request.server, resolution)?;
        let served: BTreeSet<String> = lock
            .iter()
            .filter_map(|line| Some(name(line.split_once("==")?.0)))
            .collect();
        let is_served = |name: &str| served.contains(name);
        let below = server(base, request, &lock);
        let lower = || context(&base.name, base, &folder, is_served);
        let _below = self.builder.ensure(&below, &lower)?;
        context(&below.tag, base, &folder, |name| !is_served(name))
    }
}

/// Some distributions of a virtualenv, to be put where an image's Python looks for distributions.
fn context(
    from: &str,
    base: &Base,
    virtualenv: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Context, Failure> {
    let target = &base.python.site;
    let dockerfile = format!("FROM {from}\nCOPY [\"site/\", \"{target}/\"]\n");
    let collect = || -> io::Result<Context> {
        let site = files::site(virtualenv)?;
        let mut context = Context::new(&dockerfile)?;
        context.empty_folder("site")?;
        for path in files::files(&site, is_wanted)? {
            context.file(&Path::new("site").join(&path), &site.join(&path))?;
        }
        Ok(context)
    };
    collect().map_err(|error| diagnose::io_failed("collecting the files of an image", &error))
}
