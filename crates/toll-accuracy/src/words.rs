//! The report as text.

use crate::report::{Report, Section};
use crate::row::{Bound, Row, Unit, Verdict};

/// A value with its unit, as short as it can be read.
fn value(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Ns if value.abs() < 999_500.0 => format!("{:.1} µs", value / 1e3),
        Unit::Ns if value.abs() < 1e9 => format!("{:.3} ms", value / 1e6),
        Unit::Ns => format!("{:.4} s", value / 1e9),
        Unit::Count | Unit::Bytes => format!("{value:.0}"),
        Unit::Ratio => format!("{value:.3}"),
    }
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "✓",
        Verdict::Out => "✗",
        Verdict::NotAsked => "–",
        Verdict::Told => " ",
    }
}

fn expected(row: &Row) -> String {
    let Some(known) = row.expected else {
        return String::new();
    };
    let text = value(row.unit, known);
    match (row.bound, row.tolerance) {
        (Bound::AtMost, _) => format!("≤ {text}"),
        (Bound::AtLeast, _) => format!("≥ {text}"),
        (Bound::Near, Some(tolerance)) if tolerance > 0.0 => {
            format!("{text} ± {}", value(row.unit, tolerance))
        }
        _ => text,
    }
}

fn measured(row: &Row) -> String {
    row.measured.map_or_else(
        || "not asked".to_owned(),
        |measured| value(row.unit, measured),
    )
}

/// Columns: what, expected, measured, mark and remark.
type Line = [String; 4];

fn line(row: &Row) -> Line {
    let note = row
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!("  {note}"));
    [
        row.what.clone(),
        expected(row),
        measured(row),
        format!("{}{note}", mark(row.verdict)),
    ]
}

pub(crate) fn terminal(report: &Report) -> String {
    let mut text = vec![place(report)];
    let width = widths(&report.sections);
    for section in &report.sections {
        let tries = match section.attempts {
            0 | 1 => String::new(),
            more => format!(" (best of {more} attempts)"),
        };
        text.push(format!(
            "\n{} {}{tries}",
            section.question, section.generator
        ));
        text.extend(section.rows.iter().map(|row| {
            let [what, expected, measured, rest] = line(row);
            let [a, b, c] = width;
            format!("  {what:<a$}  {expected:>b$}  {measured:>c$}  {rest}")
                .trim_end()
                .to_owned()
        }));
    }
    text.push(format!("\n{}", verdict(report)));
    text.join("\n")
}

fn widths(sections: &[Section]) -> [usize; 3] {
    let lines: Vec<Line> = sections
        .iter()
        .flat_map(|section| section.rows.iter().map(line))
        .collect();
    [0, 1, 2].map(|column| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    })
}

fn place(report: &Report) -> String {
    let cores = match (report.server_core, report.generator_core) {
        (Some(server), Some(generator)) => {
            format!("Known server on core {server}, load generator on core {generator}.")
        }
        _ => "Known server and load generator share the only core: times are those of both, and may be out.".to_owned(),
    };
    if report.slack > 1.0 {
        return format!("{cores} Tolerances of times × {}.", report.slack);
    }
    cores
}

fn verdict(report: &Report) -> String {
    let rows = || report.sections.iter().flat_map(|section| &section.rows);
    let count = |verdict| rows().filter(|row| row.verdict == verdict).count();
    let (right, out, not_asked) = (
        count(Verdict::Ok),
        count(Verdict::Out),
        count(Verdict::NotAsked),
    );
    let tail = if not_asked > 0 {
        format!(", {not_asked} not asked")
    } else {
        String::new()
    };
    match out {
        0 => format!("All {right} figures are within what is known{tail}."),
        _ => format!("{out} of {} figures are out (✗){tail}.", right + out),
    }
}

pub(crate) fn markdown(report: &Report) -> String {
    let mut text = vec![format!("{} {}", place(report), verdict(report))];
    let mut names: Vec<&str> = Vec::new();
    let mut questions: Vec<&str> = Vec::new();
    for section in &report.sections {
        if !names.contains(&section.generator.as_str()) {
            names.push(&section.generator);
        }
        if !questions.contains(&section.question) {
            questions.push(section.question);
        }
    }
    for question in questions {
        text.push(format!("\n### {question}\n"));
        text.push(format!("| | expected | {} |", names.join(" | ")));
        text.push(format!("|---|---:|{}", "---:|".repeat(names.len())));
        text.extend(side_by_side(report, question, &names));
    }
    text.join("\n")
}

/// One line for each thing that was asked of anyone.
fn side_by_side(report: &Report, question: &str, names: &[&str]) -> Vec<String> {
    let asked = |name: &str| {
        let own = |section: &&Section| section.question == question && section.generator == name;
        report.sections.iter().find(own)
    };
    let mut whats: Vec<&str> = Vec::new();
    for row in names
        .iter()
        .filter_map(|name| asked(name))
        .flat_map(|section| &section.rows)
    {
        if !whats.contains(&row.what.as_str()) {
            whats.push(&row.what);
        }
    }
    let cells = |what: &str| {
        let rows: Vec<Option<&Row>> = names
            .iter()
            .map(|name| asked(name)?.rows.iter().find(|row| row.what == what))
            .collect();
        let first = rows.iter().flatten().find(|row| row.expected.is_some());
        let known = first.map_or_else(String::new, |row| expected(row));
        let each = rows
            .iter()
            .map(|row| row.map_or_else(String::new, |row| cell(row, &known)));
        format!(
            "| {what} | {known} | {} |",
            each.collect::<Vec<_>>().join(" | ")
        )
    };
    whats.into_iter().map(cells).collect()
}

/// The measured value; with what was expected of this generator where that differs from the first one's.
fn cell(row: &Row, known: &str) -> String {
    if row.verdict == Verdict::NotAsked {
        return mark(row.verdict).to_owned();
    }
    let own = expected(row);
    let of = if own.is_empty() || own == known {
        String::new()
    } else {
        format!(" of {own}")
    };
    format!("{}{of} {}", measured(row), mark(row.verdict))
        .trim_end()
        .to_owned()
}
