//! The releases between two ends, and the Python on which they are measured.

use std::cmp::Ordering;

use anyhow::{anyhow, bail};
use toll_lab::provision::{Provisioner, compare_versions, releases};

use super::state::State;
use crate::job::Workshop;

/// Releases in their order, both ends included.
#[derive(Debug, Clone)]
pub(super) struct Range {
    pub(super) distribution: String,
    pub(super) versions: Vec<String>,
    pub(super) python: String,
}

impl Range {
    /// Asks the index, unless an earlier session has.
    pub(super) fn of(state: &mut State, workshop: &Workshop) -> anyhow::Result<Self> {
        refuse_ends(state)?;
        let request = toll_core::suite::python(&state.held.python)
            .map_err(|reason| anyhow!("--python: {reason}"))?;
        let virtualenvs = workshop.virtualenvs()?;
        let chosen = virtualenvs
            .choose_python(&request)
            .map_err(|failure| anyhow!("{failure}"))?;
        if state.releases.is_empty() {
            let (uv, _) = workshop.tools()?;
            state.releases = releases(
                &workshop.context,
                uv,
                &chosen.interpreter,
                &state.distribution,
                state.pre,
            )
            .map_err(|failure| anyhow!("{}", failure.message))?;
            state.keep()?;
        }
        let python = state.python.clone().unwrap_or(chosen.interpreter.version);
        Ok(Self {
            distribution: state.distribution.clone(),
            versions: between(state)?,
            python,
        })
    }

    pub(super) fn first(&self) -> &str {
        self.versions.first().map_or("", String::as_str)
    }

    pub(super) fn last(&self) -> &str {
        self.versions.last().map_or("", String::as_str)
    }
}

/// What can be said of the ends before anybody is asked.
fn refuse_ends(state: &State) -> anyhow::Result<()> {
    for end in [&state.good, &state.bad] {
        if !toll_core::requirement::is_version(end) {
            bail!("`{end}` is no version; write it like 0.38.2");
        }
    }
    match compare_versions(&state.good, &state.bad) {
        Ordering::Less => Ok(()),
        Ordering::Equal => bail!(
            "--good and --bad are both {}: there is nothing between them; how far one release differs from another is told by `asgi-toll compare`",
            state.good
        ),
        Ordering::Greater => bail!(
            "--good {} is newer than --bad {}: swap them; which way the cost went is told by the result",
            state.good,
            state.bad
        ),
    }
}

/// The releases from one end to the other.
fn between(state: &State) -> anyhow::Result<Vec<String>> {
    let mut all = state.releases.clone();
    all.extend(state.include.iter().cloned());
    all.sort_by(|one, other| compare_versions(one, other));
    all.dedup();
    let place = |end: &String| {
        let found = all
            .iter()
            .position(|version| compare_versions(version, end) == Ordering::Equal);
        found.ok_or_else(|| {
            let near = nearest(&all, end);
            anyhow!(
                "the package index has no release {end} of {} for this Python; the nearest are {}. One that was yanked is added with --include, pre-releases with --pre",
                state.distribution,
                near.join(", ")
            )
        })
    };
    let (low, high) = (place(&state.good)?, place(&state.bad)?);
    Ok(all[low..=high].to_vec())
}

/// Up to four releases around where a version would be.
fn nearest(all: &[String], version: &str) -> Vec<String> {
    let place = all.partition_point(|known| compare_versions(known, version) == Ordering::Less);
    all[place.saturating_sub(2)..(place + 2).min(all.len())].to_vec()
}
