//! The releases between two ends, and the Python on which they are measured.

use std::cmp::Ordering;

use anyhow::{anyhow, bail};
use toll_lab::provision::{Provisioner, compare_versions, releases};

use super::state::State;
use crate::job::Workshop;

/// Releases in their order, both ends included.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Range {
    pub(in crate::commands) distribution: String,
    pub(in crate::commands) versions: Vec<String>,
    pub(in crate::commands) python: String,
}

impl Range {
    /// The releases between two ends, or from the first, up to the last, where one is not named. The index
    /// is asked, unless an earlier session has.
    pub(in crate::commands) fn of(state: &mut State, workshop: &Workshop) -> anyhow::Result<Self> {
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

    /// What is going to be looked at.
    pub(in crate::commands) fn in_words(&self) -> String {
        format!(
            "{} releases of {} from {} to {}, on Python {}",
            self.versions.len(),
            self.distribution,
            self.first(),
            self.last(),
            self.python
        )
    }

    pub(in crate::commands) fn first(&self) -> &str {
        self.versions.first().map_or("", String::as_str)
    }

    pub(in crate::commands) fn last(&self) -> &str {
        self.versions.last().map_or("", String::as_str)
    }
}

/// What can be said of the ends before anybody is asked.
pub(in crate::commands) fn refuse_ends(good: &str, bad: &str) -> anyhow::Result<()> {
    for end in [good, bad] {
        if !toll_core::requirement::is_version(end) {
            bail!("`{end}` is no version; write it like 0.38.2");
        }
    }
    match compare_versions(good, bad) {
        Ordering::Less => Ok(()),
        Ordering::Equal => bail!(
            "both ends are {good}: there is nothing between them; how far one release differs from another is told by `asgi-toll compare`"
        ),
        Ordering::Greater => bail!(
            "the first end, {good}, is newer than the second, {bad}: swap them; which way the cost went is told by the result"
        ),
    }
}

/// The releases from one end to the other.
fn between(state: &State) -> anyhow::Result<Vec<String>> {
    let mut all = state.releases.clone();
    all.extend(state.include.iter().cloned());
    all.sort_by(|one, other| compare_versions(one, other));
    all.dedup();
    let place = |end: &String, otherwise: usize| {
        if end.is_empty() {
            return Ok(otherwise);
        }
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
    let last = all.len().saturating_sub(1);
    let (low, high) = (place(&state.good, 0)?, place(&state.bad, last)?);
    if low > high || all.is_empty() {
        bail!(
            "there is no release of {} in this range",
            state.distribution
        );
    }
    Ok(all[low..=high].to_vec())
}

/// Up to four releases around where a version would be.
fn nearest(all: &[String], version: &str) -> Vec<String> {
    let place = all.partition_point(|known| compare_versions(known, version) == Ordering::Less);
    all[place.saturating_sub(2)..(place + 2).min(all.len())].to_vec()
}
