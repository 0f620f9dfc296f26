//! How far a run has come, by what is stored.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::fault::Fault;
use crate::series;
use crate::store::Store;

/// How far a series has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeriesProgress {
    /// Place of the series in the plan.
    pub series: usize,
    /// Every round that has a block, in order, with the number of its blocks.
    pub rounds: Vec<(u32, u32)>,
}

impl Store {
    /// The progress of every series that was put, in the order of the plan.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn progress(&self) -> Result<Vec<SeriesProgress>> {
        self.read(progress)
    }
}

fn progress(connection: &Connection) -> std::result::Result<Vec<SeriesProgress>, Fault> {
    let mut rounds: BTreeMap<usize, Vec<(u32, u32)>> = series::places(connection)?
        .into_iter()
        .map(|place| (place, Vec::new()))
        .collect();
    let mut query = connection.prepare_cached(
        "SELECT series_id, round, count(*) FROM unit JOIN series USING (series_id, instrument)
         GROUP BY series_id, round ORDER BY series_id, round",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let place = row.get::<_, i64>(0)? as usize;
        rounds
            .entry(place)
            .or_default()
            .push((row.get(1)?, row.get(2)?));
    }
    Ok(rounds
        .into_iter()
        .map(|(series, rounds)| SeriesProgress { series, rounds })
        .collect())
}
