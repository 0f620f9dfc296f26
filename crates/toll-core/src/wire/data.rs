//! What is written in the files that describe subjects, servers and workloads.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// `subject.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Subject {
    pub(crate) name: Spanned<String>,
    pub(crate) distribution: Spanned<String>,
    #[serde(default)]
    pub(crate) requires: Vec<Spanned<String>>,
    pub(crate) lifespan: Spanned<String>,
    pub(crate) kinds: Spanned<BTreeMap<String, Kind>>,
}

/// `[kinds.NAME]` in `subject.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Kind {
    pub(crate) style: Spanned<String>,
    pub(crate) mark: Spanned<String>,
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) docs: String,
}

/// `servers.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Servers {
    pub(crate) servers: BTreeMap<String, Server>,
}

/// `[servers.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) distribution: Spanned<String>,
    #[serde(default)]
    pub(crate) requires: Vec<Spanned<String>>,
    pub(crate) http: BTreeMap<String, Vec<Spanned<String>>>,
    pub(crate) r#loop: BTreeMap<String, Vec<Spanned<String>>>,
    pub(crate) default_http: Spanned<String>,
    pub(crate) default_loop: Spanned<String>,
    pub(crate) command: Spanned<Vec<Spanned<String>>>,
    pub(crate) bind_tcp: Vec<Spanned<String>>,
    pub(crate) bind_unix: Vec<Spanned<String>>,
    pub(crate) processes: Spanned<i64>,
    #[serde(default)]
    pub(crate) switched_off: Vec<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) words: Words,
}

/// `words = { AXIS = { VALUE = "word" } }` in a server's table.
pub(crate) type Words = BTreeMap<Spanned<String>, BTreeMap<String, String>>;

/// `workloads.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workloads {
    pub(crate) workloads: BTreeMap<String, Workload>,
}

/// `[workloads.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Workload {
    pub(crate) method: Spanned<String>,
    pub(crate) path: Spanned<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
    pub(crate) status: Spanned<i64>,
    pub(crate) content_type: String,
    pub(crate) check: Spanned<String>,
}
