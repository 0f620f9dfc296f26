//! Provisioning for real: uv, the package index and this machine's interpreters, in small temporary caches.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;

use toll_core::failure::Failure;
use toll_core::plan::PythonRequest;

use super::*;

mod common;
mod environments;
mod finding;
mod interrupted;
mod uv;

struct Place {
    cache: tempfile::TempDir,
    context: Context,
}

impl Place {
    fn new() -> Self {
        let cache = tempfile::tempdir().unwrap();
        let context = Context::new(cache.path().to_owned(), std::sync::Arc::default());
        Self { cache, context }
    }

    fn unreachable(mut self) -> Self {
        self.context = self
            .context
            .with_env("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
            .with_env("UV_HTTP_RETRIES", "0");
        // uv's shared cache would answer without the network.
        let empty = self
            .cache
            .path()
            .join("uv-cache")
            .to_string_lossy()
            .into_owned();
        self.context = self.context.with_env("UV_CACHE_DIR", &empty);
        self
    }

    fn provisioner(&self) -> Virtualenvs {
        let interpreters = discover_interpreters(&self.context, None);
        let given = uv::shared().path;
        let uv = obtain_uv(&self.context, Some(&given), &interpreters, &|_| {}).unwrap();
        Virtualenvs::new(self.context.clone(), uv, interpreters)
    }

    fn interrupt(&self) {
        self.context.abort.store(true, Ordering::Relaxed);
    }

    fn environments(&self) -> Vec<CacheEntry> {
        cache_list(self.cache.path()).unwrap()
    }
}

fn wanted(requirements: &[&str], exclude_newer: Option<&str>) -> Wanted {
    Wanted {
        server: Vec::new(),
        label: requirements.join(" "),
        requirements: requirements.iter().map(|one| (*one).to_owned()).collect(),
        python: PythonRequest::Newest,
        exclude_newer: exclude_newer.map(str::to_owned),
        edition: String::new(),
        prefer: Vec::new(),
        exact: false,
    }
}

fn one(provisioner: &dyn Provisioner, wanted: Wanted) -> Result<Environment, Failure> {
    provide(provisioner, &[wanted], &|_| {}).remove(0)
}

const SMALL: &[&str] = &["h11==0.14.0"];

fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}
