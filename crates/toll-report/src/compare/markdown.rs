//! `summary.md`: for a pull request or a job's summary. The verdict leads.

use std::fmt::Write as _;

use toll_analysis::compare::results::{Comparison, ComparisonReport, Verdict};

use super::names;
use crate::format;

/// The summary.
pub(super) fn render(report: &ComparisonReport) -> String {
    let mut out = format!(
        "## asgi-toll: {}\n\n{}\n",
        report.verdict.name(),
        imperative(report.verdict)
    );
    for comparison in &report.comparisons {
        out += &comparison_markdown(comparison);
    }
    out += &footer(report);
    out
}

/// How it was judged. What has no gate, such as counts, has neither a margin nor false alarms.
fn footer(report: &ComparisonReport) -> String {
    let instruments = report
        .comparisons
        .iter()
        .flat_map(|one| one.instruments.values());
    let mut changes = instruments.flat_map(|one| [&one.base, &one.toll]).flatten();
    let margin = report.margin;
    let gates = if changes.any(|change| change.p_regressed.is_some()) {
        format!(
            "; margin {} % or {} µs; rounds of fresh processes, both sides in turn; false alarms at most 1 % on each side for all gates together",
            short(margin.relative * 100.0),
            short(margin.absolute_us)
        )
    } else {
        String::new()
    };
    format!("\n<sub>asgi-toll {}{gates}.</sub>\n", report.tool.version)
}

/// What to do about it.
fn imperative(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regressed => "Layers or requests became dearer: please look at it.",
        Verdict::Improved => "Layers or requests became cheaper.",
        Verdict::Cleared => {
            "No action needed: a regression beyond the margin would have been seen."
        }
        Verdict::Inconclusive => "Not decided: what could have been seen stands below.",
        Verdict::Missing => "One side has no number: nothing is said about this change.",
    }
}

/// One comparison.
pub(crate) fn comparison_markdown(comparison: &Comparison) -> String {
    let mut out = format!(
        "\n### {}: {}\n\n{}\n",
        escaped(&comparison.label),
        comparison.verdict.name(),
        escaped(&comparison.why)
    );
    let mut rows = String::new();
    for (name, instrument) in names::instruments(comparison) {
        for (term, change) in names::terms(instrument) {
            let unit = if change.before.unit == "us" {
                "µs"
            } else {
                change.before.unit.as_str()
            };
            let _ = writeln!(
                rows,
                "| {name} {term}, {unit} | {} | {} | {} | {} | {} | {} |",
                format::significant(change.before.estimate),
                format::significant(change.after.estimate),
                names::signed(change.difference.estimate),
                names::interval(change),
                names::share(change),
                change.verdict.map_or("", Verdict::name),
            );
        }
    }
    if !rows.is_empty() {
        out += "\n| | before | after | difference | interval | share | verdict |\n|---|--:|--:|--:|--:|--:|---|\n";
        out += &rows;
    }
    if !comparison.moved.is_empty() {
        let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "–".to_owned());
        out += "\n<details><summary>Distributions that differ</summary>\n\n";
        for moved in &comparison.moved {
            let _ = writeln!(
                out,
                "* {} {} → {}",
                moved.distribution,
                version(&moved.before),
                version(&moved.after)
            );
        }
        out += "\n</details>\n";
    }
    out
}

/// Text from outside that Markdown would read as its own.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn short(value: f64) -> String {
    format!("{value:.3}")
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}
