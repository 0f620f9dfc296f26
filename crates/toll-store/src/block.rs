//! Recording one unit of measuring.

use rusqlite::{Connection, ErrorCode, params};
use toll_core::sample::{Block, Slice};

use crate::error::{Result, StoreError};
use crate::fault::Fault;
use crate::store::Store;
use crate::{instruments, series};

impl Store {
    /// Stores one block in one transaction: after any end of the tool it is there whole, or not at all.
    ///
    /// # Errors
    /// The series, its instrument or a cell was not put, the block is stored already or contradicts itself, or the
    /// file cannot be written.
    pub fn record_block(&mut self, block: &Block) -> Result<()> {
        check(block)?;
        self.write(|transaction| record(transaction, block))
    }
}

/// Refuses a block whose slices say that they belong to another one.
fn check(block: &Block) -> Result<()> {
    let strange = block
        .slices
        .iter()
        .find(|(_, slice)| (slice.round, slice.block) != (block.round, block.block));
    match strange {
        None => Ok(()),
        Some((middlewares, slice)) => Err(contradiction(
            block,
            format!(
                "the slice with {middlewares} middlewares is of block {} of round {}",
                slice.block, slice.round
            ),
        )),
    }
}

fn contradiction(block: &Block, reason: String) -> StoreError {
    StoreError::Inconsistent {
        series: block.series,
        instrument: block.instrument,
        round: block.round,
        block: block.block,
        reason,
    }
}

fn record(connection: &Connection, block: &Block) -> std::result::Result<(), Fault> {
    let unit = record_unit(connection, block)?;
    for (middlewares, slice) in &block.slices {
        let cell = instruments::cell(connection, block.series, (block.instrument, *middlewares))?;
        let inserted = connection
            .prepare_cached("INSERT INTO slice (unit_id, cell_id, position) VALUES (?1, ?2, ?3)")?
            .insert(params![unit, cell, slice.position]);
        let id = inserted.map_err(|error| {
            let reason = format!(
                "the cell with {middlewares} middlewares, or its position {}, is there twice",
                slice.position
            );
            or_else_said(error, contradiction(block, reason))
        })?;
        record_readings(connection, id, slice)?;
    }
    Ok(())
}

fn record_unit(connection: &Connection, block: &Block) -> std::result::Result<i64, Fault> {
    instruments::require(connection, block.series, block.instrument)?;
    let Block {
        series,
        instrument,
        round,
        block,
        ..
    } = *block;
    connection
        .prepare_cached(
            "INSERT INTO unit (series_id, instrument, round, block) VALUES (?1, ?2, ?3, ?4)",
        )?
        .insert(params![series::id(series), instrument.name(), round, block])
        .map_err(|error| {
            or_else_said(
                error,
                StoreError::BlockExists {
                    series,
                    instrument,
                    round,
                    block,
                },
            )
        })
}

fn record_readings(
    connection: &Connection,
    id: i64,
    slice: &Slice,
) -> std::result::Result<(), Fault> {
    let mut insert = connection
        .prepare_cached("INSERT INTO reading (slice_id, metric, value) VALUES (?1, ?2, ?3)")?;
    for (metric, value) in slice.readings.iter() {
        insert.execute(params![id, metric.name(), value])?;
    }
    if let Some(histogram) = &slice.latency_histogram {
        connection
            .prepare_cached("INSERT INTO latency (slice_id, histogram) VALUES (?1, ?2)")?
            .execute(params![id, histogram])?;
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO error_class (slice_id, position, class, count) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, (class, count)) in slice.error_classes.iter().enumerate() {
        insert.execute(params![id, position as i64, class, whole(*count)?])?;
    }
    Ok(())
}

/// SQLite's integers end at 2^63 - 1; more would be stored as something else.
fn whole(count: u64) -> std::result::Result<i64, Fault> {
    i64::try_from(count)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)).into())
}

/// What a refused row means: `said` if a constraint refused it, else what SQLite says.
fn or_else_said(error: rusqlite::Error, said: StoreError) -> Fault {
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
        said.into()
    } else {
        error.into()
    }
}
