//! Reading a run back, whole or one series of it.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};
use toll_core::metric::{Metric, Readings};
use toll_core::sample::{Instrument, MeasuredCell, MeasuredRun, MeasuredSeries, Slice};

use crate::error::Result;
use crate::fault::Fault;
use crate::store::Store;
use crate::{failure, header, instruments, series, session};

/// The cells of a series, by instrument and number of middlewares.
type Cells = BTreeMap<Instrument, BTreeMap<u32, MeasuredCell>>;
type ErrorClasses = Vec<(String, u64)>;

impl Store {
    /// The whole run, as it is at one moment. It counts as interrupted until the last session was
    /// ended as done.
    ///
    /// # Errors
    /// The file is damaged, or holds names that only a newer tool knows.
    pub fn load(&self) -> Result<MeasuredRun> {
        self.read(load)
    }

    /// One series, as it is at one moment.
    ///
    /// # Errors
    /// The series was not put, the file is damaged, or it holds names that only a newer tool knows.
    pub fn load_series(&self, series: usize) -> Result<MeasuredSeries> {
        self.read(|connection| load_series(connection, series))
    }
}

fn load(connection: &Connection) -> std::result::Result<MeasuredRun, Fault> {
    let header = header::read(connection)?;
    let spent = session::spent(connection)?;
    let places = series::places(connection)?;
    let series = places
        .into_iter()
        .map(|place| load_series(connection, place))
        .collect::<std::result::Result<_, _>>()?;
    Ok(MeasuredRun {
        suite: header.suite,
        plan_hash: header.plan_hash,
        tool_version: header.tool_version,
        started_at: header.started_at,
        wall_s: spent.wall_s,
        tool_cpu_s: spent.tool_cpu_s,
        interrupted: spent.interrupted,
        quick: header.quick,
        seed: header.seed,
        settings: header.settings,
        host: header.host,
        remarks: header.remarks,
        series,
    })
}

fn load_series(
    connection: &Connection,
    series: usize,
) -> std::result::Result<MeasuredSeries, Fault> {
    let mut measured = series::facts(connection, series)?;
    let mut cells = empty_cells(connection, series)?;
    fill(connection, series, &mut cells)?;
    for (of_cell, failure) in failure::of_series(connection, series)? {
        match of_cell {
            Some(id) => cell(&mut cells, id).failures.push(failure),
            // Of several failures of a series the first is the cause, so it is the one that is told.
            None if measured.failure.is_none() => measured.failure = Some(failure),
            None => {}
        }
    }
    measured.instruments = cells
        .into_iter()
        .map(|(instrument, cells)| (instrument, cells.into_values().collect()))
        .collect();
    Ok(measured)
}

fn cell(cells: &mut Cells, (instrument, middlewares): (Instrument, u32)) -> &mut MeasuredCell {
    let cells = cells.entry(instrument).or_default();
    cells.entry(middlewares).or_insert_with(|| MeasuredCell {
        middlewares,
        ..MeasuredCell::default()
    })
}

fn empty_cells(connection: &Connection, series: usize) -> std::result::Result<Cells, Fault> {
    let mut cells: Cells = instruments::of_series(connection, series)?
        .into_iter()
        .map(|instrument| (instrument, BTreeMap::new()))
        .collect();
    let mut query = connection
        .prepare_cached("SELECT instrument, middlewares FROM cell WHERE series_id = ?1")?;
    let mut rows = query.query([series::id(series)])?;
    while let Some(row) = rows.next()? {
        cell(
            &mut cells,
            (instruments::instrument(row.get(0)?)?, row.get(1)?),
        );
    }
    Ok(cells)
}

fn fill(
    connection: &Connection,
    series: usize,
    cells: &mut Cells,
) -> std::result::Result<(), Fault> {
    let mut readings = readings(connection, series)?;
    let mut classes = error_classes(connection, series)?;
    let mut query = connection.prepare_cached(
        "SELECT slice_id, round, block, position, histogram, unit.instrument, middlewares
         FROM unit JOIN slice USING (unit_id) JOIN cell USING (cell_id) LEFT JOIN latency USING (slice_id)
         WHERE unit.series_id = ?1 ORDER BY round, block, position",
    )?;
    let mut rows = query.query(params![series::id(series)])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let slice = Slice {
            round: row.get(1)?,
            block: row.get(2)?,
            position: row.get(3)?,
            readings: readings.remove(&id).unwrap_or_default(),
            latency_histogram: row.get(4)?,
            error_classes: classes.remove(&id).unwrap_or_default(),
        };
        let id = (instruments::instrument(row.get(5)?)?, row.get(6)?);
        cell(cells, id).slices.push(slice);
    }
    Ok(())
}

fn readings(
    connection: &Connection,
    series: usize,
) -> std::result::Result<HashMap<i64, Readings>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT slice_id, metric, value FROM unit JOIN slice USING (unit_id) JOIN reading USING (slice_id) WHERE series_id = ?1",
    )?;
    let mut rows = query.query([series::id(series)])?;
    let mut readings: HashMap<i64, Readings> = HashMap::new();
    while let Some(row) = rows.next()? {
        readings.entry(row.get(0)?).or_default().set(
            metric(row.get_ref(1)?.as_str().map_err(from_sql)?)?,
            row.get(2)?,
        );
    }
    Ok(readings)
}

fn metric(name: &str) -> std::result::Result<Metric, Fault> {
    Metric::from_name(name).ok_or_else(|| Fault::Name {
        what: "metric",
        name: name.to_owned(),
    })
}

fn from_sql(error: rusqlite::types::FromSqlError) -> Fault {
    rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
        .into()
}

fn error_classes(
    connection: &Connection,
    series: usize,
) -> std::result::Result<HashMap<i64, ErrorClasses>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT slice_id, class, count FROM unit JOIN slice USING (unit_id) JOIN error_class USING (slice_id)
         WHERE series_id = ?1 ORDER BY slice_id, error_class.position",
    )?;
    let mut rows = query.query([series::id(series)])?;
    let mut classes: HashMap<i64, ErrorClasses> = HashMap::new();
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(2)? as u64;
        classes
            .entry(row.get(0)?)
            .or_default()
            .push((row.get(1)?, count));
    }
    Ok(classes)
}
