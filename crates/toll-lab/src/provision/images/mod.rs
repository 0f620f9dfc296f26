//! Environments as images of a container engine: a base with the server, and one image on top for each environment.
//!
//! The distributions are those of the virtualenv that uv makes of the same lock on this machine, and are copied; nothing
//! is installed inside, so a build needs no network, no compiler and no credentials in the image, and takes seconds.

mod base;
mod builder;
mod files;
mod layers;
mod own;

use std::path::PathBuf;
use std::sync::Arc;

use toll_core::failure::Failure;
use toll_core::host::Interpreter;
use toll_core::plan::PythonRequest;
use toll_core::settings::Containers;

use super::choose;
use super::provisioner::{Chosen, Environment, EnvironmentRequest, Provisioner};
use super::resolution::Resolution;
use super::virtualenv::Virtualenvs;

pub use builder::ImageBuilder;
pub(crate) use builder::Recipe;
pub use own::own_image;

use base::Base;

/// Makes images, and keeps them in the engine.
pub struct Images<'a> {
    virtualenvs: Virtualenvs,
    builder: ImageBuilder<'a>,
    containers: Containers,
    /// The Pythons whose base image is there; all of this machine's where none is.
    pythons: Vec<Interpreter>,
}

impl<'a> Images<'a> {
    /// A provisioner that puts the environments of `virtualenvs` into images.
    pub fn new(
        virtualenvs: Virtualenvs,
        builder: ImageBuilder<'a>,
        containers: Containers,
    ) -> Self {
        let all = virtualenvs.pythons();
        let is_here = |python: &&Interpreter| {
            let name = containers.base_for(&python.version);
            matches!(builder.engine.image(&name), Ok(Some(_)))
        };
        let here: Vec<Interpreter> = all.iter().filter(is_here).cloned().collect();
        let pythons = if here.is_empty() { all.to_vec() } else { here };
        Self {
            virtualenvs,
            builder,
            containers,
            pythons,
        }
    }
}

impl Provisioner for Images<'_> {
    fn pythons(&self) -> &[Interpreter] {
        &self.pythons
    }

    fn choose_python(&self, request: &PythonRequest) -> Result<Chosen, Failure> {
        match request {
            PythonRequest::Newest => {
                let newest = choose::newest_of_each_minor(&self.pythons)
                    .into_iter()
                    .next();
                let interpreter =
                    newest.ok_or_else(|| choose::missing("3.8 or newer", &self.pythons, ""))?;
                Ok(Chosen {
                    interpreter,
                    notes: Vec::new(),
                })
            }
            PythonRequest::Version(_) => self.virtualenvs.choose_python(request),
        }
    }

    fn resolve(&self, request: &EnvironmentRequest) -> Result<Resolution, Failure> {
        self.virtualenvs.resolve(request)
    }

    fn resolve_alone(&self, request: &EnvironmentRequest) -> Result<Resolution, Failure> {
        self.virtualenvs.resolve_alone(request)
    }

    fn build(
        &self,
        request: &EnvironmentRequest,
        resolution: &Resolution,
    ) -> Result<Environment, Failure> {
        let base = Base::find(self, request)?;
        let recipe = layers::environment(&base, request, resolution);
        let files = || self.environment_files(request, resolution, &base);
        let ensured = self.builder.ensure(&recipe, &files)?;
        Ok(Environment {
            id: recipe.digest,
            python: PathBuf::from(&base.python.executable),
            python_version: base.python.version.clone(),
            lock: resolution.distributions(),
            dir: None,
            image: Some(recipe.tag),
            own_user: false,
            version: None,
            reused: ensured.reused,
            notes: resolution.notes.clone(),
            _held: Some(Arc::new(ensured.held)),
        })
    }
}
