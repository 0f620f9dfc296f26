//! A workload: the request that is sent and the answer that is expected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Source};
use crate::subject::Mark;
use crate::wire;

/// The request that is sent and the answer that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// Its name in suites.
    pub name: String,
    /// Method of the request.
    pub method: String,
    /// Path of the request, with its query if there is one.
    pub path: String,
    /// Headers of the request, besides `host` and those that belong to the connection.
    pub headers: Vec<(String, String)>,
    /// Body of the request.
    pub body: Vec<u8>,
    /// Status of the right answer.
    pub status: u16,
    /// Content type of the right answer, without parameters such as `charset`.
    pub content_type: String,
    /// What the body of the right answer is.
    pub check: BodyCheck,
}

/// What the body of the right answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyCheck {
    /// The JSON object `{"count": N}` and nothing else.
    JsonCount,
}

impl BodyCheck {
    /// Every check.
    pub const ALL: [Self; 1] = [Self::JsonCount];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonCount => "json-count",
        }
    }
}

impl Workload {
    /// The `count` that the answer's body holds after `middlewares` layers that leave `mark`.
    pub fn expected_count(mark: Mark, middlewares: u32) -> u32 {
        match mark {
            Mark::Header => 0,
            Mark::JsonCount => middlewares,
        }
    }
}

/// Reads a `workloads.toml`.
///
/// # Errors
/// Where and why it cannot be one.
pub fn parse(file_name: &str, text: &str) -> Result<BTreeMap<String, Workload>, Diagnostic> {
    let source = Source {
        file: file_name,
        text,
    };
    let written: wire::data::Workloads = wire::read(source)?;
    written
        .workloads
        .into_iter()
        .map(|(name, one)| Ok((name.clone(), workload(source, name, one)?)))
        .collect()
}

fn workload(
    source: Source<'_>,
    name: String,
    written: wire::data::Workload,
) -> Result<Workload, Diagnostic> {
    let method = written.method.get_ref();
    if method.is_empty() || !method.chars().all(|c| c.is_ascii_uppercase()) {
        let message = format!("`{method}` is no method");
        return Err(source
            .at(written.method.span(), message)
            .help("write it in capitals, such as \"GET\""));
    }
    let path = written.path.get_ref();
    if !path.starts_with('/') || path.chars().any(|c| !c.is_ascii_graphic()) {
        let message = format!("`{path}` is no path");
        return Err(source
            .at(written.path.span(), message)
            .help("it begins with `/` and has no spaces"));
    }
    let status = u16::try_from(*written.status.get_ref())
        .ok()
        .filter(|status| (200..600).contains(status));
    let status = status.ok_or_else(|| {
        source.at(
            written.status.span(),
            format!("{} is no status of an answer", written.status.get_ref()),
        )
    })?;
    let checks = BodyCheck::ALL.map(|check| (check.name(), check));
    Ok(Workload {
        name,
        check: source.one_of(&written.check, "check", checks)?,
        method: written.method.into_inner(),
        path: written.path.into_inner(),
        headers: written.headers.into_iter().collect(),
        body: written.body.into_bytes(),
        status,
        content_type: written.content_type,
    })
}
