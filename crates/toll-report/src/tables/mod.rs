//! What is said of each series by each instrument, as data: a new instrument is a file here and a
//! line in [`TABLES`], a new column a line in one of these files.
//!
//! The terminal writes all of it, Markdown and the page what they have room for.

mod cost;
mod counts;
mod direct;
mod entry;
mod load;
mod names;

use toll_analysis::results::{Analysis, InstrumentResult, SeriesResult};

pub(crate) use cost::SHAPE;
pub(crate) use counts::grows;
pub(crate) use direct::any_waits;
pub(crate) use entry::{Align, Column, Entry, Part, Role};
pub(crate) use names::{count_of, name_of, sort_names};

/// The table of one instrument.
pub(crate) struct Table {
    /// The instrument's name in the results.
    pub(crate) instrument: &'static str,
    /// What it is, and what must be known to read it, in one line.
    pub(crate) about: fn(&Analysis) -> String,
    /// The columns from left to right.
    pub(crate) columns: &'static [Column],
    /// The marks that its cells bear, explained, a line each.
    pub(crate) marks: fn(&Analysis) -> Vec<String>,
}

/// All of them, in the order in which one of them speaks for a series: a real server under load
/// where there is one.
pub(crate) static TABLES: [&Table; 3] = [&load::TABLE, &direct::TABLE, &counts::TABLE];

/// One series in one table.
pub(crate) struct Row<'a> {
    /// The place of the series in the analysis.
    pub(crate) at: usize,
    pub(crate) series: &'a SeriesResult,
    pub(crate) result: Option<&'a InstrumentResult>,
    /// The highest toll of the table, in its unit.
    pub(crate) highest_toll: f64,
}

impl Table {
    /// What it says of each series that was measured so, in the order of the analysis.
    pub(crate) fn results<'a>(
        &self,
        analysis: &'a Analysis,
    ) -> impl Iterator<Item = &'a InstrumentResult> + use<'a> {
        let name = self.instrument;
        analysis
            .series
            .iter()
            .filter_map(move |series| series.instruments.get(name))
    }

    /// The rows: the series that were measured so. Those that were not measured at all stand in the
    /// first table.
    pub(crate) fn rows<'a>(&self, analysis: &'a Analysis) -> Vec<Row<'a>> {
        let first = occurring(analysis)
            .first()
            .is_some_and(|first| std::ptr::eq(*first, self));
        let highest_toll = self
            .results(analysis)
            .filter_map(cost::toll_value)
            .fold(0.0, f64::max);
        let row = |(at, series): (usize, &'a SeriesResult)| {
            let result = series.instruments.get(self.instrument);
            let nowhere = || {
                let measured = |table: &&Table| series.instruments.contains_key(table.instrument);
                !TABLES.iter().any(measured)
            };
            let shown = result.is_some() || (first && nowhere());
            shown.then_some(Row {
                at,
                series,
                result,
                highest_toll,
            })
        };
        analysis.series.iter().enumerate().filter_map(row).collect()
    }
}

/// The tables that have something to say; the first of all where no series has any numbers.
pub(crate) fn occurring(analysis: &Analysis) -> Vec<&'static Table> {
    let occurs = |table: &&'static Table| table.results(analysis).next().is_some();
    let found: Vec<_> = TABLES.iter().copied().filter(occurs).collect();
    if found.is_empty() {
        vec![TABLES[0]]
    } else {
        found
    }
}

/// Whether the tables need to be told apart, or told from what is usual: a lone table of `load`
/// explains itself.
pub(crate) fn headed(analysis: &Analysis) -> bool {
    let tables = occurring(analysis);
    tables.len() > 1 || tables[0].instrument != TABLES[0].instrument
}
