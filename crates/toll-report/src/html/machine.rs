//! The machine and how it was measured.

use serde::Serialize;
use serde_json::Value;
use toll_analysis::results::Analysis;
use toll_core::host::Severity;

use super::escape::esc;
use crate::format;

/// Facts about the machine, remarks, settings and seed.
pub(super) fn section(analysis: &Analysis) -> String {
    format!(
        "<section>\n<h2>Machine</h2>\n<div class=\"card\">\n{}{}{}</div>\n</section>\n<section>\n<h2>How it was measured</h2>\n<div class=\"card\">\n{}</div>\n</section>\n",
        remarks(analysis),
        definitions(facts(&analysis.host)),
        interpreters(analysis),
        definitions(run(analysis)),
    )
}

fn remarks(analysis: &Analysis) -> String {
    let item = |remark: &toll_core::host::Remark| {
        let class = match remark.severity {
            Severity::Fine => "fine",
            Severity::Warning => "warning",
            Severity::Unfit => "unfit",
        };
        format!(
            "<li class=\"{class}\"><b>{}</b>: {} <em>{}</em></li>\n",
            esc(&remark.topic),
            esc(&remark.seen),
            esc(&remark.advice)
        )
    };
    let items: String = analysis.remarks.iter().map(item).collect();
    if items.is_empty() {
        items
    } else {
        format!("<ul class=\"remarks\">\n{items}</ul>\n")
    }
}

fn interpreters(analysis: &Analysis) -> String {
    let found = analysis.host.interpreters.iter();
    let items: String = found
        .map(|found| {
            format!(
                "<li>{} {} <code>{}</code></li>",
                esc(&found.implementation),
                esc(&found.version),
                esc(&found.path)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    if items.is_empty() {
        items
    } else {
        format!("<h4>Interpreters</h4>\n<ul>{items}</ul>\n")
    }
}

fn run(analysis: &Analysis) -> Vec<(String, String)> {
    let run = &analysis.run;
    let mut pairs = vec![
        ("started".to_owned(), run.started_at.clone()),
        ("wall time".to_owned(), format::duration(run.wall_s)),
        (
            "CPU of the tool itself".to_owned(),
            format::duration(run.tool_cpu_s),
        ),
        ("seed".to_owned(), run.seed.to_string()),
        ("plan".to_owned(), analysis.plan_hash.clone()),
        (
            "tool".to_owned(),
            format!("{} {}", analysis.tool.name, analysis.tool.version),
        ),
    ];
    pairs.extend(facts(&run.settings));
    pairs
}

/// The plain fields of a value by their names, so that a new fact or setting shows up by itself.
fn facts(value: &impl Serialize) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(value) else {
        return Vec::new();
    };
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((words(&name), plain(&name, &value)?)))
        .collect()
}

fn words(name: &str) -> String {
    let name = name.strip_suffix("_bytes").unwrap_or(name);
    name.replace('_', " ")
}

fn plain(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Some(match number.as_u64() {
            Some(bytes) if name.ends_with("_bytes") => format::bytes(bytes),
            _ => number.to_string(),
        }),
    }
}

/// A list of names and values; pairs without a value are left out.
pub(super) fn definitions(pairs: impl IntoIterator<Item = (String, String)>) -> String {
    let known = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let items: String = known
        .map(|(name, value)| {
            format!(
                "<div><dt>{}</dt><dd>{}</dd></div>\n",
                esc(&name),
                esc(&value)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    format!("<dl>\n{items}</dl>\n")
}
