//! Failures, and what each of them struck.

use std::fmt::Write as _;

use toll_analysis::results::{Analysis, InstrumentResult, SeriesResult};
use toll_core::failure::Failure;

/// A failure and what it struck.
pub(crate) struct Failed<'a> {
    /// The series' label.
    pub(crate) label: &'a str,
    /// Numbers of middlewares; empty where the whole series failed, or all of its instruments that are
    /// named.
    pub(crate) levels: Vec<u32>,
    /// The instruments that it struck, where others of the series are fine; else empty.
    pub(crate) instruments: Vec<&'a str>,
    /// What happened.
    pub(crate) failure: &'a Failure,
}

impl Failed<'_> {
    /// The label, with the levels where only some cells failed, and the instruments where only some
    /// of them did: `muffin 1.2 at 5, 10 middlewares (direct)`.
    pub(crate) fn name(&self) -> String {
        let mut out = self.cells();
        if !self.instruments.is_empty() {
            let _ = write!(out, " ({})", self.instruments.join(", "));
        }
        out
    }

    /// The label, with the levels where only some cells failed: `muffin 1.2 at 5, 10 middlewares`.
    pub(crate) fn cells(&self) -> String {
        if self.levels.is_empty() {
            return self.label.to_owned();
        }
        let levels: Vec<String> = self.levels.iter().map(u32::to_string).collect();
        let noun = if self.levels == [1] {
            "middleware"
        } else {
            "middlewares"
        };
        format!("{} at {} {noun}", self.label, levels.join(", "))
    }
}

/// Failed series, and failed cells of the others; equal failures of one series are one entry.
pub(crate) fn failed(analysis: &Analysis) -> Vec<Failed<'_>> {
    analysis.series.iter().flat_map(failed_in).collect()
}

/// The failures of one series.
pub(crate) fn failed_in(series: &SeriesResult) -> Vec<Failed<'_>> {
    if let Some(failure) = &series.error {
        return vec![Failed {
            label: &series.label,
            levels: Vec::new(),
            instruments: Vec::new(),
            failure,
        }];
    }
    let mut found: Vec<Failed<'_>> = Vec::new();
    for (name, result) in &series.instruments {
        for (failure, levels) in by_failure(result) {
            let same =
                |known: &&mut Failed<'_>| alike(known.failure, failure) && known.levels == levels;
            match found.iter_mut().find(same) {
                Some(known) => known.instruments.push(name),
                None => found.push(Failed {
                    label: &series.label,
                    levels,
                    instruments: vec![name],
                    failure,
                }),
            }
        }
    }
    for failed in &mut found {
        if failed.instruments.len() == series.instruments.len() {
            failed.instruments.clear();
        } else if failed
            .instruments
            .iter()
            .all(|name| series.instruments[*name].cells.len() == failed.levels.len())
        {
            failed.levels.clear();
        }
    }
    found
}

/// The failures of one instrument, each with the levels at which it happened.
fn by_failure(result: &InstrumentResult) -> Vec<(&Failure, Vec<u32>)> {
    let mut found: Vec<(&Failure, Vec<u32>)> = Vec::new();
    for cell in &result.cells {
        let Some(failure) = &cell.error else { continue };
        match found.iter_mut().find(|(known, _)| alike(known, failure)) {
            Some((_, levels)) => levels.push(cell.middlewares),
            None => found.push((failure, vec![cell.middlewares])),
        }
    }
    for (_, levels) in &mut found {
        levels.dedup();
    }
    found
}

/// Whether two failures are one, whatever the log said around them.
fn alike(one: &Failure, other: &Failure) -> bool {
    one.code == other.code && one.message == other.message
}
