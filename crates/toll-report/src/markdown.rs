//! `summary.md`: for a pull request or a README.

use std::fmt::Write as _;

use toll_analysis::results::{Analysis, Cell, InstrumentResult, SeriesResult};

use crate::facts::{self, WINDOWS};
use crate::failed;
use crate::format;
use crate::plot::panels;
use crate::registry::{Format, RenderError};
use crate::tables::{self, Align, Entry, Part, Role, Table};
use crate::view;

/// Columns of a higher rank are left out.
const BRIEF: u8 = 6;

/// The tables, the findings, and a reference to the picture beside it.
pub(crate) struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn file_name(&self) -> &'static str {
        "summary.md"
    }

    fn render(&self, analysis: &Analysis) -> Result<Vec<u8>, RenderError> {
        let parts = [
            heading(analysis),
            tables(analysis),
            findings(analysis),
            failures(analysis),
            notes(analysis),
            machine(analysis),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Ok(parts.join("\n").into_bytes())
    }
}

fn heading(analysis: &Analysis) -> String {
    let mut words = vec![facts::extent(analysis)];
    words.extend(facts::common(analysis));
    words.push(facts::requests(analysis));
    let mut out = format!(
        "## {}: what a layer of middleware costs\n\n{}\n\n",
        text(&analysis.suite),
        text(&words.join(" · "))
    );
    for caveat in facts::caveats(analysis) {
        let _ = writeln!(out, "> {}\n", text(&caveat));
    }
    let _ = writeln!(out, "![{}](summary.png)", panels::in_words(analysis));
    out
}

/// One table after the other, each with what it is.
fn tables(analysis: &Analysis) -> String {
    if analysis.series.is_empty() {
        return String::new();
    }
    let table = |table: &&'static Table| {
        let body = if table.instrument == "load" {
            load(analysis, table)
        } else {
            brief(analysis, table)
        };
        if !tables::headed(analysis) {
            return body;
        }
        let about = text(&(table.about)(analysis));
        format!("**{}**: {about}\n\n{body}", table.instrument)
    };
    let tables: Vec<String> = tables::occurring(analysis).iter().map(table).collect();
    tables.join("\n")
}

/// The columns that matter most.
fn brief(analysis: &Analysis, table: &Table) -> String {
    let rows = table.rows(analysis);
    let levels = view::level_range(analysis, table);
    let (mut heads, mut rules) = (String::new(), String::new());
    let mut lines = vec![String::new(); rows.len()];
    for column in table.columns {
        let entries: Vec<Entry> = rows.iter().map(column.entry).collect();
        let said = entries.iter().any(|entry| !entry.parts.is_empty());
        if column.name.is_empty() || column.rank > BRIEF || !said {
            continue;
        }
        let _ = write!(heads, " {} |", column.head(&levels));
        rules += if column.side() == Align::Left {
            ":--|"
        } else {
            "--:|"
        };
        for (line, entry) in lines.iter_mut().zip(&entries) {
            let _ = write!(line, " {} |", field(entry));
        }
    }
    let rows = lines.join("\n|");
    let marks = (table.marks)(analysis);
    let marks: String = marks
        .iter()
        .map(|mark| format!("\n{}\n", text(mark)))
        .collect::<Vec<_>>()
        .concat();
    format!("|{heads}\n|{rules}\n|{rows}\n{marks}")
}

fn field(entry: &Entry) -> String {
    let part = |part: &Part| match part.role {
        Role::Strong => format!("**{}**", text(&part.text)),
        _ => text(&part.text),
    };
    let parts: Vec<String> = entry
        .parts
        .iter()
        .map(part)
        .filter(|text| !text.is_empty())
        .collect();
    parts.join(" ")
}

fn load(analysis: &Analysis, table: &Table) -> String {
    let levels = view::level_range(analysis, table);
    let mut out = format!(
        "| series | base µs | first layer, extra µs | toll per layer µs | shape | requests/s, {levels} | p99 ms | rounds |\n\
         |:--|--:|--:|--:|:--|--:|--:|--:|\n"
    );
    for at in table.rows(analysis) {
        let _ = writeln!(out, "| {} |", row(at.series, at.result).join(" | "));
    }
    out += &windows(analysis, table);
    if view::any_disbelieved(analysis) {
        out += "\nRequests/s in brackets are not to be believed: the server was less than 90 % busy.\n";
    }
    out
}

/// The rates of short windows beside those that were held, where a generator tells them.
fn windows(analysis: &Analysis, table: &Table) -> String {
    let levels = view::level_range(analysis, table);
    let row = |series: &SeriesResult, result: &InstrumentResult| {
        let known = result.cells.iter().any(|cell| cell.window_rate.is_some());
        let p99 = from_to(result, |cell| {
            Some(format::rate(cell.window_rate?.p99_requests_per_s))
        });
        let held = from_to(result, |cell| {
            Some(format::rate(cell.requests_per_s.as_ref()?.estimate))
        });
        let over = from_to(result, |cell| {
            Some(format!("{:.2}", cell.window_rate?.over_rate))
        });
        known.then(|| format!("| {} | {p99} | {held} | {over} |\n", text(&series.label)))
    };
    let rows: String = table
        .rows(analysis)
        .iter()
        .filter_map(|at| row(at.series, at.result?))
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n| series | {WINDOWS} /s, {levels} | held requests/s | ratio |\n|:--|--:|--:|--:|\n{rows}"
    )
}

