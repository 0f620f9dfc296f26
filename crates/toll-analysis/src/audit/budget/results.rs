//! What an audit says of a budget: a part of `audit.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::results::Way;
use crate::compare::results::{Margin, Verdict};
use crate::results::Estimate;

/// One request held against a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetAudit {
    /// The gravest verdict of what could be judged; `missing` where nothing could.
    pub verdict: Verdict,
    /// Where and when the budget was saved, in words.
    pub against: String,
    /// What the reference takes here by what it took there: 2 on a machine half as fast. Absent where no time
    /// was judged.
    pub pace: Option<f64>,
    /// What was not objected to; each toll's own margin is wider by how well its budget is known.
    pub margin: Margin,
    /// Things worth knowing.
    pub notes: Vec<String>,
    /// Every layer that there is, outermost first.
    pub layers: Vec<BudgetToll>,
    /// All layers together, the new ones with them; absent where the budget has no such request.
    pub total: Option<BudgetToll>,
    /// Names of layers that the budget has and the application has no longer.
    pub gone: Vec<String>,
}

/// A toll beside what it may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetToll {
    /// The layer's name.
    pub name: String,
    /// Its place, from 0, outermost first; absent for the total.
    pub position: Option<usize>,
    /// What it comes to: `missing` for a layer that the budget does not have.
    pub verdict: Verdict,
    /// Why, in a sentence or two.
    pub why: String,
    /// By which way it was found, then and now.
    pub by: Option<Way>,
    /// What the budget has, µs on its machine.
    pub saved_us: Option<f64>,
    /// The same at this machine's speed.
    pub allowed_us: Option<f64>,
    /// Up to where more is not objected to, µs.
    pub margin_us: Option<f64>,
    /// What it takes now, µs.
    pub toll: Option<Estimate>,
    /// Rounds that were judged.
    pub rounds: usize,
    /// The smallest rise that would have been seen, µs: with 90 % power at 1 % false alarms.
    pub detectable_us: Option<f64>,
    /// The p-value that it is dearer by more than the margin, corrected for the looks and for all gates of
    /// the report.
    pub p_regressed: Option<f64>,
    /// The same for cheaper.
    pub p_improved: Option<f64>,
    /// Exact counts that differ, by name.
    pub counts: BTreeMap<String, CountBudget>,
}

impl Default for BudgetToll {
    fn default() -> Self {
        Self {
            name: String::new(),
            position: None,
            verdict: Verdict::Missing,
            why: String::new(),
            by: None,
            saved_us: None,
            allowed_us: None,
            margin_us: None,
            toll: None,
            rounds: 0,
            detectable_us: None,
            p_regressed: None,
            p_improved: None,
            counts: BTreeMap::new(),
        }
    }
}

/// A count that a layer adds, beside the budget's; both ends, which are equal where it is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountBudget {
    /// The budget's.
    pub saved: [i64; 2],
    /// Now.
    pub now: [i64; 2],
    /// Whether it is more, where repeats do not explain it.
    pub rises: bool,
    /// Whether it is less.
    pub falls: bool,
}
