//! What stands beneath the table, section by section.

use toll_analysis::results::{Analysis, Confidence};
use toll_core::host::Severity;

use super::paint::{Paint, Role};
use super::wrap::Block;
use crate::facts;
use crate::failed::{self, Failed};
use crate::view::{self, FindingGroup};

/// A section: its text, or nothing where there is nothing to say.
type Section = fn(&Analysis, &Paint) -> String;

/// All sections in their order.
pub(super) const SECTIONS: [Section; 4] = [findings, failures, notes, machine];

/// Log lines shown of each failure.
const LOG_LINES: usize = 8;

fn findings(analysis: &Analysis, paint: &Paint) -> String {
    let groups = view::findings(analysis);
    titled(
        "Findings",
        paint,
        &groups
            .iter()
            .map(|group| finding(group, paint))
            .collect::<Vec<_>>(),
    )
}

fn finding(group: &FindingGroup<'_>, paint: &Paint) -> String {
    let role = match group.confidence {
        Confidence::Certain => Role::Bad,
        Confidence::Likely => Role::Warn,
        Confidence::Possible => Role::Hint,
    };
    let mut out = String::new();
    for (label, finding) in &group.items {
        let lead = format!("  {} ", paint.apply(role, "●"));
        let name = label.map(|label| format!("{label}: ")).unwrap_or_default();
        let text = format!("{name}{}", finding.title);
        out += &Block::new(paint)
            .role(Role::Strong)
            .lead("  ● ")
            .wrap(&text)
            .replacen("  ● ", &lead, 1);
        if !finding.evidence.is_empty() {
            out += &Block::new(paint).lead("    ").wrap(&finding.evidence);
        }
    }
    let word = format!(
        "{}, {}",
        group.code,
        view::confidence_word(group.confidence)
    );
    let advice = if group.advice.is_empty() {
        format!("({word})")
    } else {
        format!("{} ({word})", group.advice)
    };
    out + &Block::new(paint).role(role).lead("    → ").wrap(&advice)
}

fn failures(analysis: &Analysis, paint: &Paint) -> String {
    let failed = failed::failed(analysis);
    titled(
        "No numbers",
        paint,
        &failed
            .iter()
            .map(|failed| failure(failed, paint))
            .collect::<Vec<_>>(),
    )
}

fn failure(failed: &Failed<'_>, paint: &Paint) -> String {
    let lead = format!("  {} ", paint.apply(Role::Bad, "✗"));
    let text = format!("{}: {}", failed.name(), failed.failure);
    let mut out = Block::new(paint)
        .lead("  ✗ ")
        .wrap(&text)
        .replacen("  ✗ ", &lead, 1);
    let log = &failed.failure.log_tail;
    for line in &log[log.len().saturating_sub(LOG_LINES)..] {
        let indent = " ".repeat(line.len() - line.trim_start_matches(' ').len());
        out += &Block::new(paint)
            .role(Role::Dim)
            .lead(&format!("    │ {indent}"))
            .wrap(line);
    }
    out
}

fn notes(analysis: &Analysis, paint: &Paint) -> String {
    let notes = view::notes(analysis);
    let lines = notes.iter().map(|(note, whom)| {
        Block::new(paint)
            .lead("  • ")
            .wrap(&format!("{whom}{note}"))
    });
    titled("Notes", paint, &lines.collect::<Vec<_>>())
}

fn machine(analysis: &Analysis, paint: &Paint) -> String {
    let mut out = String::new();
    for remark in facts::remarks(analysis) {
        let role = if remark.severity == Severity::Unfit {
            Role::Bad
        } else {
            Role::Warn
        };
        let text = facts::join(
            &[
                &format!("{}: {}", remark.topic, remark.seen),
                &remark.advice,
            ],
            ". ",
        );
        out += &Block::new(paint).role(role).lead("! ").wrap(&text);
    }
    let line = [
        facts::machine(&analysis.host),
        facts::started(analysis),
        facts::effort(analysis),
    ]
    .join(" · ");
    out + &Block::new(paint).role(Role::Dim).wrap(&line)
}

fn titled(title: &str, paint: &Paint, entries: &[String]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    format!("{}\n{}", paint.apply(Role::Strong, title), entries.concat())
}
