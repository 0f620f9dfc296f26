//! Rows under columns, as many columns as fit.

use std::collections::BTreeSet;

use toll_analysis::results::Analysis;
use unicode_width::UnicodeWidthStr;

use super::paint::{Paint, Role, clean};
use super::wrap::{Block, truncate};
use crate::tables::{Align, Column, Part, Row, Table};
use crate::view;

/// Between columns.
const GAP: usize = 2;
/// Between the parts of one column.
const PART_GAP: usize = 1;
/// Labels are cut down to this before a number is.
const LABEL_MIN: usize = 14;

/// A column with its cells, ready to be written.
struct Filled {
    column: &'static Column,
    unit: String,
    cells: Vec<Vec<Part>>,
    /// Width of each part, then of the whole column.
    part_widths: Vec<usize>,
    width: usize,
}

/// The table, and the marks that its cells bear explained.
pub(super) fn table(analysis: &Analysis, table: &Table, paint: &Paint) -> String {
    let rows = table.rows(analysis);
    let levels = paint.characters(&view::level_range(analysis, table));
    // The bar needs characters that a plain terminal does not have.
    let shown = table
        .columns
        .iter()
        .filter(|column| paint.style.unicode || !column.name.is_empty());
    let filled = shown
        .map(|column| Filled::new(column, &rows, &levels, paint))
        .filter(|filled| filled.cells.iter().any(|cell| !cell.is_empty()))
        .collect();
    let columns = fit(filled, paint.style.width);
    let mut out = head(&columns, paint);
    for row in 0..rows.len() {
        out += &line(columns.iter().map(|filled| filled.cell(row, paint)));
    }
    for mark in (table.marks)(analysis) {
        out += &Block::new(paint).role(Role::Dim).wrap(&mark);
    }
    out
}

/// Takes columns away until the rest fits; at last the label is cut.
fn fit(mut columns: Vec<Filled>, room: usize) -> Vec<Filled> {
    let total = |columns: &[Filled]| {
        columns.iter().map(|filled| filled.width).sum::<usize>()
            + GAP * columns.len().saturating_sub(1)
    };
    while total(&columns) > room {
        let over = total(&columns) - room;
        let label = &mut columns[0];
        let spare = label
            .width
            .saturating_sub(LABEL_MIN.max(label.width * 3 / 4));
        if over <= spare && label.tells_apart(label.width - over) {
            label.narrow(label.width - over);
            return columns;
        }
        let Some(at) = (0..columns.len())
            .filter(|at| columns[*at].column.rank > 0)
            .max_by_key(|at| columns[*at].column.rank)
        else {
            let label = &mut columns[0];
            label.narrow(
                label
                    .width
                    .saturating_sub(over)
                    .max(LABEL_MIN.min(label.width)),
            );
            return columns;
        };
        columns.remove(at);
    }
    columns
}

fn head(columns: &[Filled], paint: &Paint) -> String {
    let names = columns
        .iter()
        .map(|filled| filled.head(&paint.characters(filled.column.name), Role::Strong, paint));
    let units = columns
        .iter()
        .map(|filled| filled.head(&filled.unit, Role::Dim, paint));
    let rules = columns
        .iter()
        .map(|filled| paint.apply(Role::Dim, &"─".repeat(filled.width)));
    line(names) + &line(units) + &line(rules)
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let joined = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
    format!("{}\n", joined.trim_end())
}

impl Filled {
    fn new(column: &'static Column, rows: &[Row<'_>], levels: &str, paint: &Paint) -> Self {
        let mut cells: Vec<Vec<Part>> = rows.iter().map(|row| (column.entry)(row).parts).collect();
        for part in cells.iter_mut().flatten() {
            part.text = paint.characters(&clean(&part.text));
        }
        let unit = paint.characters(&column.unit.replace("{levels}", levels));
        let mut filled = Self {
            column,
            unit,
            cells,
            part_widths: Vec::new(),
            width: 0,
        };
        filled.measure();
        filled
    }

    /// A cell with a single part spans the column, so only whole cells say how wide a part is.
    fn measure(&mut self) {
        let count = self.column.aligns.len();
        let whole = || self.cells.iter().filter(|cell| cell.len() == count);
        let widths: Vec<usize> = (0..count)
            .map(|at| whole().map(|cell| cell[at].text.width()).max().unwrap_or(0))
            .collect();
        let used = widths.iter().filter(|width| **width > 0).count();
        let parts = widths.iter().sum::<usize>() + PART_GAP * used.saturating_sub(1);
        let spanning = self
            .cells
            .iter()
            .filter(|cell| cell.len() < count)
            .flatten()
            .map(|part| part.text.width())
            .max()
            .unwrap_or(0);
        self.width = parts
            .max(spanning)
            .max(self.column.name.width())
            .max(self.unit.width());
        self.part_widths = widths;
    }

    /// Whether cells that differ still differ when they are cut to that width.
    fn tells_apart(&self, width: usize) -> bool {
        let whole: BTreeSet<&str> = self.texts().collect();
        let cut: BTreeSet<String> = self.texts().map(|text| truncate(text, width)).collect();
        cut.len() == whole.len()
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().flatten().map(|part| part.text.as_str())
    }

    fn narrow(&mut self, width: usize) {
        for part in self.cells.iter_mut().flatten() {
            part.text = truncate(&part.text, width);
        }
        self.width = width;
        self.part_widths = vec![width];
    }

    fn cell(&self, row: usize, paint: &Paint) -> String {
        let cell = &self.cells[row];
        if cell.len() < self.column.aligns.len() {
            let Some(part) = cell.first() else {
                return " ".repeat(self.width);
            };
            return pad(&part.text, part.role, self.width, self.column.side(), paint);
        }
        let mut text = String::new();
        let mut used = 0;
        for ((part, width), align) in cell.iter().zip(&self.part_widths).zip(self.column.aligns) {
            if *width == 0 {
                continue;
            }
            if used > 0 {
                text.push(' ');
                used += PART_GAP;
            }
            text += &pad(&part.text, part.role, *width, *align, paint);
            used += width;
        }
        let rest = " ".repeat(self.width.saturating_sub(used));
        if self.column.side() == Align::Right {
            rest + &text
        } else {
            text + &rest
        }
    }

    fn head(&self, text: &str, role: Role, paint: &Paint) -> String {
        pad(text, role, self.width, self.column.side(), paint)
    }
}

fn pad(text: &str, role: Role, width: usize, align: Align, paint: &Paint) -> String {
    let space = " ".repeat(width.saturating_sub(text.width()));
    let text = paint.apply(role, text);
    match align {
        Align::Left => text + &space,
        Align::Right => space + &text,
    }
}
