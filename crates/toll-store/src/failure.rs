//! Failures of series and of cells.

use rusqlite::{Connection, params};
use toll_core::failure::{Failure, Stage};
use toll_core::sample::Instrument;

use crate::error::Result;
use crate::fault::Fault;
use crate::store::Store;
use crate::{instruments, series, text};

const LOG_TAIL: &str = "log tail of a failure";

impl Store {
    /// Stores why a cell of a series, by its instrument and number of middlewares, has no number;
    /// without a cell, why the whole series has none. The same failure again (stage, code and
    /// message) only renews the lines of the log.
    ///
    /// # Errors
    /// The series, its instrument or the cell was not put, or the file cannot be written.
    pub fn record_failure(
        &mut self,
        series: usize,
        cell: Option<(Instrument, u32)>,
        failure: &Failure,
    ) -> Result<()> {
        self.write(|transaction| record(transaction, (series, cell), failure))
    }

    /// Forgets every failure, so that a resumed run tries again what failed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn clear_failures(&mut self) -> Result<()> {
        self.write(|transaction| Ok(transaction.execute("DELETE FROM failure", []).map(drop)?))
    }
}

fn record(
    connection: &Connection,
    (series, cell): (usize, Option<(Instrument, u32)>),
    failure: &Failure,
) -> std::result::Result<(), Fault> {
    series::require(connection, series)?;
    let cell = cell
        .map(|cell| {
            instruments::require(connection, series, cell.0)?;
            instruments::cell(connection, series, cell)
        })
        .transpose()?;
    let log_tail = text::write(LOG_TAIL, &failure.log_tail)?;
    connection
        .prepare_cached(
            "INSERT INTO failure (series_id, cell_id, stage, code, message, log_tail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (series_id, ifnull(cell_id, 0), stage, code, message) DO UPDATE SET log_tail = excluded.log_tail",
        )?
        .execute(params![series::id(series), cell, failure.stage.name(), failure.code, failure.message, log_tail])?;
    Ok(())
}

/// A failure, and the cell that it belongs to if it is not the whole series'.
type Placed = (Option<(Instrument, u32)>, Failure);

/// Every failure of a series, oldest first.
pub(crate) fn of_series(
    connection: &Connection,
    series: usize,
) -> std::result::Result<Vec<Placed>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT stage, code, message, log_tail, instrument, middlewares FROM failure LEFT JOIN cell USING (cell_id)
         WHERE failure.series_id = ?1 ORDER BY failure_id",
    )?;
    let mut rows = query.query([series::id(series)])?;
    let mut failures = Vec::new();
    while let Some(row) = rows.next()? {
        let failure = Failure {
            stage: stage(row.get(0)?)?,
            code: row.get(1)?,
            message: row.get(2)?,
            log_tail: text::read(LOG_TAIL, &row.get::<_, String>(3)?)?,
        };
        let cell = match row.get(4)? {
            None => None,
            Some(name) => Some((instruments::instrument(name)?, row.get(5)?)),
        };
        failures.push((cell, failure));
    }
    Ok(failures)
}

fn stage(name: String) -> std::result::Result<Stage, Fault> {
    Stage::from_name(&name).ok_or(Fault::Name {
        what: "stage",
        name,
    })
}
