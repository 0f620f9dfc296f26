//! What a budget says of a request, in every format: a short table below the layers.

use std::fmt::Write as _;

use toll_analysis::audit::budget::results::{BudgetAudit, BudgetToll};
use toll_analysis::audit::results::RequestAudit;
use toll_analysis::compare::results::Verdict;

use super::names;
use super::terminal::aligned;
use crate::compare::{escaped, wrapped};
use crate::format;
use crate::html::esc;
use crate::terminal::TerminalStyle;

/// Headings of the table: what it is, its numbers, the verdict, why.
const HEADINGS: [&str; 6] = [
    "held against the budget",
    "budget",
    "allowed",
    "now",
    "verdict",
    "why",
];
/// The columns of numbers.
const NUMBERS: std::ops::Range<usize> = 1..4;
/// The place of the verdict, and of the reason behind it.
const VERDICT: usize = 4;
const WHY: usize = 5;

/// The rows: every layer, and all of them.
fn rows(audit: &BudgetAudit) -> Vec<[String; 6]> {
    audit.layers.iter().chain(&audit.total).map(row).collect()
}

fn row(toll: &BudgetToll) -> [String; 6] {
    let micros = |us: Option<f64>| us.map_or_else(|| format::NONE.to_owned(), names::micros);
    [
        toll.name.clone(),
        micros(toll.saved_us),
        micros(toll.allowed_us),
        micros(toll.toll.as_ref().map(|toll| toll.estimate)),
        toll.verdict.name().to_owned(),
        toll.why.clone(),
    ]
}

/// What is said beside the table: which budget it is, what is worth knowing, what is gone.
fn sentences(audit: &BudgetAudit) -> Vec<String> {
    let mut said = vec![format!("The budget is of {}.", audit.against)];
    said.extend(audit.notes.iter().cloned());
    if !audit.gone.is_empty() {
        said.push(format!("Gone since the budget: {}.", audit.gone.join(", ")));
    }
    said
}

/// For the terminal; empty without a budget. Reasons stand below, where something is not as it was.
pub(super) fn terminal(request: &RequestAudit, style: TerminalStyle) -> String {
    let Some(audit) = &request.budget else {
        return String::new();
    };
    let rows = rows(audit);
    let mut out = String::from("\n");
    if !rows.is_empty() {
        out += &table(&rows);
        out += "\n";
    }
    out += &wrapped(&sentences(audit).join(" "), style.width, "  ");
    for row in rows
        .iter()
        .filter(|row| row[VERDICT] != Verdict::Cleared.name())
    {
        let text = format!("{}: {}. {}", row[0], row[VERDICT], row[WHY]);
        out += &wrapped(text.trim(), style.width, "  ");
    }
    out
}

/// Every column but the last, aligned.
fn table(rows: &[[String; 6]]) -> String {
    let columns: [(&str, bool); WHY] =
        std::array::from_fn(|column| (HEADINGS[column], NUMBERS.contains(&column)));
    let short = |row: &[String; 6]| -> [String; WHY] { std::array::from_fn(|at| row[at].clone()) };
    let rows: Vec<[String; WHY]> = rows.iter().map(short).collect();
    let (head, lines) = aligned(&columns, &rows);
    let lines: Vec<String> = std::iter::once(head).chain(lines).collect();
    lines.join("\n") + "\n"
}

