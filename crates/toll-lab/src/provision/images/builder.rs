//! Building an image that is not there yet, once, whoever else wants it at the same time.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use toll_core::failure::Failure;
use toll_engine::{BuildSpec, Context as Files, Engine, Image};

use crate::containers::{IMAGE, SUBJECT, engine_failed};
use crate::provision::context::Context;
use crate::provision::event::{Notify, ProvisionEvent};
use crate::provision::locks::{self, Held};

/// Builds images, says what the engine says meanwhile, and keeps it in a log.
#[derive(Clone, Copy)]
pub struct ImageBuilder<'a> {
    /// Whose locks keep two runs from building the same image.
    pub context: &'a Context,
    /// Where images are built and kept.
    pub engine: &'a Engine,
    /// Folder of the logs.
    pub logs: &'a Path,
    /// Who is told.
    pub notify: Notify<'a>,
}

/// An image of ours: its name is a digest of everything in it.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) digest: String,
    pub(crate) tag: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// For whom it is built.
    pub(crate) label: String,
    /// Whether its steps reach the network.
    pub(crate) network: bool,
}

impl Recipe {
    /// A recipe without network.
    pub(crate) fn new(kind: &str, digest: String, label: &str) -> Self {
        let labels = [(IMAGE, kind), (SUBJECT, label)];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            tag: format!("asgi-toll/{kind}:{digest}"),
            digest,
            labels: labels.into_iter().collect(),
            label: label.to_owned(),
            network: false,
        }
    }
}

/// An image that is there. Nobody removes it while it is held.
pub(crate) struct Ensured {
    pub(crate) image: Image,
    pub(in crate::provision) held: Held,
    /// Whether it had been built before.
    pub(crate) reused: bool,
}

impl ImageBuilder<'_> {
    /// The image of a recipe, built of `files` if it is not there.
    pub(crate) fn ensure(
        &self,
        recipe: &Recipe,
        files: &dyn Fn() -> Result<Files, Failure>,
    ) -> Result<Ensured, Failure> {
        let name = format!("image-{}", recipe.digest);
        let find = || self.engine.image(&recipe.tag).map_err(engine_failed);
        let make = || self.build(recipe, files()?);
        let (image, held, reused) = locks::find_or_make(self.context, &name, &find, &make)?;
        Ok(Ensured {
            image,
            held,
            reused,
        })
    }

    /// Says that something is done for an image.
    pub(super) fn tell(&self, label: &str, line: &str) {
        (self.notify)(ProvisionEvent::Building {
            label: label.to_owned(),
            line: line.to_owned(),
        });
    }

    fn build(&self, recipe: &Recipe, context: Files) -> Result<Image, Failure> {
        let mut log = self.log(recipe).ok();
        let mut tell = |line: &str| {
            // A build does not fail for want of its log.
            let _ = log.as_mut().map(|log| writeln!(log, "{line}"));
            self.tell(&recipe.label, line);
        };
        let spec = BuildSpec {
            tag: recipe.tag.clone(),
            context,
            labels: recipe.labels.clone(),
            network: recipe.network,
        };
        self.engine.build(spec, &mut tell).map_err(engine_failed)
    }

    fn log(&self, recipe: &Recipe) -> io::Result<fs::File> {
        fs::create_dir_all(self.logs)?;
        let name = recipe.tag.replace(['/', ':'], "-");
        fs::File::create(self.logs.join(format!("{name}.log")))
    }
}
