//! The history of a distribution: table and picture.

use std::fmt::Write as _;

use toll_analysis::history::{History, Release};
use toll_analysis::results::Estimate;

use crate::format;
use crate::plot::history_svg;
use crate::png::rasterise;
use crate::registry::RenderError;
use crate::view::shape_word;

/// The picture.
///
/// # Errors
/// It cannot be drawn; see [`RenderError`].
pub fn history_png(history: &History) -> Result<Vec<u8>, RenderError> {
    rasterise(&history_svg(history))
}

/// The table for a terminal: the releases at which something changed, or all of them.
pub fn render_history(history: &History, all: bool) -> String {
    let mut out = format!(
        "{}: {}, Python {}\n\n  {:<14}{:>12}{:>16}{:>12}{:>10}  shape\n",
        history.distribution,
        history.subject,
        history.python,
        "release",
        "toll, µs",
        "calls per layer",
        "base calls",
        "tasks"
    );
    let counted = history
        .releases
        .iter()
        .filter(|release| release.footprint.is_some());
    let last = counted.clone().count().saturating_sub(1);
    for (place, release) in counted.enumerate() {
        if all || place == 0 || place == last || release.is_step {
            out += &row(release);
        }
    }
    let without = without_number(&history.releases);
    if !without.is_empty() {
        let _ = writeln!(
            out,
            "\nWithout a number: {} (reasons in history.json).",
            without.join(", ")
        );
    }
    out
}

/// The releases that have no number; of neighbours the first and the last.
fn without_number(releases: &[Release]) -> Vec<String> {
    let runs = releases.chunk_by(|one, other| one.skipped.is_some() == other.skipped.is_some());
    runs.filter(|run| run.iter().any(|release| release.skipped.is_some()))
        .map(|run| match run {
            [one] => one.version.clone(),
            [first, .., last] => format!("{} … {}", first.version, last.version),
            [] => String::new(),
        })
        .collect()
}

fn row(release: &Release) -> String {
    let count = |layer: bool, name: &str| {
        let footprint = release.footprint.as_ref()?;
        let counts = if layer {
            &footprint.toll
        } else {
            &footprint.base
        };
        counts.get(name).copied()
    };
    let told = |value: Option<f64>| {
        value.map_or_else(|| format::NONE.to_owned(), |value| format!("{value:.1}"))
    };
    let mark = if release.is_step { "→" } else { " " };
    format!(
        "{mark} {:<14}{:>12}{:>16}{:>12}{:>10}  {}\n",
        release.version,
        release
            .toll
            .as_ref()
            .map_or_else(|| format::NONE.to_owned(), cost)
            .replace(format::GROUP, " "),
        told(count(true, "python_calls")),
        told(count(false, "python_calls")),
        told(count(true, "tasks")),
        release
            .footprint
            .as_ref()
            .map_or("", |footprint| shape_word(footprint.shape)),
    )
}

fn cost(estimate: &Estimate) -> String {
    format::micros(estimate.estimate)
}

/// What times are relative to; empty where nothing was timed.
fn timed_beside(history: &History) -> String {
    history
        .reference
        .as_ref()
        .map_or_else(String::new, |reference| {
            format!(
                " Every release was timed in the same blocks as {reference}: times and intervals are relative to it."
            )
        })
}

/// The same as Markdown, every release.
pub fn history_markdown(history: &History) -> String {
    let mut out = format!(
        "## {}: what a layer costs, release by release\n\n{}, Python {}. Held still: {}.{}\n\n![history](history.png)\n\n| release | toll, µs | interval | calls per layer | base calls | tasks per layer | shape | |\n|---|--:|--:|--:|--:|--:|---|---|\n",
        history.distribution,
        history.subject,
        history.python,
        history.held.join(", "),
        timed_beside(history)
    );
    for release in &history.releases {
        out += &markdown_row(release);
    }
    out
}

fn markdown_row(release: &Release) -> String {
    if let Some(skipped) = &release.skipped {
        let reason = crate::compare::escaped(&skipped.reason.replace('\n', " "));
        return format!(
            "| {} | | | | | | | no number: {reason} |\n",
            release.version
        );
    }
    let count = |layer: bool, name: &str| {
        let footprint = release.footprint.as_ref();
        let counts = footprint.map(|footprint| {
            if layer {
                &footprint.toll
            } else {
                &footprint.base
            }
        });
        let value = counts.and_then(|counts| counts.get(name));
        value.map_or_else(String::new, |value| format!("{value:.1}"))
    };
    let ends = release
        .toll
        .as_ref()
        .and_then(|toll| toll.low.zip(toll.high));
    let interval = ends.map_or_else(String::new, |(low, high)| {
        format!("{} … {}", format::micros(low), format::micros(high))
    });
    let as_of = release
        .as_of
        .as_ref()
        .map_or_else(String::new, |day| format!("companions as of {day}"));
    format!(
        "| {}{} | {} | {interval} | {} | {} | {} | {} | {as_of} |\n",
        if release.is_step { "**→** " } else { "" },
        release.version,
        release.toll.as_ref().map_or_else(String::new, cost),
        count(true, "python_calls"),
        count(false, "python_calls"),
        count(true, "tasks"),
        release
            .footprint
            .as_ref()
            .map_or("", |footprint| shape_word(footprint.shape)),
    )
}
