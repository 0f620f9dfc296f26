//! Creating and opening the file of a run.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Result, StoreError};
use crate::fault::Fault;
use crate::header::{self, Header};
use crate::lock::WriteLock;
use crate::schema;

/// How long one statement waits for a reader that holds the file for a moment.
const PATIENCE: Duration = Duration::from_secs(5);

/// The stored record of one run.
#[derive(Debug)]
pub struct Store {
    // Declared first, so that it is closed before the lock is released.
    connection: Connection,
    path: PathBuf,
    lock: Option<WriteLock>,
    /// The session that this process has begun.
    pub(crate) session: Option<i64>,
}

impl Store {
    /// Creates the file of a new run and takes its write lock. The folder must exist.
    ///
    /// # Errors
    /// The file exists, another process writes it, or it cannot be written.
    pub fn create(path: &Path, header: &Header) -> Result<Self> {
        let lock = WriteLock::take(path)?;
        claim(path)?;
        let created = begin(path, header).map_err(|fault| fault.at(path));
        match created {
            Ok(connection) => Ok(Self::over(connection, path, Some(lock))),
            Err(error) => {
                // Nothing was measured yet, and the file would be in the way of the next attempt.
                let _ = fs::remove_file(path);
                Err(error)
            }
        }
    }

    /// Opens a stored run to continue it: takes the write lock, and brings an older file up to date.
    ///
    /// # Errors
    /// There is no such run, it is something else, it comes from a newer tool, it cannot be
    /// written, or another process writes it.
    pub fn open(path: &Path) -> Result<Self> {
        find(path)?;
        let lock = WriteLock::take(path)?;
        let connection = resume(path).map_err(|fault| fault.at(path))?;
        Ok(Self::over(connection, path, Some(lock)))
    }

    /// Opens a stored run to read it, also while another process writes it. Every write is refused.
    ///
    /// A file from an older tool is read as it is at this moment, and is not changed: it may lie
    /// where nobody may write, and the tool that made it can still go on with it.
    ///
    /// # Errors
    /// There is no such run, it is something else, or it comes from a newer tool.
    pub fn open_for_reading(path: &Path) -> Result<Self> {
        find(path)?;
        let connection = look(path).map_err(|fault| fault.at(path))?;
        Ok(Self::over(connection, path, None))
    }

    /// Where the run is stored.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written when the run was created.
    ///
    /// # Errors
    /// The file is damaged, or its creation was cut off.
    pub fn header(&self) -> Result<Header> {
        self.read(header::read)
    }

    fn over(connection: Connection, path: &Path, lock: Option<WriteLock>) -> Self {
        // More statements are in use than the default keeps.
        connection.set_prepared_statement_cache_capacity(64);
        Self {
            connection,
            path: path.to_owned(),
            lock,
            session: None,
        }
    }

    /// Reads in one transaction: everything that `work` sees belongs to one moment.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        let read = || {
            let transaction = self.connection.unchecked_transaction()?;
            work(&transaction)
        };
        read().map_err(|fault| fault.at(&self.path))
    }

    /// Writes in one transaction: everything that `work` does is kept, or nothing.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        let connection = &mut self.connection;
        let write = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        write().map_err(|fault: Fault| fault.at(&self.path))
    }
}

impl Drop for Store {
    /// Folds the write-ahead log back, so that a run at rest is one file that can be copied and
    /// read from anywhere. Where a reader is in the way, the log stays, and is as good.
    fn drop(&mut self) {
        if self.lock.is_some() {
            let _ = self.connection.busy_timeout(Duration::ZERO);
            let _ = self
                .connection
                .pragma_update(None, "journal_mode", "DELETE");
        }
    }
}

/// Makes sure that the file is there.
fn find(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(facts) if facts.is_file() => Ok(()),
        Ok(_) => Err(StoreError::NotARun {
            path: path.to_owned(),
            reason: "it is no file".to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NotFound {
            path: path.to_owned(),
        }),
        Err(source) => Err(StoreError::of_system(path, source)),
    }
}

/// Makes the file, which must not be there.
fn claim(path: &Path) -> Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.map(drop)
        .map_err(|source| StoreError::of_system(path, source))
}

fn begin(path: &Path, header: &Header) -> std::result::Result<Connection, Fault> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
    prepare_writing(&connection)?;
    schema::migrate(&mut connection, schema::MIGRATIONS)?;
    let transaction = connection.transaction()?;
    header::write(&transaction, header)?;
    transaction.commit()?;
    Ok(connection)
}

fn resume(path: &Path) -> std::result::Result<Connection, Fault> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    identify(&connection, path)?;
    if connection.is_readonly("main")? {
        return Err(StoreError::ReadOnly {
            path: path.to_owned(),
        }
        .into());
    }
    prepare_writing(&connection)?;
    schema::migrate(&mut connection, schema::MIGRATIONS)?;
    Ok(connection)
}

fn look(path: &Path) -> std::result::Result<Connection, Fault> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if identify(&connection, path)? < schema::newest() {
        return updated_copy(&connection, path);
    }
    Ok(connection)
}

/// A copy in memory that went through the steps that the file has not gone through.
fn updated_copy(old: &Connection, path: &Path) -> std::result::Result<Connection, Fault> {
    let mut copy = Connection::open_in_memory()?;
    match Backup::new(old, &mut copy)?.step(-1)? {
        StepResult::Done => {}
        _ => {
            return Err(StoreError::Busy {
                path: path.to_owned(),
                process: None,
            }
            .into());
        }
    }
    schema::migrate(&mut copy, schema::MIGRATIONS)?;
    copy.pragma_update(None, "query_only", true)?;
    Ok(copy)
}

fn connect(path: &Path, access: OpenFlags) -> std::result::Result<Connection, Fault> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// With the write-ahead log, readers and the writer do not wait for one another.
///
/// `synchronous = NORMAL` leaves out the `fsync` at each commit, which would disturb what is being
/// measured. A commit has still been handed to the kernel with `write` before it returns, and the
/// kernel keeps it when the process is killed. Only a crash of the machine itself can take the
/// last commits away, and even then the file stays sound, because checkpoints do `fsync`.
fn prepare_writing(connection: &Connection) -> std::result::Result<(), Fault> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(())
}

/// The version of a file that is ours and not from a newer tool.
fn identify(connection: &Connection, path: &Path) -> std::result::Result<u32, Fault> {
    let path = path.to_owned();
    let id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id != schema::APPLICATION_ID {
        let reason = "it is a database of another program, or empty".to_owned();
        return Err(StoreError::NotARun { path, reason }.into());
    }
    let (found, known) = (schema::version(connection)?, schema::newest());
    if found > known {
        return Err(StoreError::Newer { path, found, known }.into());
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
