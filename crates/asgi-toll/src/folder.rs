//! The folder that a run leaves.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use toll_analysis::compare::results::ComparisonReport;
use toll_analysis::results::Analysis;

/// Name of the record in the folder.
const STORE: &str = "run.sqlite";

/// The folder of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new folder, `asgi-toll-out/<time>` unless another is asked for.
    pub(crate) fn create(asked: Option<&Path>, now: Timestamp) -> anyhow::Result<Self> {
        let path = match asked {
            Some(path) => path.to_owned(),
            None => {
                PathBuf::from("asgi-toll-out").join(now.strftime("%Y-%m-%dT%H-%M-%S").to_string())
            }
        };
        if path.join(STORE).exists() {
            bail!(
                "{} has a run already; choose another folder with --out, or go on with it: asgi-toll run --resume {}",
                path.display(),
                path.display()
            );
        }
        fs::create_dir_all(path.join("environments"))
            .with_context(|| format!("the folder {} cannot be made", path.display()))?;
        Self::absolute(&path)
    }

    /// The folder of a run that there is.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        if !path.join(STORE).is_file() {
            bail!(
                "{} is not the folder of a run: it has no {STORE}",
                path.display()
            );
        }
        Self::absolute(path)
    }

    /// A folder for reports alone.
    pub(crate) fn for_reports(path: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(path)
            .with_context(|| format!("the folder {} cannot be made", path.display()))?;
        Self::absolute(path)
    }

    fn absolute(path: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            path: std::path::absolute(path)?,
        })
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The record.
    pub(crate) fn store(&self) -> PathBuf {
        self.path.join(STORE)
    }

    /// The servers' logs.
    pub(crate) fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Its path, relative to the current folder where it lies below it.
    pub(crate) fn shown(&self) -> String {
        let here = std::env::current_dir().unwrap_or_default();
        self.path
            .strip_prefix(here)
            .unwrap_or(&self.path)
            .display()
            .to_string()
    }

    /// Keeps the lock of an environment.
    pub(crate) fn keep_lock(&self, name: &str, lock: &[String]) -> anyhow::Result<()> {
        let path = self.path.join("environments").join(format!("{name}.lock"));
        write(&path, (lock.join("\n") + "\n").as_bytes())
    }

    /// Keeps a file.
    pub(crate) fn keep(&self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        write(&self.path.join(name), content)
    }

    /// Removes the folder of a run that came to nothing; one with content stays.
    pub(crate) fn remove_if_empty(&self) {
        let _ = fs::remove_dir(self.path.join("environments"));
        let _ = fs::remove_dir(&self.path);
    }

    /// Writes every report format.
    pub(crate) fn write_reports(&self, analysis: &Analysis) -> anyhow::Result<()> {
        for format in toll_report::FORMATS {
            let bytes = format
                .render(analysis)
                .with_context(|| format!("{} cannot be drawn", format.file_name()))?;
            write(&self.path.join(format.file_name()), &bytes)?;
        }
        Ok(())
    }
}

impl Folder {
    /// Writes every format of comparisons.
    pub(crate) fn write_comparisons(&self, report: &ComparisonReport) -> anyhow::Result<()> {
        for format in toll_report::compare::FORMATS {
            let bytes = (format.render)(report)
                .with_context(|| format!("{} cannot be written", format.file_name))?;
            write(&self.path.join(format.file_name), &bytes)?;
        }
        Ok(())
    }
}

/// Writes a file whole or not at all: a reader never sees half of it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let fresh = path.with_extension("part");
    fs::write(&fresh, bytes)
        .and_then(|()| fs::rename(&fresh, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}
