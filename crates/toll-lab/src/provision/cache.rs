//! What is in the cache, and removing it.
//!
//! Only what asgi-toll made itself is touched: environments, remembered resolutions, a uv that was
//! fetched. uv's own cache, to which the files of the environments are hard-linked, is left alone:
//! other projects use it (`uv cache clean` empties it).

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::context::Layout;
use super::install;
use super::locks;

/// One environment in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// Its id.
    pub id: String,
    /// For whom it was built first.
    pub label: String,
    /// What was asked for.
    pub requirements: Vec<String>,
    /// Version of its Python.
    pub python: String,
    /// Bytes that removing it would give back; files that uv's own cache shares are not counted.
    pub bytes: u64,
    /// When it was last used.
    pub last_used: SystemTime,
    /// Whether it is whole; else an interrupted build left it.
    pub complete: bool,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanReport {
    /// Environments.
    pub environments: usize,
    /// Remembered resolutions.
    pub resolutions: usize,
    /// Fetched releases of uv.
    pub uvs: usize,
    /// Bytes given back; files that uv's own cache shares are not counted.
    pub bytes: u64,
}

/// Why the cache was not cleaned.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// Another run uses it.
    #[error(
        "the cache is in use by another run of asgi-toll ({what}): wait for its end, or end it, and try again"
    )]
    InUse {
        /// What it uses.
        what: String,
    },
    /// Something could not be removed.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being worked on.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The environments in the cache, last used first. A cache that is not there is empty.
///
/// # Errors
/// The folder cannot be read.
pub fn cache_list(dir: &Path) -> io::Result<Vec<CacheEntry>> {
    let folders = children(&Layout { root: dir }.environments())?;
    let mut entries: Vec<CacheEntry> = folders.iter().map(|folder| entry(folder)).collect();
    entries.sort_by(|a, b| b.last_used.cmp(&a.last_used).then_with(|| a.id.cmp(&b.id)));
    Ok(entries)
}

/// Removes everything that is ours from the cache.
///
/// # Errors
/// Another run uses it, or something cannot be removed.
pub fn cache_clean(dir: &Path) -> Result<CleanReport, CleanError> {
    let layout = Layout { root: dir };
    if !layout.root.is_dir() {
        return Ok(CleanReport::default());
    }
    let _alone = alone(dir)?;
    let mut report = CleanReport::default();
    report.environments = remove(&layout.environments(), &mut report.bytes)?;
    report.resolutions = remove(&layout.resolutions(), &mut report.bytes)?;
    report.uvs = remove(&layout.uvs(), &mut report.bytes)?;
    // The locks themselves are left: a run that is just starting may wait for one of them.
    Ok(report)
}

/// The whole cache for ourselves, images of a container engine included, as long as the value lives.
///
/// # Errors
/// Another run uses it.
pub fn alone(dir: &Path) -> Result<Alone, CleanError> {
    let held = locks::take_whole(dir).map_err(|source| CleanError::Io {
        path: dir.to_owned(),
        source,
    })?;
    held.map(Alone)
        .map_err(|holder| in_use(Layout { root: dir }, holder))
}

/// Nobody else uses the cache while it lives.
#[derive(Debug)]
pub struct Alone(#[expect(dead_code, reason = "it is held, not used")] fs::File);

fn in_use(layout: Layout<'_>, holder: Option<String>) -> CleanError {
    let label = holder
        .as_deref()
        .and_then(|id| install::built_for(&layout.environment(id)))
        .map(|built| built.label);
    let what = match (holder, label) {
        (Some(id), Some(label)) => format!("environment {id}, {label}"),
        (Some(id), None) if id == "uv" => "it is fetching uv".to_owned(),
        (Some(id), None) => format!("environment {id}"),
        (None, _) => "it has just begun or ended".to_owned(),
    };
    CleanError::InUse { what }
}

fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect(),
    }
}

fn entry(folder: &Path) -> CacheEntry {
    let built = install::built_for(folder);
    CacheEntry {
        id: folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        label: built
            .as_ref()
            .map(|one| one.label.clone())
            .unwrap_or_default(),
        python: built
            .as_ref()
            .map(|one| one.python.clone())
            .unwrap_or_default(),
        requirements: built.map(|one| one.requirements).unwrap_or_default(),
        bytes: bytes(folder),
        last_used: install::last_used(folder).unwrap_or(SystemTime::UNIX_EPOCH),
        complete: install::is_ready(folder),
    }
}

fn remove(folder: &Path, freed: &mut u64) -> Result<usize, CleanError> {
    let io = |source| CleanError::Io {
        path: folder.to_owned(),
        source,
    };
    let count = children(folder).map_err(io)?.len();
    *freed += bytes(folder);
    install::remove(folder).map_err(io)?;
    Ok(count)
}

/// Disk space that removing the path gives back: that of files with no further name outside.
fn bytes(path: &Path) -> u64 {
    let Ok(data) = fs::symlink_metadata(path) else {
        return 0;
    };
    let own = if data.is_dir() || data.nlink() == 1 {
        data.blocks() * 512
    } else {
        0
    };
    let below = if data.is_dir() {
        children(path).unwrap_or_default()
    } else {
        Vec::new()
    };
    own + below.iter().map(|child| bytes(child)).sum::<u64>()
}
