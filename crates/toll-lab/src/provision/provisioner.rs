//! What every way of making environments can do.

use std::path::PathBuf;
use std::sync::Arc;

use toll_core::failure::Failure;
use toll_core::host::Interpreter;
use toll_core::plan::PythonRequest;

use super::locks::Held;
use super::resolution::{self, Resolution};

/// An interpreter that was chosen, and what people should know about the choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The interpreter.
    pub interpreter: Interpreter,
    /// In plain words, such as that another release had to be taken.
    pub notes: Vec<String>,
}

/// An environment that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentRequest {
    /// Name for people.
    pub label: String,
    /// Requirements as in a requirements file.
    pub requirements: Vec<String>,
    /// Those of them that are the server's: environments with the same ones may share what these bring.
    pub server: Vec<String>,
    /// On which Python.
    pub interpreter: Interpreter,
    /// Only releases that were there on this day.
    pub exclude_newer: Option<String>,
    /// Tells environments apart whose locks are the same; empty where that is not wanted.
    pub edition: String,
    /// A lock whose versions are kept wherever the requirements allow; empty for none.
    pub prefer: Vec<String>,
    /// Whether the requirements are all there is to be, whatever they themselves require.
    pub exact: bool,
}

/// An environment that can be used. `cache clean` is refused while a value of it is alive.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Digest of the interpreter and the lock.
    pub id: String,
    /// The interpreter inside the environment.
    pub python: PathBuf,
    /// Full version of Python.
    pub python_version: String,
    /// Its distributions, `name==version`, sorted.
    pub lock: Vec<String>,
    /// Its folder, if it is a virtualenv.
    pub dir: Option<PathBuf>,
    /// Its image, if it is one of a container engine.
    pub image: Option<String>,
    /// Whether the image names a user of its own, who is not root.
    pub own_user: bool,
    /// The version of what is in it, where no distribution tells one.
    pub version: Option<String>,
    /// Whether it had been built before.
    pub reused: bool,
    /// What people should know about it, in plain words.
    pub notes: Vec<String>,
    /// Keeps it from being removed; what is not ours is not removed.
    pub(super) _held: Option<Arc<Held>>,
}

impl Environment {
    /// The version of a distribution in it; the name's spelling does not matter.
    pub fn version_of(&self, distribution: &str) -> Option<&str> {
        resolution::version_of(&self.lock, distribution)
    }
}

/// A way of making environments.
pub trait Provisioner: Sync {
    /// The Pythons that are there, newest first, pre-releases last.
    fn pythons(&self) -> &[Interpreter];

    /// The Python for a request.
    ///
    /// # Errors
    /// `python-missing`: there is none that would do. `interrupted`.
    fn choose_python(&self, request: &PythonRequest) -> Result<Chosen, Failure>;

    /// Looks up the whole set of distributions.
    ///
    /// # Errors
    /// `no-solution`, `bad-requirement`, `index-unreachable`, `install-failed`, `disk-full`, `interrupted` …
    fn resolve(&self, request: &EnvironmentRequest) -> Result<Resolution, Failure>;

    /// Looks up the newest release of each requirement alone, without what it depends on. The answer may
    /// be some hours old.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    fn resolve_alone(&self, request: &EnvironmentRequest) -> Result<Resolution, Failure>;

    /// Builds the environment, or finds it built.
    ///
    /// # Errors
    /// `install-failed`, `index-unreachable`, `disk-full`, `interrupted` …
    fn build(
        &self,
        request: &EnvironmentRequest,
        resolution: &Resolution,
    ) -> Result<Environment, Failure>;
}