fn row(series: &SeriesResult, result: Option<&InstrumentResult>) -> [String; 8] {
    let none = || format::NONE.to_owned();
    let label = text(&series.label);
    let Some(result) = result else {
        return [
            label,
            none(),
            none(),
            "failed".to_owned(),
            none(),
            none(),
            none(),
            none(),
        ];
    };
    let value = |estimate: &Option<_>| {
        estimate
            .as_ref()
            .map_or_else(none, |estimate| format::spread(estimate).to_string())
    };
    let base = result
        .base
        .as_ref()
        .map_or_else(none, |base| format::micros(base.estimate));
    let toll = result
        .toll
        .as_ref()
        .map_or_else(none, |toll| format!("**{}**", format::spread(toll)));
    let rates = from_to(result, |cell| {
        let rate = format::rate(cell.requests_per_s.as_ref()?.estimate);
        Some(if cell.requests_per_s_believed {
            rate
        } else {
            format!("({rate})")
        })
    });
    let p99 = from_to(result, |cell| {
        Some(format::millis(cell.latency.as_ref()?.p99_us))
    });
    let shape = view::shape_words(&result.shape);
    [
        label,
        base,
        value(&result.first_layer),
        toll,
        shape,
        rates,
        p99,
        result.rounds.to_string(),
    ]
}

fn from_to(result: &InstrumentResult, value: impl Fn(&Cell) -> Option<String>) -> String {
    let none = || format::NONE.to_owned();
    let Some((first, last)) = view::ends(result) else {
        return none();
    };
    let (from, to) = (value(first), value(last));
    if first.middlewares == last.middlewares || (from.is_none() && to.is_none()) {
        return from.unwrap_or_else(none);
    }
    format!(
        "{} → {}",
        from.unwrap_or_else(none),
        to.unwrap_or_else(none)
    )
}

fn findings(analysis: &Analysis) -> String {
    let mut out = String::new();
    for group in view::findings(analysis) {
        for (label, finding) in &group.items {
            let name = label
                .map(|label| format!("{}: ", text(label)))
                .unwrap_or_default();
            let _ = writeln!(
                out,
                "* **{name}{}** {}",
                text(&finding.title),
                text(&finding.evidence)
            );
        }
        // A code is a word for scripts; whatever else it may hold is left out.
        let code: String = group
            .code
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
            .collect();
        let word = format!("`{code}`, {}", view::confidence_word(group.confidence));
        let _ = writeln!(out, "  → {} ({word})", text(group.advice));
    }
    titled("Findings", out)
}

fn failures(analysis: &Analysis) -> String {
    let mut out = String::new();
    for failed in failed::failed(analysis) {
        let _ = writeln!(
            out,
            "* **{}**: {}",
            text(&failed.name()),
            text(&failed.failure.to_string())
        );
        if !failed.failure.log_tail.is_empty() {
            out += &fenced(&failed.failure.log_tail);
        }
    }
    titled("No numbers", out)
}

/// Log lines as a block inside a list entry; the fence is longer than any in the log.
fn fenced(lines: &[String]) -> String {
    let longest = lines
        .iter()
        .flat_map(|line| line.split(|c| c != '`'))
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let body: String = lines
        .iter()
        .map(|line| format!("  {}\n", one_line(line)))
        .collect::<Vec<_>>()
        .concat();
    format!("\n  {fence}text\n{body}  {fence}\n\n")
}

fn notes(analysis: &Analysis) -> String {
    let mut out = String::new();
    for (note, whom) in view::notes(analysis) {
        let _ = writeln!(out, "* {}", text(&format!("{whom}{note}")));
    }
    for remark in facts::remarks(analysis) {
        let _ = writeln!(
            out,
            "* {}",
            text(&facts::join(
                &[
                    &format!("{}: {}", remark.topic, remark.seen),
                    &remark.advice
                ],
                ". "
            ))
        );
    }
    titled("Notes", out)
}

fn machine(analysis: &Analysis) -> String {
    let tool = format!("{} {}", analysis.tool.name, analysis.tool.version);
    let line = [
        facts::machine(&analysis.host),
        facts::started(analysis),
        facts::effort(analysis),
        tool,
    ]
    .join(" · ");
    format!("<sub>{}</sub>\n", text(&line))
}

fn titled(title: &str, body: String) -> String {
    if body.is_empty() {
        body
    } else {
        format!("### {title}\n\n{body}")
    }
}

/// Text from outside in one line, with everything escaped that Markdown or HTML inside it would take for its own.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in one_line(raw).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn one_line(raw: &str) -> String {
    raw.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_would_take_for_its_own_is_escaped() {
        assert_eq!(text("a|b\n<b>*x*"), "a\\|b &lt;b&gt;\\*x\\*");
    }

    #[test]
    fn a_log_cannot_end_its_fence() {
        let block = fenced(&["````".to_owned(), "x".to_owned()]);
        assert!(block.contains("`````text"), "{block}");
    }
}
