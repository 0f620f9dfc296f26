//! A workload: the request that is sent and the answer that is expected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Source};
use crate::wire;

/// The request that is sent and the answer that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// Its name in suites.
    pub name: String,
    /// What is spoken.
    pub protocol: Protocol,
    /// Method of the request.
    pub method: String,
    /// Path of the request, with its query if there is one.
    pub path: String,
    /// Headers of the request, besides `host` and those that belong to the connection.
    pub headers: Vec<(String, String)>,
    /// Body of the request; the text that is to be echoed on a websocket.
    pub body: Vec<u8>,
    /// In how many pieces the body reaches the application where no server cuts it.
    pub pieces: u32,
    /// Status of the right answer; 101 for a websocket that is accepted.
    pub status: u16,
    /// Content type of the right answer, without parameters such as `charset`; `None` where it
    /// differs from framework to framework.
    pub content_type: Option<String>,
    /// What the body of the right answer is.
    pub check: BodyCheck,
    /// Another workload of the same application, in whose answer the layers' marks are looked for:
    /// where an exception passes through the layers, they can leave none.
    pub marks_in: Option<String>,
    /// Whether it is for images of the user's own, whose routes are not ours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub images_only: bool,
}

/// What is spoken with the application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP: one request, one answer.
    #[default]
    Http,
    /// A websocket: accepted, one text echoed, closed.
    Websocket,
}

impl Protocol {
    /// Every protocol by its name.
    pub const NAMED: [(&'static str, Self); 2] =
        [("http", Self::Http), ("websocket", Self::Websocket)];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Websocket => "websocket",
        }
    }
}

/// What the body of the right answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyCheck {
    /// The JSON object `{"count": N}` and nothing else.
    JsonCount,
    /// The JSON object `{"text": "xx…"}` with so many letters `x`.
    JsonText(u64),
    /// The JSON object `{"received": N}`.
    JsonReceived(u64),
    /// So many letters `x`, and nothing else.
    Filled(u64),
    /// The very body of the request.
    Echo,
    /// Anything.
    Any,
}

/// A check as it is written: its name, whether it has a length, and how it is made.
type NamedCheck = (&'static str, bool, fn(u64) -> BodyCheck);

const CHECKS: [NamedCheck; 6] = [
    ("json-count", false, |_| BodyCheck::JsonCount),
    ("json-text", true, BodyCheck::JsonText),
    ("json-received", true, BodyCheck::JsonReceived),
    ("filled", true, BodyCheck::Filled),
    ("echo", false, |_| BodyCheck::Echo),
    ("any", false, |_| BodyCheck::Any),
];

/// The letter that bodies are filled with.
pub const FILLING: u8 = b'x';
/// The largest body that a workload may have, in bytes: both sides keep it in memory.
const LARGEST_BODY: i64 = 64 << 20;

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
    refuse_unknown_proofs(source, &written)?;
    written
        .workloads
        .into_iter()
        .map(|(name, one)| Ok((name.clone(), workload(source, name, one)?)))
        .collect()
}

/// Marks are looked for in the answer of a workload that leaves them itself.
fn refuse_unknown_proofs(
    source: Source<'_>,
    written: &wire::data::Workloads,
) -> Result<(), Diagnostic> {
    let proofs = written.workloads.values();
    for proof in proofs.filter_map(|workload| workload.marks_in.as_ref()) {
        let named = written.workloads.get(proof.get_ref());
        if named.is_none_or(|named| named.marks_in.is_some()) {
            let message = format!("`{}` is no workload that shows marks", proof.get_ref());
            return Err(source
                .at(proof.span(), message)
                .help("name one of this file that has no `marks-in` itself"));
        }
    }
    Ok(())
}

fn workload(
    source: Source<'_>,
    name: String,
    written: wire::data::Workload,
) -> Result<Workload, Diagnostic> {
    let protocol = match &written.protocol {
        Some(protocol) => source.one_of(protocol, "protocol", Protocol::NAMED)?,
        None => Protocol::Http,
    };
    let pieces = match &written.pieces {
        Some(pieces) => number(source, pieces, "pieces", 1..=10_000)?,
        None => 1,
    };
    Ok(Workload {
        name,
        protocol,
        method: method(source, &written.method)?,
        path: path(source, &written.path)?,
        check: check(source, &written)?,
        body: body(source, &written)?,
        pieces: pieces as u32,
        headers: written.headers.into_iter().collect(),
        status: number(source, &written.status, "status", 100..=599)? as u16,
        content_type: written.content_type,
        marks_in: written.marks_in.map(Spanned::into_inner),
        images_only: written.images_only,
    })
}

fn method(source: Source<'_>, written: &Spanned<String>) -> Result<String, Diagnostic> {
    let method = written.get_ref();
    if method.is_empty() || !method.chars().all(|c| c.is_ascii_uppercase()) {
        let message = format!("`{method}` is no method");
        return Err(source
            .at(written.span(), message)
            .help("write it in capitals, such as \"GET\""));
    }
    Ok(method.clone())
}

fn path(source: Source<'_>, written: &Spanned<String>) -> Result<String, Diagnostic> {
    let path = written.get_ref();
    if !path.starts_with('/') || path.chars().any(|c| !c.is_ascii_graphic()) {
        let message = format!("`{path}` is no path");
        return Err(source
            .at(written.span(), message)
            .help("it begins with `/` and has no spaces"));
    }
    Ok(path.clone())
}

fn body(source: Source<'_>, written: &wire::data::Workload) -> Result<Vec<u8>, Diagnostic> {
    let Some(bytes) = &written.body_bytes else {
        return Ok(written.body.clone().into_bytes());
    };
    if !written.body.is_empty() {
        return Err(source
            .at(bytes.span(), "`body` and `body-bytes` are both there")
            .help("`body` is the body itself, `body-bytes` fills one of that size; take one out"));
    }
    let length = number(source, bytes, "body-bytes", 0..=LARGEST_BODY)?;
    Ok(vec![FILLING; length as usize])
}

fn check(source: Source<'_>, written: &wire::data::Workload) -> Result<BodyCheck, Diagnostic> {
    let named = CHECKS.map(|check| (check.0, check));
    let (name, has_length, make) = source.one_of(&written.check, "check", named)?;
    match (&written.length, has_length) {
        (Some(length), true) => number(source, length, "length", 0..=LARGEST_BODY)
            .map(|length| make(length.unsigned_abs())),
        (None, false) => Ok(make(0)),
        (None, true) => Err(source
            .at(
                written.check.span(),
                format!("the check `{name}` needs a length"),
            )
            .help("add a line `length = 1024`")),
        (Some(length), false) => Err(source
            .at(length.span(), format!("the check `{name}` has no length"))
            .help("take the line out")),
    }
}

fn number(
    source: Source<'_>,
    written: &Spanned<i64>,
    key: &str,
    allowed: std::ops::RangeInclusive<i64>,
) -> Result<i64, Diagnostic> {
    let number = *written.get_ref();
    if allowed.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(source.at(
        written.span(),
        format!("`{key}` must lie between {least} and {most}"),
    ))
}
