//! An audit in a terminal: what all take, every layer outermost first, what follows.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use toll_analysis::audit::results::{AuditReport, LayerAudit, RequestAudit, WhatIf};
use toll_analysis::results::Finding;

use super::{budget, names, served, what_if};
use crate::compare::wrapped;
use crate::format;
use crate::terminal::TerminalStyle;

/// Cells of the bar that shows a layer's share of the request.
const BAR: usize = 10;
/// Columns of the table: heading, and whether numbers stand in it.
const COLUMNS: [(&str, bool); 9] = [
    ("layer", false),
    ("from", false),
    ("µs", true),
    ("", false),
    ("share", true),
    ("", false),
    ("calls", true),
    ("tasks", true),
    ("hops", true),
];

/// The whole audit for the terminal.
pub fn render_audit(report: &AuditReport, style: &TerminalStyle) -> String {
    let mut out = format!(
        "{} on Python {}, asgi-toll {}\n",
        report.app, report.python, report.tool.version
    );
    for request in &report.requests {
        out += "\n";
        out += &of_request(request, *style);
    }
    out
}

fn of_request(request: &RequestAudit, style: TerminalStyle) -> String {
    let mut out = format!("{} → {}\n", request.request, request.status);
    if let Some(error) = &request.error {
        let _ = writeln!(out, "  no number: {}", error.message);
        for line in &error.log_tail {
            let _ = writeln!(out, "    {line}");
        }
        return out;
    }
    out += &table(request, style);
    out += "\n";
    out += &wrapped(&painted(&names::verdict(request), style), style.width, "  ");
    if let Some(inside) = &request.inside {
        let text = format!(
            "What is inside of all layers takes {} µs by itself.",
            names::micros(inside.estimate)
        );
        out += &wrapped(&text, style.width, "  ");
    }
    for failure in names::failures(request) {
        out += &wrapped(&failure, style.width, "  ");
    }
    if let Some(text) = served::paragraph(request) {
        out += &wrapped(&text, style.width, "  ");
    }
    for line in served::log_tail(request) {
        let _ = writeln!(out, "    {line}");
    }
    if let Some(asked) = &request.what_if {
        out += "\n";
        out += &of_change(asked, style);
    }
    out += &budget::terminal(request, style);
    for finding in names::findings(request) {
        out += &of_finding(finding, style);
    }
    out
}

/// What it is, how that is known, what to do: a paragraph each.
fn of_finding(finding: &Finding, style: TerminalStyle) -> String {
    let mut out = format!("\n  {} ", mark(style));
    let title = format!("{} ({})", finding.title, finding.code);
    out += wrapped(&title, style.width, "    ").trim_start();
    for text in [&finding.evidence, &finding.advice] {
        if !text.is_empty() {
            out += &wrapped(text, style.width, "    ");
        }
    }
    out
}

/// What a change would bring, and the layers in both environments where there are two.
fn of_change(asked: &WhatIf, style: TerminalStyle) -> String {
    let mut out = wrapped(&painted(&what_if::verdict(asked), style), style.width, "  ");
    for note in what_if::notes(asked) {
        out += &wrapped(&note, style.width, "  ");
    }
    let rows = what_if::rows(asked);
    if rows.is_empty() {
        return out;
    }
    let columns = what_if::HEADINGS.map(|heading| (heading, heading != "layer"));
    let (head, lines) = aligned(&columns, &rows);
    let _ = writeln!(out, "\n{}", dim(&head, style));
    for line in lines {
        out += &line;
        out += "\n";
    }
    out
}

/// The line of the headings, and one for each row; a column without a word is left out.
pub(super) fn aligned<const N: usize>(
    columns: &[(&str, bool); N],
    rows: &[[String; N]],
) -> (String, Vec<String>) {
    let headings = columns.map(|(heading, _)| heading.to_owned());
    let width = |column: usize| {
        let cells = rows.iter().chain([&headings]).map(|row| &row[column]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let mut line = String::from(" ");
        for (column, cell) in row
            .iter()
            .enumerate()
            .filter(|(column, _)| widths[*column] > 0)
        {
            let room = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
            let (before, after) = if columns[column].1 {
                (room.as_str(), "")
            } else {
                ("", room.as_str())
            };
            let _ = write!(line, " {before}{cell}{after} ");
        }
        line.trim_end().to_owned()
    };
    (line(&headings), rows.iter().map(line).collect())
}

fn table(request: &RequestAudit, style: TerminalStyle) -> String {
    let rows: Vec<[String; 9]> = request.layers.iter().map(row).collect();
    let (head, lines) = aligned(&COLUMNS, &rows);
    let mut out = format!("{}\n", dim(&head, style));
    for (layer, line) in request.layers.iter().zip(lines) {
        let is_heavy = layer
            .findings
            .iter()
            .any(|one| one.code == "expensive-layer");
        out += &if is_heavy {
            painted(&line, style)
        } else {
            line
        };
        out += "\n";
    }
    out
}

fn row(layer: &LayerAudit) -> [String; 9] {
    let place = names::place(layer);
    let from = if place.is_empty() {
        names::origin(layer)
    } else {
        format!("{} ({place})", names::origin(layer))
    };
    let toll = layer.toll.as_ref();
    let [calls, tasks, hops] = names::COUNTS.map(|(count, _)| names::count(layer, count));
    let bears = !layer.removal.is_possible() && layer.by.is_some();
    [
        layer.layer.name.clone(),
        from,
        toll.map_or_else(
            || format::NONE.to_owned(),
            |toll| names::micros(toll.estimate),
        ),
        format!(
            "{}{}",
            toll.map(names::interval).unwrap_or_default(),
            if bears { " by its borders" } else { "" }
        ),
        layer.share.map_or_else(String::new, |share| {
            format::percent(share.max(0.0)).replace(format::GROUP, " ")
        }),
        layer.share.map_or_else(String::new, bar),
        calls,
        tasks,
        hops,
    ]
}

fn bar(share: f64) -> String {
    let cells = (share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
    "█".repeat(cells)
}

fn mark(style: TerminalStyle) -> String {
    if !style.colour {
        return "!".to_owned();
    }
    let colour = Style::new().fg_color(Some(AnsiColor::Yellow.into())).bold();
    format!("{colour}!{colour:#}")
}

fn painted(text: &str, style: TerminalStyle) -> String {
    if !style.colour {
        return text.to_owned();
    }
    let bold = Style::new().bold();
    format!("{bold}{text}{bold:#}")
}

fn dim(text: &str, style: TerminalStyle) -> String {
    if !style.colour {
        return text.to_owned();
    }
    let dimmed = Style::new().dimmed();
    format!("{dimmed}{text}{dimmed:#}")
}