/// For `audit.md`; empty without a budget.
pub(super) fn markdown(request: &RequestAudit) -> String {
    let Some(audit) = &request.budget else {
        return String::new();
    };
    let mut out = format!("\n{}\n", escaped(&sentences(audit).join(" ")));
    let rows = rows(audit);
    if rows.is_empty() {
        return out;
    }
    let _ = write!(
        out,
        "\n| {} |\n|---|--:|--:|--:|---|---|\n",
        HEADINGS.join(" | ")
    );
    for row in &rows {
        let cells: Vec<String> = row.iter().enumerate().map(markdown_cell).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

fn markdown_cell((column, text): (usize, &String)) -> String {
    match column {
        VERDICT if text != Verdict::Cleared.name() => format!("**{text}**"),
        _ => escaped(text),
    }
}

/// For `audit.html`; empty without a budget.
pub(super) fn html(request: &RequestAudit) -> String {
    let Some(audit) = &request.budget else {
        return String::new();
    };
    let mut out = format!("<p>{}</p>\n", esc(&sentences(audit).join(" ")));
    let rows = rows(audit);
    if rows.is_empty() {
        return out;
    }
    let class = |column: usize| {
        if NUMBERS.contains(&column) {
            " class=\"num\""
        } else {
            ""
        }
    };
    let cells = |tag: &str, row: &[String; 6]| -> String {
        let cells = row.iter().enumerate();
        let cells =
            cells.map(|(column, text)| format!("<{tag}{}>{}</{tag}>", class(column), esc(text)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let body: String = rows.iter().map(|row| cells("td", row)).collect();
    let head = cells("th", &HEADINGS.map(str::to_owned));
    let _ = write!(
        out,
        "<div class=\"scroll\"><table class=\"budget\">\n<thead>{head}</thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
    );
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use toll_analysis::compare::results::Margin;

    use super::*;

    fn toll(name: &str, verdict: Verdict, why: &str) -> BudgetToll {
        BudgetToll {
            name: name.to_owned(),
            verdict,
            why: why.to_owned(),
            saved_us: Some(5.0),
            allowed_us: Some(6.5),
            ..BudgetToll::default()
        }
    }

    fn request() -> RequestAudit {
        let audit = BudgetAudit {
            verdict: Verdict::Regressed,
            against: "2026-11-29, Python 3.13.1".to_owned(),
            pace: Some(1.3),
            margin: Margin::default(),
            notes: vec!["This machine is slow.".to_owned()],
            layers: vec![
                toll("Cors<T>", Verdict::Regressed, "Counts: tasks 0 → 1."),
                toll("Gzip", Verdict::Cleared, "It is as it was."),
            ],
            total: Some(toll("all layers", Verdict::Inconclusive, "Undecided.")),
            gone: vec!["Session".to_owned()],
        };
        RequestAudit {
            load: None,
            what_if: None,
            at_once: None,
            in_company: None,
            request: "GET /".to_owned(),
            status: 200,
            body_bytes: 2,
            whole: None,
            total: None,
            layers: Vec::new(),
            inside: None,
            rounds: BTreeMap::new(),
            findings: Vec::new(),
            error: None,
            budget: Some(audit),
        }
    }

    #[test]
    fn every_format_has_the_verdicts_and_what_is_worth_knowing() {
        let style = TerminalStyle {
            colour: false,
            width: 100,
            ..TerminalStyle::default()
        };
        let all = [
            terminal(&request(), style),
            markdown(&request()),
            html(&request()),
        ];
        for text in &all {
            for words in [
                "regressed",
                "cleared",
                "inconclusive",
                "5.00",
                "6.50",
                "tasks 0 → 1",
                "slow.",
                "Session",
            ] {
                assert!(text.contains(words), "{words}: {text}");
            }
        }
        // In a terminal only what is not as it was has its reason.
        assert!(!all[0].contains("It is as it was.") && all[1].contains("It is as it was."));
        assert!(all[2].contains("Cors&lt;T&gt;"), "{}", all[2]);
    }

    #[test]
    fn a_request_that_the_budget_lacks_has_no_table() {
        let mut request = request();
        let audit = request.budget.as_mut().unwrap();
        (audit.layers, audit.total) = (Vec::new(), None);
        assert!(!markdown(&request).contains('|') && !html(&request).contains("<table"));
        request.budget = None;
        assert_eq!(html(&request) + &markdown(&request), "");
    }
}
