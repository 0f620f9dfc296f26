//! Series: their axes, their facts and their cells.

use rusqlite::{Connection, OptionalExtension, params};
use toll_core::axes::Axes;
use toll_core::sample::{Instrument, MeasuredSeries};

use crate::error::{Result, StoreError};
use crate::fault::Fault;
use crate::store::Store;
use crate::{hidden_layers, instruments};

/// What is known of a series besides its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesFacts {
    /// The axes that the plan asked for.
    pub planned_axes: Axes,
    /// The axes as they turned out: versions are the ones really installed.
    pub axes: Axes,
    /// `layer` or `hook`, from the subject.
    pub style: String,
    /// What the kind is, in one line.
    pub about: String,
    /// Things worth saying about it.
    pub notes: Vec<String>,
    /// Installed distributions, as the environment's lock says.
    pub lock: Vec<String>,
    /// The command that started the server.
    pub server_command: String,
    /// What was switched off in the server.
    pub switched_off: Vec<String>,
    /// The numbers of middlewares that it is measured at, by each instrument; none while they are
    /// not known yet.
    pub levels: Vec<u32>,
    /// How it is measured.
    pub instruments: Vec<Instrument>,
    /// Layers that nobody asked for, outermost first: a line of [`Origin`](crate::Origin), a colon
    /// and a dotted class each.
    pub hidden_layers: Vec<String>,
}

/// Names of the lists of lines that a series has.
const NOTES: &str = "notes";
const LOCK: &str = "lock";
const SWITCHED_OFF: &str = "switched_off";

impl Store {
    /// Stores what is known of a series, at its place in the plan. Putting it again replaces the
    /// facts and adds instruments and levels, each level for every instrument; cells and what was
    /// measured on them stay, and so do the framework's hidden layers if `facts` name none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn put_series(&mut self, series: usize, facts: &SeriesFacts) -> Result<()> {
        self.write(|transaction| put(transaction, id(series), facts))
    }
}

/// The place in the plan as the key of the table.
pub(crate) fn id(series: usize) -> i64 {
    series as i64
}

fn put(
    connection: &Connection,
    series: i64,
    facts: &SeriesFacts,
) -> std::result::Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT INTO series (series_id, style, about, server_command) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (series_id) DO UPDATE SET style = excluded.style, about = excluded.about,
                 server_command = excluded.server_command",
        )?
        .execute(params![
            series,
            facts.style,
            facts.about,
            facts.server_command
        ])?;
    put_axes(connection, series, true, &facts.planned_axes)?;
    put_axes(connection, series, false, &facts.axes)?;
    put_lines(connection, series, NOTES, &facts.notes)?;
    put_lines(connection, series, LOCK, &facts.lock)?;
    put_lines(connection, series, SWITCHED_OFF, &facts.switched_off)?;
    hidden_layers::put(connection, series, &facts.hidden_layers)?;
    instruments::put(connection, series, &facts.instruments)?;
    instruments::put_cells(connection, series, &facts.levels)
}

fn put_axes(
    connection: &Connection,
    series: i64,
    planned: bool,
    axes: &Axes,
) -> std::result::Result<(), Fault> {
    connection
        .prepare_cached("DELETE FROM series_axis WHERE series_id = ?1 AND planned = ?2")?
        .execute(params![series, planned])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO series_axis (series_id, planned, axis, value) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (axis, value) in axes.iter() {
        insert.execute(params![series, planned, axis, value])?;
    }
    Ok(())
}

/// Replaces a list of lines of a series.
pub(crate) fn put_lines(
    connection: &Connection,
    series: i64,
    list: &str,
    lines: &[String],
) -> std::result::Result<(), Fault> {
    connection
        .prepare_cached("DELETE FROM series_line WHERE series_id = ?1 AND list = ?2")?
        .execute(params![series, list])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO series_line (series_id, list, position, line) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, line) in lines.iter().enumerate() {
        insert.execute(params![series, list, position as i64, line])?;
    }
    Ok(())
}

/// Makes sure that a series was put.
pub(crate) fn require(connection: &Connection, series: usize) -> std::result::Result<(), Fault> {
    let mut query = connection.prepare_cached("SELECT 1 FROM series WHERE series_id = ?1")?;
    if query.exists([id(series)])? {
        return Ok(());
    }
    Err(StoreError::UnknownSeries { series }.into())
}

/// The places of all series, in order.
pub(crate) fn places(connection: &Connection) -> std::result::Result<Vec<usize>, Fault> {
    let mut query = connection.prepare_cached("SELECT series_id FROM series ORDER BY series_id")?;
    let places = query.query_map([], |row| row.get::<_, i64>(0))?;
    Ok(places
        .map(|place| place.map(|place| place as usize))
        .collect::<rusqlite::Result<_>>()?)
}

/// The facts of a series, without its cells and failures.
pub(crate) fn facts(
    connection: &Connection,
    series: usize,
) -> std::result::Result<MeasuredSeries, Fault> {
    let mut query = connection
        .prepare_cached("SELECT style, about, server_command FROM series WHERE series_id = ?1")?;
    let found = query
        .query_row([id(series)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let (style, about, server_command) = found.ok_or(StoreError::UnknownSeries { series })?;
    Ok(MeasuredSeries {
        axes: axes(connection, id(series), false)?,
        planned_axes: axes(connection, id(series), true)?,
        style,
        about,
        notes: lines(connection, id(series), NOTES)?,
        lock: lines(connection, id(series), LOCK)?,
        server_command,
        switched_off: lines(connection, id(series), SWITCHED_OFF)?,
        hidden_layers: hidden_layers::read(connection, id(series))?,
        ..MeasuredSeries::default()
    })
}

fn axes(connection: &Connection, series: i64, planned: bool) -> std::result::Result<Axes, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT axis, value FROM series_axis WHERE series_id = ?1 AND planned = ?2",
    )?;
    let pairs = query.query_map(params![series, planned], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    Ok(pairs.collect::<rusqlite::Result<_>>()?)
}

/// A list of lines of a series.
pub(crate) fn lines(
    connection: &Connection,
    series: i64,
    list: &str,
) -> std::result::Result<Vec<String>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT line FROM series_line WHERE series_id = ?1 AND list = ?2 ORDER BY position",
    )?;
    let lines = query.query_map(params![series, list], |row| row.get(0))?;
    Ok(lines.collect::<rusqlite::Result<_>>()?)
}
