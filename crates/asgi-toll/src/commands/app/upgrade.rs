//! The same project with other releases: its environment in a temporary copy.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use tempfile::TempDir;
use toll_lab::provision::{self, Environment, Upgrade};

use super::project::{PROBE, Project};
use crate::job::Workshop;

/// How the folders of copies begin; the number of the process that they belong to comes next.
const PREFIX: &str = "asgi-toll-upgrade-";

/// The copy; its folder goes with it.
pub(super) struct Upgraded {
    pub(super) environment: Environment,
    /// What is other than today, in words.
    pub(super) words: String,
    /// What others miss in it.
    pub(super) notes: Vec<String>,
    _folder: TempDir,
}

/// Removes what a run left that was killed.
fn sweep() {
    let entries = fs::read_dir(std::env::temp_dir());
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next())
            .and_then(|pid| pid.parse::<u32>().ok());
        let is_gone = |pid: u32| !Path::new("/proc").join(pid.to_string()).exists();
        if owner.is_some_and(is_gone) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Copies the project's environment and installs what was asked for; `None` where nothing was.
pub(super) fn upgraded(
    requirements: &[String],
    workshop: &Workshop,
    project: &Project,
) -> anyhow::Result<Option<Upgraded>> {
    if requirements.is_empty() {
        return Ok(None);
    }
    let (uv, _) = workshop.tools()?;
    sweep();
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let folder = TempDir::with_prefix(prefix).context("no temporary folder")?;
    workshop.printer.note(format!(
        "Copying the environment, with {}",
        requirements.join(", ")
    ));
    let environment = provision::upgraded(
        &workshop.context,
        uv,
        &project.environment,
        &Upgrade {
            requirements,
            folder: &folder.path().join("venv"),
            probe: &workshop.unpacked.harness.join(PROBE),
        },
    )
    .map_err(|failure| {
        let failure = project.secrets.hidden_in(&failure);
        let lines = failure.log_tail.iter().map(|line| format!("\n    {line}"));
        anyhow!("{}{}", failure.message, lines.collect::<String>())
    })?;
    let notes = environment.notes.iter();
    let notes = notes.map(|note| project.secrets.masked(note)).collect();
    Ok(Some(Upgraded {
        words: words(requirements, &project.environment, &environment),
        environment,
        notes,
        _folder: folder,
    }))
}

/// `with starlette 0.45.0 instead of 0.36.3`.
fn words(requirements: &[String], before: &Environment, after: &Environment) -> String {
    let one = |requirement: &String| {
        let name = toll_core::requirement::distribution(requirement);
        let now = after.version_of(&name).unwrap_or("?");
        match before.version_of(&name) {
            Some(then) if then == now => format!("{name} {now} as before"),
            Some(then) => format!("{name} {now} instead of {then}"),
            None => format!("{name} {now}, which was not there"),
        }
    };
    let all: Vec<String> = requirements.iter().map(one).collect();
    format!("with {}", all.join(", "))
}
