//! What layers cost in every release of a distribution. Pure.

mod beside;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toll_core::host::Host;

use crate::bisect::{Footprint, Skipped};
use crate::results::Estimate;

pub use beside::{Beside, Timed, timed};

/// Version of `history.json`.
pub const HISTORY_SCHEMA_VERSION: u32 = 1;

/// One release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// What it does in exact counts; absent where it has no number.
    pub footprint: Option<Footprint>,
    /// *a* by the clock, µs.
    pub base: Option<Estimate>,
    /// *b* by the clock, µs.
    pub toll: Option<Estimate>,
    /// Rounds in which it was timed; an interval needs six.
    pub rounds: usize,
    /// The day as of which its companions were resolved, where they could not be those of the others.
    pub as_of: Option<String>,
    /// Why it has no number.
    pub skipped: Option<Skipped>,
    /// Whether its footprint differs from that of the release before it by more than the margin.
    pub is_step: bool,
}

/// The whole of `history.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// Version of this format.
    pub schema_version: u32,
    /// Version of the tool.
    pub tool_version: String,
    /// The distribution.
    pub distribution: String,
    /// What was measured, in words.
    pub subject: String,
    /// The Python.
    pub python: String,
    /// The machine.
    pub host: Host,
    /// Numbers of middlewares at which the releases were counted.
    pub levels: Vec<u32>,
    /// Distributions that were held still.
    pub held: Vec<String>,
    /// The release beside which all others were timed: times and intervals are relative to its cost.
    pub reference: Option<String>,
    /// The releases, in their order.
    pub releases: Vec<Release>,
    /// Seconds of wall time.
    pub wall_s: f64,
}

/// Marks the releases that differ from the last one before them that has a number.
pub fn mark_steps(releases: &mut [Release], margin: f64) {
    let mut before: Option<Footprint> = None;
    for release in releases {
        let Some(footprint) = &release.footprint else {
            continue;
        };
        release.is_step = before
            .as_ref()
            .is_some_and(|before| before.lead(footprint, margin).is_some());
        before = Some(footprint.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::ShapeKind;

    fn release(version: &str, calls: Option<f64>) -> Release {
        let counts = |calls: f64| [("python_calls".to_owned(), calls)].into_iter().collect();
        Release {
            version: version.to_owned(),
            footprint: calls.map(|calls| Footprint {
                base: counts(30.0),
                toll: counts(calls),
                shape: ShapeKind::Linear,
            }),
            base: None,
            toll: None,
            rounds: 0,
            as_of: None,
            skipped: None,
            is_step: false,
        }
    }

    #[test]
    fn steps_reach_over_releases_without_a_number() {
        let mut releases = [
            release("1", Some(100.0)),
            release("2", Some(101.0)),
            release("3", None),
            release("4", Some(200.0)),
            release("5", Some(200.0)),
        ];
        mark_steps(&mut releases, 0.03);
        let steps: Vec<bool> = releases.iter().map(|release| release.is_step).collect();
        assert_eq!(steps, [false, false, false, true, false]);
    }
}
