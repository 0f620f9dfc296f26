//! Sessions: each start or resumption of a run, and the time it took.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Result, StoreError};
use crate::fault::Fault;
use crate::store::Store;

/// The time of all sessions together, and how the last one ended.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Spent {
    pub(crate) wall_s: f64,
    pub(crate) tool_cpu_s: f64,
    pub(crate) interrupted: bool,
}

impl Store {
    /// Begins a session. Until it is ended the run counts as interrupted, because a tool that is
    /// killed cannot say so.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin_session(&mut self) -> Result<()> {
        let session = self.write(|transaction| {
            transaction.execute("INSERT INTO session DEFAULT VALUES", [])?;
            Ok(transaction.last_insert_rowid())
        })?;
        self.session = Some(session);
        Ok(())
    }

    /// Notes the wall and CPU seconds of this session so far, so that a killed run has them.
    ///
    /// # Errors
    /// No session has begun, or the file cannot be written.
    pub fn update_session(&mut self, wall_s: f64, tool_cpu_s: f64) -> Result<()> {
        let session = self.session.ok_or(StoreError::NoSession)?;
        self.write(|transaction| note(transaction, session, (wall_s, tool_cpu_s), false))
    }

    /// Ends this session with its wall and CPU seconds.
    ///
    /// # Errors
    /// No session has begun, or the file cannot be written.
    pub fn end_session(&mut self, wall_s: f64, tool_cpu_s: f64, interrupted: bool) -> Result<()> {
        let session = self.session.ok_or(StoreError::NoSession)?;
        self.write(|transaction| note(transaction, session, (wall_s, tool_cpu_s), !interrupted))?;
        self.session = None;
        Ok(())
    }
}

fn note(
    connection: &Connection,
    session: i64,
    (wall_s, tool_cpu_s): (f64, f64),
    done: bool,
) -> std::result::Result<(), Fault> {
    connection
        .prepare_cached(
            "UPDATE session SET wall_s = ?2, tool_cpu_s = ?3, done = ?4 WHERE session_id = ?1",
        )?
        .execute(params![session, wall_s, tool_cpu_s, done])?;
    Ok(())
}

/// What all sessions took.
pub(crate) fn spent(connection: &Connection) -> std::result::Result<Spent, Fault> {
    let (wall_s, tool_cpu_s) = connection.query_row(
        "SELECT total(wall_s), total(tool_cpu_s) FROM session",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let done: Option<bool> = connection
        .query_row(
            "SELECT done FROM session ORDER BY session_id DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(Spent {
        wall_s,
        tool_cpu_s,
        interrupted: done != Some(true),
    })
}
