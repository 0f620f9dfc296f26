//! What a search over releases found: in a terminal, and as Markdown.

use std::fmt::Write as _;

use toll_analysis::bisect::{Bisection, Direction, FileChange, Mechanism, Step};

use crate::compare;
use crate::terminal::TerminalStyle;

/// Functions and lines of a difference that a terminal shows.
const FUNCTIONS: usize = 6;
const FILES: usize = 3;
const LINES: usize = 24;

/// The search for a terminal: the answer, each step, what was skipped.
pub fn render_bisection(bisection: &Bisection, style: &TerminalStyle) -> String {
    let mut out = wrapped(&bisection.answer, style.width);
    for step in &bisection.steps {
        out += "\n";
        out += &compare::render_comparison(&step.comparison, style);
        out += &swapped(step, style.width);
        out += &mechanism(&step.mechanism);
    }
    if !bisection.skipped.is_empty() {
        out += "\nSkipped, as they have no number:\n";
        for skipped in &bisection.skipped {
            out += &wrapped(
                &format!("  {}: {}", skipped.version, skipped.reason),
                style.width,
            );
        }
    }
    let _ = writeln!(
        out,
        "\n{} of {} releases counted in {:.0} s, Python {}, by {}.",
        bisection.probed.len(),
        bisection.releases,
        bisection.wall_s,
        bisection.python,
        bisection.by
    );
    out
}

fn swapped(step: &Step, width: usize) -> String {
    let mut out = String::new();
    for one in &step.swapped {
        let made = match one.makes_the_step {
            Some(true) => "makes the step",
            Some(false) => "does not make the step",
            None => "could not be swapped by itself",
        };
        out += &wrapped(
            &format!(
                "  swapped alone: {} {} → {} {made}.",
                one.distribution, one.before, one.after
            ),
            width,
        );
    }
    out
}

/// What changed in the code, as much as a terminal holds.
fn mechanism(mechanism: &Mechanism) -> String {
    let mut out = String::new();
    if !mechanism.functions.is_empty() {
        let _ = writeln!(
            out,
            "  Calls of one request through {} layers that changed most:",
            mechanism.middlewares
        );
        for function in mechanism.functions.iter().take(FUNCTIONS) {
            let _ = writeln!(
                out,
                "    {:>6} → {:<6} {}  ({}:{})",
                function.calls_before,
                function.calls_after,
                function.name,
                function.file,
                function.line
            );
        }
    }
    let files = mechanism.files.iter().filter(|file| file.calls_changed > 0);
    for file in files.take(FILES) {
        out += &difference(file);
    }
    out
}

fn difference(file: &FileChange) -> String {
    let mut out = format!("  {} (+{} −{}):\n", file.file, file.added, file.removed);
    let lines: Vec<&str> = file.diff.lines().collect();
    for line in lines.iter().take(LINES) {
        let _ = writeln!(out, "    {line}");
    }
    if lines.len() > LINES {
        let _ = writeln!(
            out,
            "    … {} more lines in bisect.json",
            lines.len() - LINES
        );
    }
    out
}

/// The same as Markdown.
pub fn bisection_markdown(bisection: &Bisection) -> String {
    let mut out = format!(
        "## asgi-toll: {} {} … {}\n\n{}\n",
        bisection.distribution, bisection.good, bisection.bad, bisection.answer
    );
    if bisection.steps.len() > 1 {
        out += &steps_table(bisection);
    }
    for step in &bisection.steps {
        out += &compare::comparison_markdown(&step.comparison);
        out += &mechanism_markdown(&step.mechanism);
    }
    if !bisection.skipped.is_empty() {
        out += "\n### Skipped\n\n";
        for skipped in &bisection.skipped {
            let _ = writeln!(
                out,
                "* {}: {}",
                skipped.version,
                compare::escaped(&skipped.reason)
            );
        }
    }
    let _ = write!(
        out,
        "\n<sub>asgi-toll {}; {}; {} of {} releases counted, Python {}, by {}.</sub>\n",
        bisection.tool_version,
        bisection.subject,
        bisection.probed.len(),
        bisection.releases,
        bisection.python,
        bisection.by
    );
    out
}

fn steps_table(bisection: &Bisection) -> String {
    let mut out = String::from("\n| last before | first after | | culprit |\n|---|---|---|---|\n");
    for step in &bisection.steps {
        let direction = match step.direction {
            Direction::Slower => "slower",
            Direction::Faster => "faster",
        };
        let culprit = step.culprit.as_deref().unwrap_or("–");
        let _ = writeln!(
            out,
            "| {} | {} | {direction} | {culprit} |",
            step.last_before, step.first_after
        );
    }
    out
}

fn mechanism_markdown(mechanism: &Mechanism) -> String {
    let mut out = String::new();
    if !mechanism.functions.is_empty() {
        let _ = write!(
            out,
            "\nCalls of one request through {} layers:\n\n| before | after | function | |\n|--:|--:|---|---|\n",
            mechanism.middlewares
        );
        for function in &mechanism.functions {
            let _ = writeln!(
                out,
                "| {} | {} | `{}` | {}:{} |",
                function.calls_before,
                function.calls_after,
                function.name,
                function.file,
                function.line
            );
        }
    }
    for file in mechanism
        .files
        .iter()
        .filter(|file| file.calls_changed > 0)
        .take(FILES)
    {
        let _ = write!(
            out,
            "\n<details><summary>{} (+{} −{})</summary>\n\n````diff\n{}\n````\n\n</details>\n",
            file.file, file.added, file.removed, file.diff
        );
    }
    out
}

fn wrapped(text: &str, width: usize) -> String {
    compare::wrapped(text, width, "")
}
