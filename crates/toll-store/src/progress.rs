//! How far a run has come, by what is stored.

use std::collections::BTreeMap;

use rusqlite::Connection;
use toll_core::sample::Instrument;

use crate::error::Result;
use crate::fault::Fault;
use crate::store::Store;
use crate::{instruments, series};

/// How far a series has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeriesProgress {
    /// Place of the series in the plan.
    pub series: usize,
    /// By each instrument of the series, every round that has a block, in order, with the number of
    /// its blocks.
    pub instruments: BTreeMap<Instrument, Vec<(u32, u32)>>,
}

impl SeriesProgress {
    /// Every round in which an instrument has a block, in order, with the number of its blocks.
    pub fn rounds(&self, instrument: Instrument) -> &[(u32, u32)] {
        self.instruments.get(&instrument).map_or(&[], Vec::as_slice)
    }
}

impl Store {
    /// The progress of every series that was put, in the order of the plan.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn progress(&self) -> Result<Vec<SeriesProgress>> {
        self.read(|connection| {
            let places = series::places(connection)?;
            places
                .into_iter()
                .map(|series| of_series(connection, series))
                .collect()
        })
    }
}

fn of_series(connection: &Connection, series: usize) -> std::result::Result<SeriesProgress, Fault> {
    let mut progress = SeriesProgress {
        series,
        ..SeriesProgress::default()
    };
    for instrument in instruments::of_series(connection, series)? {
        progress.instruments.entry(instrument).or_default();
    }
    let mut query = connection.prepare_cached(
        "SELECT instrument, round, count(*) FROM unit WHERE series_id = ?1
         GROUP BY instrument, round ORDER BY instrument, round",
    )?;
    let mut rows = query.query([series::id(series)])?;
    while let Some(row) = rows.next()? {
        let rounds = progress
            .instruments
            .entry(instruments::instrument(row.get(0)?)?)
            .or_default();
        rounds.push((row.get(1)?, row.get(2)?));
    }
    Ok(progress)
}
