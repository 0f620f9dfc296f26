//! What is known of a run before anything is measured: the `meta` table.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use toll_core::host::{Host, Remark};
use toll_core::settings::Settings;

use crate::error::Result;
use crate::fault::Fault;
use crate::store::Store;
use crate::text;

/// What a run is created with, and what its store gives back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// Name of the suite.
    pub suite: String,
    /// Hash of the plan.
    pub plan_hash: String,
    /// The plan itself, as JSON text.
    pub plan_json: String,
    /// Version of the tool that measures.
    pub tool_version: String,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// Seed of the random orders.
    pub seed: u64,
    /// How it is measured; of a run that was resumed otherwise, how it was measured last.
    pub settings: Settings,
    /// The machine.
    pub host: Host,
    /// What was remarked about the machine.
    pub remarks: Vec<Remark>,
    /// Whether it is a quick look.
    pub quick: bool,
}

impl Store {
    /// Replaces the settings that the run was created with: a resumed run may be conducted with
    /// another budget or precision, and is judged by the newest. The rest of the header stays, also
    /// the plan with the settings of its own.
    ///
    /// # Errors
    /// The file cannot be written, or its creation was cut off.
    pub fn update_settings(&mut self, settings: &Settings) -> Result<()> {
        self.write(|transaction| update(transaction, "settings", settings))
    }
}

/// Stores the header of a new run.
pub(crate) fn write(connection: &Connection, header: &Header) -> std::result::Result<(), Fault> {
    put(connection, "suite", &header.suite)?;
    put(connection, "plan_hash", &header.plan_hash)?;
    put(connection, "plan", &header.plan_json)?;
    put(connection, "tool_version", &header.tool_version)?;
    put(connection, "started_at", &header.started_at)?;
    put(connection, "seed", &text::write("seed", &header.seed)?)?;
    put(
        connection,
        "settings",
        &text::write("settings", &header.settings)?,
    )?;
    put(connection, "host", &text::write("host", &header.host)?)?;
    put(
        connection,
        "remarks",
        &text::write("remarks", &header.remarks)?,
    )?;
    put(connection, "quick", &text::write("quick", &header.quick)?)
}

/// Reads the header back.
pub(crate) fn read(connection: &Connection) -> std::result::Result<Header, Fault> {
    Ok(Header {
        suite: get(connection, "suite")?,
        plan_hash: get(connection, "plan_hash")?,
        plan_json: get(connection, "plan")?,
        tool_version: get(connection, "tool_version")?,
        started_at: get(connection, "started_at")?,
        seed: text::read("seed", &get(connection, "seed")?)?,
        settings: text::read("settings", &get(connection, "settings")?)?,
        host: text::read("host", &get(connection, "host")?)?,
        remarks: text::read("remarks", &get(connection, "remarks")?)?,
        quick: text::read("quick", &get(connection, "quick")?)?,
    })
}

fn put(connection: &Connection, key: &str, value: &str) -> std::result::Result<(), Fault> {
    connection
        .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2)")?
        .execute([key, value])?;
    Ok(())
}

fn update(
    connection: &Connection,
    key: &'static str,
    value: &impl Serialize,
) -> std::result::Result<(), Fault> {
    let updated = connection
        .prepare_cached("UPDATE meta SET value = ?2 WHERE key = ?1")?
        .execute([key, &text::write(key, value)?])?;
    if updated == 0 {
        return Err(Fault::Missing { key });
    }
    Ok(())
}

fn get(connection: &Connection, key: &'static str) -> std::result::Result<String, Fault> {
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    query
        .query_row([key], |row| row.get(0))
        .optional()?
        .ok_or(Fault::Missing { key })
}
