//! What is written in the files that describe subjects, servers and workloads.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// `subject.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Subject {
    pub(crate) name: Spanned<String>,
    pub(crate) distribution: Option<Spanned<String>>,
    pub(crate) port: Option<Spanned<i64>>,
    #[serde(default)]
    pub(crate) requires: Vec<Spanned<String>>,
    pub(crate) lifespan: Option<Spanned<String>>,
    pub(crate) kinds: Spanned<BTreeMap<String, Kind>>,
    #[serde(default)]
    pub(crate) not_applicable: BTreeMap<String, String>,
}

/// `kinds.toml`: the kinds that every subject has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kinds {
    pub(crate) kinds: BTreeMap<String, Kind>,
}

/// `[kinds.NAME]` in `subject.toml` and in `kinds.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Kind {
    pub(crate) style: Spanned<String>,
    pub(crate) mark: Spanned<String>,
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) docs: String,
    #[serde(default)]
    pub(crate) requires: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) scopes: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) asgi: bool,
    #[serde(default)]
    pub(crate) proves: BTreeMap<String, String>,
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
    #[serde(default)]
    pub(crate) websocket_requires: Vec<Spanned<String>>,
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
    pub(crate) hidden_layers: Vec<String>,
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
    pub(crate) protocol: Option<Spanned<String>>,
    pub(crate) method: Spanned<String>,
    pub(crate) path: Spanned<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
    pub(crate) body_bytes: Option<Spanned<i64>>,
    pub(crate) pieces: Option<Spanned<i64>>,
    pub(crate) status: Spanned<i64>,
    pub(crate) content_type: Option<String>,
    pub(crate) check: Spanned<String>,
    pub(crate) length: Option<Spanned<i64>>,
    pub(crate) marks_in: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) images_only: bool,
}
