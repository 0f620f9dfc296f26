//! What all provisioning shares.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where environments are kept, what stops the work, and what children see.
#[derive(Debug, Clone)]
pub struct Context {
    /// Our own cache folder; made when it is first needed.
    pub cache: PathBuf,
    /// Set when everything is to stop.
    pub abort: Arc<AtomicBool>,
    /// Variables that children see beside the user's own, such as another package index.
    pub env: Vec<(String, String)>,
}

impl Context {
    /// A context without further variables. The folder is made absolute, as children run elsewhere.
    pub fn new(cache: PathBuf, abort: Arc<AtomicBool>) -> Self {
        let cache = std::path::absolute(&cache).unwrap_or(cache);
        Self {
            cache,
            abort,
            env: Vec::new(),
        }
    }

    /// The same context with one more variable for children.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A variable as children see it.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        let own = self
            .env
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into());
        own.or_else(|| std::env::var_os(name))
            .filter(|value| !value.is_empty())
    }

    pub(super) fn aborted(&self) -> bool {
        self.abort.load(Ordering::Relaxed)
    }

    pub(super) fn layout(&self) -> Layout<'_> {
        Layout { root: &self.cache }
    }
}

/// The folders of the cache: the only place that knows their names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) root: &'a Path,
}

impl Layout<'_> {
    pub(super) fn environments(self) -> PathBuf {
        self.root.join("environments")
    }

    pub(super) fn environment(self, id: &str) -> PathBuf {
        self.environments().join(id)
    }

    pub(super) fn resolutions(self) -> PathBuf {
        self.root.join("resolutions")
    }

    pub(super) fn uvs(self) -> PathBuf {
        self.root.join("uv")
    }

    pub(super) fn locks(self) -> PathBuf {
        self.root.join("locks")
    }
}
