//! The table in the terminal and what is said beneath it.

mod below;
mod layout;
mod paint;
mod wrap;

use toll_analysis::results::Analysis;

use crate::facts;
use crate::tables;
use paint::{Paint, Role};
use wrap::Block;

/// How the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns.
    pub width: usize,
    /// Whether colour codes may be written.
    pub colour: bool,
    /// Whether characters beyond ASCII may be written.
    pub unicode: bool,
}

impl Default for TerminalStyle {
    /// 100 columns, no colour, any character.
    fn default() -> Self {
        Self {
            width: 100,
            colour: false,
            unicode: true,
        }
    }
}

/// The whole analysis for the terminal: the table, findings, failures, notes, the machine.
pub fn render_table(analysis: &Analysis, style: &TerminalStyle) -> String {
    // Narrower than this nothing can be read, and no wrapping helps.
    let style = TerminalStyle {
        width: style.width.clamp(40, 400),
        ..*style
    };
    let paint = Paint::new(style);
    let mut out = heading(analysis, &paint);
    if analysis.series.is_empty() {
        out.push('\n');
        out += &Block::new(&paint).wrap("Nothing was measured: the suite has no series.");
    } else {
        out += &tables(analysis, &paint);
    }
    for section in below::SECTIONS {
        let text = section(analysis, &paint);
        if !text.is_empty() {
            out.push('\n');
            out += &text;
        }
    }
    paint.characters(&out)
}

/// One table after the other, each with what it is.
fn tables(analysis: &Analysis, paint: &Paint) -> String {
    let mut out = String::new();
    for table in tables::occurring(analysis) {
        out.push('\n');
        if tables::headed(analysis) {
            let name = paint.apply(Role::Strong, table.instrument);
            let about = format!("{}: {}", table.instrument, (table.about)(analysis));
            out += &Block::new(paint)
                .wrap(&about)
                .replacen(table.instrument, &name, 1);
        }
        out += &layout::table(analysis, table, paint);
    }
    out
}

fn heading(analysis: &Analysis, paint: &Paint) -> String {
    let mut measured = facts::common(analysis);
    measured.push(facts::requests(analysis));
    let mut out = Block::new(paint).role(Role::Strong).wrap(&format!(
        "{}: {}",
        analysis.suite,
        facts::extent(analysis)
    ));
    out += &Block::new(paint)
        .role(Role::Dim)
        .wrap(&measured.join(" · "));
    for caveat in facts::caveats(analysis) {
        out += &Block::new(paint).role(Role::Warn).wrap(&caveat);
    }
    out
}
