//! Comparisons in a terminal: the verdict first, then the numbers, then what they mean.

use anstyle::{AnsiColor, Style};
use toll_analysis::compare::results::{Change, Comparison, ComparisonReport, Verdict};

use super::names;
use crate::format;
use crate::terminal::TerminalStyle;

/// Columns of the table, by width.
const COLUMNS: [(&str, usize); 6] = [
    ("", 20),
    ("before", 9),
    ("after", 9),
    ("difference", 11),
    ("interval", 21),
    ("verdict", 14),
];

/// All comparisons for the terminal.
pub fn render_comparisons(report: &ComparisonReport, style: &TerminalStyle) -> String {
    let mut parts: Vec<String> = report
        .comparisons
        .iter()
        .map(|comparison| render_comparison(comparison, style))
        .collect();
    if report.comparisons.len() > 1 {
        parts.push(format!("Together: {}.\n", painted(report.verdict, *style)));
    }
    parts.join("\n")
}

/// One comparison.
pub(crate) fn render_comparison(comparison: &Comparison, style: &TerminalStyle) -> String {
    let style = *style;
    let mut out = format!(
        "{}: {}\n",
        comparison.label,
        painted(comparison.verdict, style)
    );
    let rows: Vec<String> = names::instruments(comparison)
        .flat_map(|(name, instrument)| {
            let row = move |(term, change)| row(name, term, change, style);
            names::terms(instrument).into_iter().map(row)
        })
        .collect();
    if !rows.is_empty() {
        out += &head();
        out += &rows.concat();
    }
    out += &wrapped(&comparison.why, style.width, "  ");
    if !comparison.moved.is_empty() {
        out += &wrapped(&moved(comparison), style.width, "  ");
    }
    for note in &comparison.notes {
        out += &wrapped(&format!("note: {note}"), style.width, "  ");
    }
    out
}

fn head() -> String {
    line(&COLUMNS.map(|(name, _)| name.to_owned()))
}

fn row(instrument: &str, term: &str, change: &Change, style: TerminalStyle) -> String {
    let unit = match change.before.unit.as_str() {
        "us" => "µs",
        unit => unit,
    };
    let verdict = change
        .verdict
        .map(|verdict| painted(verdict, style))
        .unwrap_or_default();
    line(&[
        format!("{instrument} {term}, {unit}"),
        format::significant(change.before.estimate),
        format::significant(change.after.estimate),
        names::signed(change.difference.estimate),
        names::interval(change),
        if verdict.is_empty() {
            names::share(change)
        } else {
            format!("{verdict} ({})", names::share(change))
        },
    ])
}

fn line(cells: &[String; 6]) -> String {
    let mut out = String::from(" ");
    for (place, (cell, (_, width))) in cells.iter().zip(COLUMNS).enumerate() {
        let cell = cell.replace(format::GROUP, " ");
        let room = width.saturating_sub(cell.chars().count());
        let space = " ".repeat(room);
        // Names stand at the left of their columns, numbers at the right.
        let (before, after) = match place {
            0 => ("", space.as_str()),
            5 => ("", ""),
            _ => (space.as_str(), ""),
        };
        out += if place == 0 { " " } else { "  " };
        out += before;
        out += &cell;
        out += after;
    }
    format!("{}\n", out.trim_end())
}

/// Which distributions differ.
fn moved(comparison: &Comparison) -> String {
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    let said: Vec<String> = comparison
        .moved
        .iter()
        .map(|one| {
            format!(
                "{} {} → {}",
                one.distribution,
                version(&one.before),
                version(&one.after)
            )
        })
        .collect();
    format!("Different distributions: {}.", said.join(", "))
}

fn painted(verdict: Verdict, style: TerminalStyle) -> String {
    let name = verdict.name();
    if !style.colour {
        return name.to_owned();
    }
    let colour = match verdict {
        Verdict::Regressed | Verdict::Missing => AnsiColor::Red,
        Verdict::Improved | Verdict::Cleared => AnsiColor::Green,
        Verdict::Inconclusive => AnsiColor::Yellow,
    };
    let colour = Style::new().fg_color(Some(colour.into())).bold();
    format!("{colour}{name}{colour:#}")
}

/// Words in lines of at most `width` columns, each behind `indent`.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let width = width.clamp(40, 400) - indent.len();
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let fits = |line: &&mut String| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width
        };
        match lines.last_mut().filter(fits) {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    let indented: Vec<String> = lines
        .iter()
        .map(|line| format!("{indent}{line}\n"))
        .collect();
    indented.concat()
}
