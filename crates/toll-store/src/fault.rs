//! What goes wrong inside, and how it gets its final words.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::error::StoreError;

/// What goes wrong inside, before it is known which file it belongs to.
#[derive(Debug)]
pub(crate) enum Fault {
    /// From SQLite.
    Sql(rusqlite::Error),
    /// A stored text that is not what it should be.
    Text {
        what: &'static str,
        source: serde_json::Error,
    },
    /// A stored name that is not in its registry.
    Name { what: &'static str, name: String },
    /// A meta entry that is not there.
    Missing { key: &'static str },
    /// Already in its final words.
    Said(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Said(error)
    }
}

impl Fault {
    /// The error in its final words, for the file at `path`.
    pub(crate) fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        match self {
            Self::Sql(source) => name_sql(source, path),
            Self::Text { what, source } => StoreError::Corrupt {
                path,
                detail: format!("`{what}` cannot be read ({source})"),
            },
            Self::Name { what, name } => StoreError::UnknownName { path, what, name },
            Self::Missing { key } => StoreError::Incomplete {
                path,
                key: key.to_owned(),
            },
            Self::Said(error) => error,
        }
    }
}

fn name_sql(source: rusqlite::Error, path: PathBuf) -> StoreError {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    if is_full(&source) {
        return StoreError::DiskFull { path };
    }
    if matches!(
        source,
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)
    ) {
        return StoreError::Corrupt {
            path,
            detail: source.to_string(),
        };
    }
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy {
            path,
            process: None,
        },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt {
            path,
            detail: source.to_string(),
        },
        Some(ErrorCode::NotADatabase) => StoreError::NotARun {
            path,
            reason: "it is no SQLite database".to_owned(),
        },
        _ => StoreError::Sql { path, source },
    }
}

/// The shared-memory index of the WAL reports a full disk as an input/output error of its own.
fn is_full(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> StoreError {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        Fault::from(error).at(Path::new("out/run.sqlite"))
    }

    #[test]
    fn the_codes_of_sqlite_get_their_names() {
        use rusqlite::ffi;
        assert!(matches!(
            failure(ffi::SQLITE_FULL),
            StoreError::DiskFull { .. }
        ));
        assert!(matches!(
            failure(ffi::SQLITE_IOERR_SHMSIZE),
            StoreError::DiskFull { .. }
        ));
        assert!(matches!(failure(ffi::SQLITE_BUSY), StoreError::Busy { .. }));
        assert!(matches!(
            failure(ffi::SQLITE_READONLY),
            StoreError::ReadOnly { .. }
        ));
        assert!(matches!(
            failure(ffi::SQLITE_CORRUPT),
            StoreError::Corrupt { .. }
        ));
        assert!(matches!(
            failure(ffi::SQLITE_NOTADB),
            StoreError::NotARun { .. }
        ));
        assert!(matches!(
            failure(ffi::SQLITE_IOERR_READ),
            StoreError::Sql { .. }
        ));
    }

    #[test]
    fn a_full_disk_says_how_to_go_on() {
        let text = failure(rusqlite::ffi::SQLITE_FULL).to_string();
        assert_eq!(
            text,
            "the disk is full: out/run.sqlite could not grow; free space and resume with `asgi-toll run --resume out`"
        );
    }
}
