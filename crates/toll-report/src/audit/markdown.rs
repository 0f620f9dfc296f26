//! `audit.md`: for a pull request.

use std::fmt::Write as _;

use toll_analysis::audit::results::{AuditReport, RequestAudit, WhatIf};

use super::{budget, names, served, what_if};
use crate::compare::escaped;
use crate::format;

/// The report.
pub(super) fn render(report: &AuditReport) -> String {
    let mut out = format!("## What the middlewares of `{}` cost\n", report.app);
    for request in &report.requests {
        out += &of_request(request);
    }
    let _ = write!(
        out,
        "\n<sub>asgi-toll {}, Python {}; CPU time in-process, without a server; intervals of 95 %.</sub>\n",
        report.tool.version, report.python
    );
    out
}

fn of_request(request: &RequestAudit) -> String {
    let mut out = format!("\n### `{}` → {}\n\n", request.request, request.status);
    if let Some(error) = &request.error {
        let _ = writeln!(out, "No number: {}", escaped(&error.message));
        return out;
    }
    let _ = writeln!(out, "**{}**\n", escaped(&names::verdict(request)));
    out += "| layer, outermost first | from | µs | interval | share | calls | tasks | thread hops | found by |\n|---|---|--:|---|--:|--:|--:|--:|---|\n";
    for layer in &request.layers {
        let place = names::place(layer);
        let place = if place.is_empty() {
            String::new()
        } else {
            format!(" ({})", escaped(&place))
        };
        let [calls, tasks, hops] = names::COUNTS.map(|(count, _)| names::count(layer, count));
        let toll = layer.toll.as_ref();
        let _ = writeln!(
            out,
            "| `{}`{place} | {} | {} | {} | {} | {calls} | {tasks} | {hops} | {} |",
            layer.layer.name,
            escaped(&names::origin(layer)),
            toll.map_or_else(
                || format::NONE.to_owned(),
                |toll| names::micros(toll.estimate)
            ),
            toll.map(names::interval).unwrap_or_default(),
            layer
                .share
                .map_or_else(String::new, |share| format::percent(share.max(0.0))),
            escaped(&names::way(layer)),
        );
    }
    for failure in names::failures(request) {
        let _ = write!(out, "\n{}\n", escaped(&failure));
    }
    if let Some(text) = served::paragraph(request) {
        let _ = writeln!(out, "\n{}", escaped(&text));
    }
    if let Some(asked) = &request.what_if {
        out += &of_change(asked);
    }
    out += &budget::markdown(request);
    let findings = names::findings(request);
    if !findings.is_empty() {
        out += "\n";
    }
    for finding in findings {
        let advice = Some(&finding.advice).filter(|advice| !advice.is_empty());
        let advice = advice.map_or_else(String::new, |advice| format!(" *{}*", escaped(advice)));
        let _ = writeln!(
            out,
            "* **{}** {}{advice} (`{}`)",
            escaped(&finding.title),
            escaped(&finding.evidence),
            finding.code
        );
    }
    out
}

fn of_change(asked: &WhatIf) -> String {
    let mut out = format!("\n**{}**\n", escaped(&what_if::verdict(asked)));
    for note in what_if::notes(asked) {
        let _ = write!(out, "\n{}\n", escaped(&note));
    }
    let rows = what_if::rows(asked);
    if !rows.is_empty() {
        let _ = write!(
            out,
            "\n| {} |\n|---|--:|--:|--:|--:|\n",
            what_if::HEADINGS.join(" | ")
        );
    }
    for row in rows {
        let cells = row.map(|cell| escaped(&cell));
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}
