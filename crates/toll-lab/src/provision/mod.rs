//! Environments: one locked set of distributions on one Python, built once and kept in a cache.
//!
//! [`provide`] is the one call that a run needs; [`Provisioner`] is what a further way of making
//! environments implements.

mod cache;
mod child;
mod choose;
mod common;
mod context;
mod diagnose;
mod event;
mod fetch;
mod files;
mod images;
mod install;
mod interpreters;
mod locks;
mod parallel;
mod project;
mod provide;
mod provisioner;
mod releases;
mod remembered;
mod resolution;
mod upgraded;
mod uv;
mod version;
mod virtualenv;

pub use cache::{Alone, CacheEntry, CleanError, CleanReport, alone, cache_clean, cache_list};
pub use context::Context;
pub use diagnose::is_circumstance;
pub use event::{Notify, ProvisionEvent};
pub use files::python_files;
pub(crate) use images::Recipe;
pub use images::{ImageBuilder, Images, own_image};
pub(crate) use install::digest;
pub use interpreters::discover_interpreters;
pub use project::of_project;
pub use provide::{Wanted, provide};
pub use provisioner::{Chosen, Environment, EnvironmentRequest, Provisioner};
pub use releases::{compare_versions, first_day, releases};
pub use resolution::Resolution;
pub use toll_core::host::Interpreter;
pub use upgraded::{Upgrade, upgraded};
pub use uv::{MINIMUM, Uv, UvError, find_uv, obtain_uv};
pub use virtualenv::Virtualenvs;

#[cfg(test)]
mod tests;
