//! Building what is not there yet, once, whoever else wants it at the same time.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use toll_core::failure::Failure;
use toll_engine::{BuildSpec, Context};

use super::base::Base;
use super::recipe::{Recipe, dockerfile};
use super::{Images, failure, files};
use crate::provision::diagnose;
use crate::provision::event::ProvisionEvent;
use crate::provision::locks::{Held, Mode};
use crate::provision::provisioner::{EnvironmentRequest, Provisioner};
use crate::provision::resolution::{Resolution, name};

/// What an image is built from.
type Files<'f> = &'f dyn Fn() -> Result<Context, Failure>;

impl Images<'_> {
    /// The image of a recipe, built if it is not there, and whether it was. Nobody removes it while it is held.
    pub(super) fn ensure(
        &self,
        recipe: &Recipe,
        files: Files<'_>,
    ) -> Result<(Held, bool), Failure> {
        let lock = format!("image-{}", recipe.digest);
        let failed = |error: io::Error| diagnose::io_failed(&format!("locking {lock}"), &error);
        let take = |mode| Held::take(&self.context, &lock, mode).map_err(failed);
        let held = take(Mode::Shared)?;
        if self.is_there(recipe)? {
            return Ok((held, true));
        }
        drop(held);
        let held = take(Mode::Alone)?;
        // Another run may have built it while this one waited.
        let reused = self.is_there(recipe)?;
        if !reused {
            self.make(recipe, files()?)?;
        }
        Ok((held.share().map_err(failed)?, reused))
    }

    fn is_there(&self, recipe: &Recipe) -> Result<bool, Failure> {
        let found = self.engine.image(&recipe.tag).map_err(failure::of)?;
        Ok(found.is_some())
    }

    fn make(&self, recipe: &Recipe, context: Context) -> Result<(), Failure> {
        let mut log = self.log(recipe).ok();
        let mut tell = |line: &str| {
            // A build does not fail for want of its log.
            let _ = log.as_mut().map(|log| writeln!(log, "{line}"));
            (self.notify)(ProvisionEvent::Building {
                label: recipe.label.clone(),
                line: line.to_owned(),
            });
        };
        let spec = BuildSpec {
            tag: recipe.tag.clone(),
            context,
            labels: recipe.labels.clone(),
            network: false,
        };
        self.engine
            .build(spec, &mut tell)
            .map(drop)
            .map_err(failure::of)
    }

    fn log(&self, recipe: &Recipe) -> io::Result<fs::File> {
        fs::create_dir_all(&self.logs)?;
        let name = recipe.tag.replace(['/', ':'], "-");
        fs::File::create(self.logs.join(format!("{name}.log")))
    }

    /// The environment's own distributions, on top of the server's.
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
        let below = Recipe::server(base, request, &lock);
        let is_served = |name: &str| served.contains(name);
        let (_held, _) = self.ensure(&below, &|| context(&base.name, base, &folder, is_served))?;
        context(&below.tag, base, &folder, |name| !is_served(name))
    }
}

/// Some distributions of a virtualenv, to be put on an image.
fn context(
    from: &str,
    base: &Base,
    virtualenv: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Context, Failure> {
    let collect = || -> io::Result<Context> {
        let site = files::site(virtualenv)?;
        let mut context = Context::new(&dockerfile(from, &base.python.site))?;
        context.empty_folder("site")?;
        for path in files::files(&site, is_wanted)? {
            context.file(&Path::new("site").join(&path), &site.join(&path))?;
        }
        Ok(context)
    };
    collect().map_err(|error| diagnose::io_failed("collecting the files of an image", &error))
}
