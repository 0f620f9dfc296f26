//! TOML to plain structs; the parser's own errors become diagnostics.

use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Source};
use crate::suggest;

/// Reads `source` as TOML.
pub(crate) fn read<T: DeserializeOwned>(source: Source<'_>) -> Result<T, Diagnostic> {
    toml::from_str(source.text).map_err(|error| explain(source, &error))
}

fn explain(source: Source<'_>, error: &toml::de::Error) -> Diagnostic {
    let span = error.span();
    let marked = span
        .clone()
        .and_then(|span| source.text.get(span))
        .unwrap_or_default();
    let (message, help) = words(error.message(), marked);
    let diagnostic = match span {
        Some(span) => source.at(span, message),
        None => Diagnostic::whole(source.file, message),
    };
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Keys whose values are tables, and how such a table begins.
const TABLES: [(&str, &str); 4] = [
    ("suite", "[suite]"),
    ("kinds", "[kinds.native]"),
    ("servers", "[servers.uvicorn]"),
    ("workloads", "[workloads.ping]"),
];

/// The parser speaks of fields and of Rust's types; people who write suites know keys and numbers.
/// `marked` is the text that the parser points at.
fn words(message: &str, marked: &str) -> (String, Option<String>) {
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let (key, expected) = rest.split_once('`').unwrap_or((rest, ""));
        let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let help = suggest::allowed(key, "the keys here are", names.iter().copied());
        return (format!("unknown key `{key}`"), Some(help));
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        return missing(rest.trim_end_matches('`'));
    }
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        return wrong_type(rest, marked);
    }
    if message == "duplicate key" {
        return (format!("the key `{marked}` is there twice"), None);
    }
    (message.trim().to_owned(), None)
}

fn missing(key: &str) -> (String, Option<String>) {
    match TABLES.iter().find(|(name, _)| *name == key) {
        Some((_, table)) => (
            format!("the table `{table}` is missing"),
            Some(format!("add a line `{table}`")),
        ),
        None => (
            format!("the key `{key}` is missing"),
            Some(format!("add a line `{key} = …` here")),
        ),
    }
}

/// Rust's and serde's words for types, and ours.
const TYPES: [(&str, &str); 6] = [
    ("i64", "a whole number"),
    ("a sequence", "a list"),
    ("sequence", "a list"),
    ("a map", "a table"),
    ("map", "a table"),
    ("struct", "a table"),
];

/// `string "x", expected i64` → `expected a whole number, but this is the string "x"`.
fn wrong_type(rest: &str, marked: &str) -> (String, Option<String>) {
    let plain = |word: &str| {
        TYPES
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, plain)| (*plain).to_owned())
    };
    let (got, wanted) = rest
        .rsplit_once(", expected ")
        .unwrap_or((rest, "something else"));
    let is_number = got.starts_with("integer") || got.starts_with("floating point");
    let wanted = if wanted.starts_with("struct ") {
        "struct"
    } else {
        wanted
    };
    let wanted = plain(wanted).unwrap_or_else(|| wanted.to_owned());
    let got = plain(got).unwrap_or_else(|| {
        if is_number {
            format!("the number {marked}")
        } else {
            format!("the {got}")
        }
    });
    let help = (is_number && wanted.starts_with("a string"))
        .then(|| format!("put it in quotes: \"{marked}\""));
    (format!("expected {wanted}, but this is {got}"), help)
}
