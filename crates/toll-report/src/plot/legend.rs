//! The legend beneath the panels, where names do not fit beside the lines.

use super::chart::{Chart, LABEL_GAP, LABEL_SIZE, sample};
use super::palette::{self, Look};
use super::svg::{Font, Svg};
use super::text::{self, BOLD};
use crate::facts;

/// Labels wider than this go into a legend.
const LABEL_MAX: f64 = 190.0;
/// More panels than this leave no room for labels beside the lines.
const PANELS_MAX: usize = 2;
/// Height of a line of the legend.
const LINE: f64 = 20.0;
/// From the sample to the label.
const INDENT: f64 = 34.0;

/// One line, named.
struct Entry {
    label: String,
    /// What the panels say beside the labels at the ends of its lines.
    note: String,
    look: Look,
}

/// The legend of some panels.
pub(super) struct Legend {
    pub(super) needed: bool,
    entries: Vec<Entry>,
    columns: usize,
    rows: usize,
    left: f64,
    /// Of one column.
    width: f64,
}

impl Legend {
    /// The legend of panels of that height, between two edges.
    pub(super) fn new(charts: &[Chart<'_>], height: f64, (left, right): (f64, f64)) -> Self {
        let entries = entries(charts);
        let widest = |text: fn(&Entry) -> &str| {
            entries
                .iter()
                .map(|entry| text::width(text(entry), LABEL_SIZE))
                .fold(0.0, f64::max)
        };
        let label = widest(|entry| &entry.label);
        let note = widest(|entry| &entry.note) * BOLD;
        let width = (label + note + INDENT + 26.0).min(right - left);
        let columns = (((right - left) / width) as usize).clamp(1, 6);
        Self {
            needed: entries.len() > (height / LABEL_GAP) as usize
                || label > LABEL_MAX
                || charts.len() > PANELS_MAX,
            columns,
            rows: entries.len().div_ceil(columns),
            entries,
            left,
            width: (right - left) / columns as f64,
        }
    }

    /// How much room it needs.
    pub(super) fn height(&self) -> f64 {
        if self.needed {
            self.rows as f64 * LINE + 14.0
        } else {
            0.0
        }
    }

    /// Draws it, if it is needed, its first line at `top`.
    pub(super) fn draw(&self, svg: &mut Svg, top: f64) {
        if !self.needed {
            return;
        }
        debug_assert!(
            self.columns * self.rows >= self.entries.len(),
            "every entry has a place"
        );
        for (at, entry) in self.entries.iter().enumerate() {
            let x = self.left + self.width * (at / self.rows) as f64;
            let y = top + LINE * (at % self.rows) as f64;
            self.entry(svg, (x, y), entry);
        }
    }

    fn entry(&self, svg: &mut Svg, (x, y): (f64, f64), entry: &Entry) {
        sample(svg, (x, y), &entry.look);
        let colour = palette::readable(entry.look.colour);
        let font = Font {
            size: LABEL_SIZE,
            colour: &colour,
            bold: false,
            anchor: "start",
        };
        let note = text::width(&entry.note, LABEL_SIZE) * BOLD;
        let label = text::fit(&entry.label, LABEL_SIZE, self.width - note - INDENT - 26.0);
        let end = text::width(&label, LABEL_SIZE);
        let (x, y) = (x + INDENT, y + LABEL_SIZE * 0.36);
        svg.text(x, y, font, &label);
        svg.text(x + end + 8.0, y, Font { bold: true, ..font }, &entry.note);
    }
}

/// Every series of which any panel has a line, with the notes of all panels.
fn entries(charts: &[Chart<'_>]) -> Vec<Entry> {
    let mut lines: Vec<_> = charts.iter().flat_map(|chart| &chart.lines).collect();
    lines.sort_by_key(|line| line.at);
    lines.dedup_by_key(|line| line.at);
    let notes = |at: usize| {
        let noted = charts.iter().filter(|chart| chart.note.is_some());
        let of = noted.flat_map(|chart| {
            let lines = chart
                .lines
                .iter()
                .filter(|line| line.at == at && !line.note.is_empty());
            lines.map(|line| facts::join(&[&line.note, chart.noun], " "))
        });
        of.collect::<Vec<_>>().join(" · ")
    };
    let entry = |line: &super::lines::Line| Entry {
        label: line.label.clone(),
        note: notes(line.at),
        look: line.look,
    };
    lines.into_iter().map(entry).collect()
}
