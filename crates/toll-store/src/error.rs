//! What can go wrong with a stored run, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use toll_core::sample::Instrument;

/// The result of everything that the store does.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a run could not be stored or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file.
    #[error(
        "there is no stored run at {path}; give the folder that `asgi-toll run` left, or start one without `--resume`"
    )]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The folder of the file is not there.
    #[error("{path} cannot be made, because its folder is missing; make `{}` first", folder(.path))]
    NoFolder {
        /// The file that was to be made.
        path: PathBuf,
    },
    /// A new run would overwrite one that is there.
    #[error("{path} exists already; continue it with `asgi-toll run --resume {}`, or give another `--out`", folder(.path))]
    Exists {
        /// The file that is in the way.
        path: PathBuf,
    },
    /// The file is something else.
    #[error(
        "{path} is not a run of asgi-toll: {reason}; give the `run.sqlite` of a run, or the folder that holds it"
    )]
    NotARun {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// The file was written by a later asgi-toll.
    #[error(
        "{path} was written by a newer asgi-toll (format {found}, this one knows up to {known}); use that release or a later one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Format of the file.
        found: u32,
        /// Newest format that this tool knows.
        known: u32,
    },
    /// The tool was stopped while it created the file.
    #[error(
        "{path} holds no run yet: `{key}` is missing, because its start was cut off; delete the file and start again"
    )]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// What is missing.
        key: String,
    },
    /// Another process holds the file.
    #[error("another asgi-toll{} is writing {path}; wait until it is done, or stop it first", by(*.process))]
    Busy {
        /// The file.
        path: PathBuf,
        /// The process that holds it, if it is known.
        process: Option<u32>,
    },
    /// No space is left. Everything committed before is kept.
    #[error("the disk is full: {path} could not grow; free space and resume with `asgi-toll run --resume {}`", folder(.path))]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder may not be written.
    #[error(
        "{path} may not be written; change the permissions of the file and its folder, or copy the folder elsewhere"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged: {detail}; restore it from a copy, or measure again into another `--out`"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was noticed.
        detail: String,
    },
    /// A series that was never put.
    #[error("series {series} is not stored; it has to be put before anything is recorded for it")]
    UnknownSeries {
        /// Place of the series in the plan.
        series: usize,
    },
    /// An instrument that is not among those of the series.
    #[error(
        "series {series} is not measured by {}; its instruments have to be put first",
        .instrument.name()
    )]
    UnknownInstrument {
        /// Place of the series in the plan.
        series: usize,
        /// The instrument.
        instrument: Instrument,
    },
    /// A number of middlewares that is not among the levels of the series.
    #[error(
        "series {series} has no cell of {} with {middlewares} middlewares; its levels have to be put first",
        .instrument.name()
    )]
    UnknownCell {
        /// Place of the series in the plan.
        series: usize,
        /// How it was to be measured.
        instrument: Instrument,
        /// Number of middlewares.
        middlewares: u32,
    },
    /// A unit that is stored already.
    #[error(
        "block {block} of round {round} of series {series} by {} is stored already; a resumed run begins a new round",
        .instrument.name()
    )]
    BlockExists {
        /// Place of the series in the plan.
        series: usize,
        /// How it was measured.
        instrument: Instrument,
        /// Round.
        round: u32,
        /// Block inside the round.
        block: u32,
    },
    /// A block that contradicts itself.
    #[error(
        "block {block} of round {round} of series {series} by {} contradicts itself: {reason}; it was not stored",
        .instrument.name()
    )]
    Inconsistent {
        /// Place of the series in the plan.
        series: usize,
        /// How it was measured.
        instrument: Instrument,
        /// Round.
        round: u32,
        /// Block inside the round.
        block: u32,
        /// The contradiction.
        reason: String,
    },
    /// A stored name that this tool does not know.
    #[error(
        "{path} holds the {what} `{name}`, which this asgi-toll does not know; use the release that measured it or a later one"
    )]
    UnknownName {
        /// The file.
        path: PathBuf,
        /// Kind of the name: `metric`, `stage` …
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Time was reported outside of a session.
    #[error("no session has begun; time can only be recorded between the start and the end of one")]
    NoSession,
    /// The operating system refused.
    #[error("{path} could not be used: {source}; check the disk and the folder")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite refused for a reason that has no better name here.
    #[error("{path} could not be used: {source}; check the disk, and resume with `asgi-toll run --resume {}`", folder(.path))]
    Sql {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// What the operating system said about the file at `path`.
    pub(crate) fn of_system(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NoFolder { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path }
            }
            _ => Self::Io { path, source },
        }
    }
}

/// The folder to name in a remedy.
fn folder(path: &Path) -> String {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.display().to_string(),
        _ => ".".to_owned(),
    }
}

fn by(process: Option<u32>) -> String {
    process.map_or_else(String::new, |id| format!(" (process {id})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_the_system_get_the_same_names() {
        let said =
            |kind: io::ErrorKind| StoreError::of_system(Path::new("out/run.sqlite"), kind.into());
        assert!(matches!(
            said(io::ErrorKind::StorageFull),
            StoreError::DiskFull { .. }
        ));
        assert!(matches!(
            said(io::ErrorKind::ReadOnlyFilesystem),
            StoreError::ReadOnly { .. }
        ));
        assert!(matches!(
            said(io::ErrorKind::NotFound),
            StoreError::NoFolder { .. }
        ));
        assert!(matches!(
            said(io::ErrorKind::TimedOut),
            StoreError::Io { .. }
        ));
    }

    #[test]
    fn a_file_without_a_folder_is_resumed_from_here() {
        assert_eq!(folder(Path::new("run.sqlite")), ".");
    }
}
