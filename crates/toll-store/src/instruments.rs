//! The instruments of a series, and its cells: one for each instrument and number of middlewares.

use rusqlite::{Connection, OptionalExtension, params};
use toll_core::sample::Instrument;

use crate::error::{Result, StoreError};
use crate::fault::Fault;
use crate::series;
use crate::store::Store;

impl Store {
    /// Adds levels to a series for all its instruments: for levels that were not known yet when it
    /// was put. Those that it has already stay as they are.
    ///
    /// # Errors
    /// The series was not put, or the file cannot be written.
    pub fn add_levels(&mut self, series: usize, levels: &[u32]) -> Result<()> {
        self.write(|transaction| {
            series::require(transaction, series)?;
            put_cells(transaction, series::id(series), levels)
        })
    }
}

/// Adds instruments to a series.
pub(crate) fn put(
    connection: &Connection,
    series: i64,
    instruments: &[Instrument],
) -> std::result::Result<(), Fault> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO series_instrument (series_id, instrument) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for instrument in instruments {
        insert.execute(params![series, instrument.name()])?;
    }
    Ok(())
}

/// Adds cells at these levels for every instrument of a series.
pub(crate) fn put_cells(
    connection: &Connection,
    series: i64,
    levels: &[u32],
) -> std::result::Result<(), Fault> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO cell (series_id, instrument, middlewares)
         SELECT series_id, instrument, ?2 FROM series_instrument WHERE series_id = ?1 ON CONFLICT DO NOTHING",
    )?;
    for level in levels {
        insert.execute(params![series, level])?;
    }
    Ok(())
}

/// The instruments of a series.
pub(crate) fn of_series(
    connection: &Connection,
    series: usize,
) -> std::result::Result<Vec<Instrument>, Fault> {
    let mut query = connection
        .prepare_cached("SELECT instrument FROM series_instrument WHERE series_id = ?1")?;
    let mut rows = query.query([series::id(series)])?;
    let mut instruments = Vec::new();
    while let Some(row) = rows.next()? {
        instruments.push(instrument(row.get(0)?)?);
    }
    Ok(instruments)
}

/// The instrument of a stored name.
pub(crate) fn instrument(name: String) -> std::result::Result<Instrument, Fault> {
    Instrument::from_name(&name).ok_or(Fault::Name {
        what: "instrument",
        name,
    })
}

/// Makes sure that a series was put, and with that instrument.
pub(crate) fn require(
    connection: &Connection,
    series: usize,
    instrument: Instrument,
) -> std::result::Result<(), Fault> {
    series::require(connection, series)?;
    let mut query = connection.prepare_cached(
        "SELECT 1 FROM series_instrument WHERE series_id = ?1 AND instrument = ?2",
    )?;
    if query.exists(params![series::id(series), instrument.name()])? {
        return Ok(());
    }
    Err(StoreError::UnknownInstrument { series, instrument }.into())
}

/// The key of the cell of a series as one instrument measures it with that many middlewares.
pub(crate) fn cell(
    connection: &Connection,
    series: usize,
    (instrument, middlewares): (Instrument, u32),
) -> std::result::Result<i64, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT cell_id FROM cell WHERE series_id = ?1 AND instrument = ?2 AND middlewares = ?3",
    )?;
    let cell = query
        .query_row(
            params![series::id(series), instrument.name(), middlewares],
            |row| row.get(0),
        )
        .optional()?;
    Ok(cell.ok_or(StoreError::UnknownCell {
        series,
        instrument,
        middlewares,
    })?)
}
