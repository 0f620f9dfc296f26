//! `compare.json`: what comparisons say, for scripts and for the reports.
//!
//! Changes that a reader could stumble over raise [`COMPARE_SCHEMA_VERSION`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toll_core::axes::Axes;
use toll_core::failure::Failure;
use toll_core::host::{Host, Remark};
use toll_stats::gate::Decision;

use crate::results::{Estimate, Finding, RunFacts, Shape, Tool};

/// Version of `compare.json`.
pub const COMPARE_SCHEMA_VERSION: u32 = 1;

/// What a comparison comes to. Never two-valued: what was not seen is not called absent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No regression beyond the margin: it would have been seen.
    Cleared,
    /// Cheaper by more than the margin.
    Improved,
    /// The data do not say.
    Inconclusive,
    /// One side has no number.
    Missing,
    /// Dearer by more than the margin.
    Regressed,
}

impl Verdict {
    /// Every verdict, the mildest first.
    pub const ALL: [Self; 5] = [
        Self::Cleared,
        Self::Improved,
        Self::Inconclusive,
        Self::Missing,
        Self::Regressed,
    ];

    /// The stable word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Improved => "improved",
            Self::Inconclusive => "inconclusive",
            Self::Missing => "missing",
            Self::Regressed => "regressed",
        }
    }

    /// The verdict of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// The gravest of several; `Missing` of none.
    pub fn gravest(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Missing)
    }
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Above => Self::Regressed,
            Decision::Below => Self::Improved,
            Decision::Within => Self::Cleared,
            Decision::Open => Self::Inconclusive,
        }
    }
}

/// One term of the cost on both sides, and how far it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// On the first side, µs (calls for `counts`).
    pub before: Estimate,
    /// On the second side.
    pub after: Estimate,
    /// After less before. Where time is measured its interval, unlike those of the two sides, comes
    /// of blocks in which both sides stood side by side.
    pub difference: Estimate,
    /// The difference by what there was before; absent where that is not above zero.
    pub relative: Option<f64>,
    /// Up to where a change is not objected to, µs; 0 for counts. Absent where there is no gate.
    pub margin: Option<f64>,
    /// The smallest change that these data would have shown, µs: with 90 % power at 1 % false alarms.
    /// For exact counts 1. Absent without data enough.
    pub detectable: Option<f64>,
    /// What the gate decides; absent for terms that have none.
    pub verdict: Option<Verdict>,
    /// The p-value that it is dearer by more than the margin, corrected for the looks and, by Holm's
    /// procedure, for all gates of this report.
    pub p_regressed: Option<f64>,
    /// The same for cheaper.
    pub p_improved: Option<f64>,
}

/// One count on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CountChange {
    /// *a* before: without middlewares.
    pub base_before: Option<f64>,
    /// *a* after.
    pub base_after: Option<f64>,
    /// *b* before: what one more layer adds.
    pub toll_before: Option<f64>,
    /// *b* after.
    pub toll_after: Option<f64>,
    /// Whether it is higher in some cell, where repeats do not explain it.
    pub rises: bool,
    /// Whether it is lower in some cell.
    pub falls: bool,
}

/// What one instrument says of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstrumentComparison {
    /// What its gates come to.
    pub verdict: Verdict,
    /// *a*: a request without middlewares.
    pub base: Option<Change>,
    /// *f*: what the first layer costs beyond the toll; told, not judged.
    pub first_layer: Option<Change>,
    /// *b*: one more layer.
    pub toll: Option<Change>,
    /// Numbers of middlewares that both sides have.
    pub levels: Vec<u32>,
    /// Rounds of fresh processes on both sides.
    pub rounds: usize,
    /// Every count that differs, and the headline (`counts`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, CountChange>,
    /// Why there is no number, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// How the cost grows, on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShapeChange {
    /// On the first side.
    pub before: Shape,
    /// On the second side.
    pub after: Shape,
    /// What a change of the kind comes to: `regressed` for a line that became superlinear, `improved`
    /// the other way; absent where the kind is the same, or one side does not tell it.
    pub verdict: Option<Verdict>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// What it is called, such as `starlette==0.45.0`.
    pub label: String,
    /// What it is, with the versions that were really installed.
    pub axes: Axes,
    /// Installed distributions, `name==version`.
    pub lock: Vec<String>,
    /// Findings about it.
    pub findings: Vec<Finding>,
}

/// A distribution that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moved {
    /// Its name.
    pub distribution: String,
    /// Its version before; absent where it was not there.
    pub before: Option<String>,
    /// Its version after.
    pub after: Option<String>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// What it is called.
    pub label: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, in a sentence or two.
    pub why: String,
    /// *a* by the instrument that speaks for the comparison: the last that measured time, else counts.
    pub base: Option<Change>,
    /// *f* by that instrument.
    pub first_layer: Option<Change>,
    /// *b* by that instrument.
    pub toll: Option<Change>,
    /// How the cost grows.
    pub shape: ShapeChange,
    /// The smallest change of the toll that would have been seen, in the unit of the toll.
    pub detectable: Option<f64>,
    /// Rounds by the instrument that speaks.
    pub rounds: usize,
    /// By instrument name.
    pub instruments: BTreeMap<String, InstrumentComparison>,
    /// The first side.
    pub before: Side,
    /// The second side.
    pub after: Side,
    /// Distributions that differ between the sides.
    pub moved: Vec<Moved>,
    /// Things worth knowing.
    pub notes: Vec<String>,
}

/// The margin of a gate: a change up to the larger of the two is not objected to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Margin {
    /// Share of what the term was before, such as 0.03.
    pub relative: f64,
    /// And µs.
    pub absolute_us: f64,
}

impl Margin {
    /// The margin around a term that was `before_us`.
    pub fn around(self, before_us: f64) -> f64 {
        (self.relative * before_us.abs()).max(self.absolute_us)
    }
}

impl Default for Margin {
    /// 3 % of the term, or 0.3 µs.
    fn default() -> Self {
        Self {
            relative: 0.03,
            absolute_us: 0.3,
        }
    }
}

/// The whole of `compare.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonReport {
    /// Version of this format.
    pub schema_version: u32,
    /// The tool that measured.
    pub tool: Tool,
    /// The machine.
    pub host: Host,
    /// What was remarked about the machine.
    pub remarks: Vec<Remark>,
    /// When and how.
    pub run: RunFacts,
    /// What was not objected to.
    pub margin: Margin,
    /// The gravest verdict.
    pub verdict: Verdict,
    /// *a* of the comparison that has it, or of the only one.
    pub base: Option<Change>,
    /// *b* of that comparison.
    pub toll: Option<Change>,
    /// How the cost grows in that comparison.
    pub shape: Option<ShapeChange>,
    /// The smallest change of its toll that would have been seen.
    pub detectable: Option<f64>,
    /// Its rounds.
    pub rounds: usize,
    /// Every comparison, in the order in which they were asked for.
    pub comparisons: Vec<Comparison>,
}
