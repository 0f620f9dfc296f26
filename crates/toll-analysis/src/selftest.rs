//! The tool's own error rates, from comparisons whose truth is known. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toll_core::host::{Host, Remark};
use toll_stats::binomial;
use toll_stats::quantile::{median, quantile};

use crate::compare::results::{ComparisonReport, Verdict};
use crate::results::Tool;

/// Version of `selftest.json`.
pub const SELFTEST_SCHEMA_VERSION: u32 = 1;

/// Confidence of the bounds of error rates.
const CONFIDENCE: f64 = 0.95;

/// What the second side of a comparison has more than the first, in each layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "what", content = "size")]
pub enum Planted {
    /// Nothing at all.
    Nothing,
    /// So many µs of CPU.
    Us(f64),
    /// Such a share of what a layer costs.
    Share(f64),
    /// So many Python calls.
    Calls(u32),
}

impl std::fmt::Display for Planted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Us(us) => write!(f, "+{us} µs per layer"),
            Self::Share(share) => write!(f, "+{} % of the toll", share * 100.0),
            Self::Calls(1) => f.write_str("+1 Python call per layer"),
            Self::Calls(calls) => write!(f, "+{calls} Python calls per layer"),
        }
    }
}

/// One comparison whose truth is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// What was planted.
    pub planted: Planted,
    /// The same in the unit of the toll; 0 where nothing was.
    pub truth: f64,
    /// What the comparison came to.
    pub verdict: Verdict,
    /// What the gate of the toll came to, where time was measured.
    pub toll_verdict: Option<Verdict>,
    /// The difference of the toll that was found, in its unit.
    pub toll_difference: Option<f64>,
    /// Whether its interval contains the truth.
    pub covered: Option<bool>,
    /// The toll before, in its unit.
    pub toll_before: Option<f64>,
    /// Rounds that it took.
    pub rounds: usize,
    /// Seconds of wall time that it took, environments aside.
    pub wall_s: f64,
}

impl Trial {
    /// What a report of one comparison says, where `truth` was planted as `planted`.
    pub fn of(report: &ComparisonReport, planted: Planted, truth: f64, wall_s: f64) -> Self {
        let toll = report.toll.as_ref();
        let interval = toll.and_then(|toll| toll.difference.low.zip(toll.difference.high));
        Self {
            planted,
            truth,
            verdict: report.verdict,
            toll_verdict: toll.and_then(|toll| toll.verdict),
            toll_difference: toll.map(|toll| toll.difference.estimate),
            covered: interval.map(|(low, high)| low <= truth && truth <= high),
            toll_before: toll.map(|toll| toll.before.estimate),
            rounds: report.rounds,
            wall_s,
        }
    }

    /// Whether the verdict is wrong where nothing was planted.
    fn is_false_alarm(&self) -> bool {
        matches!(self.verdict, Verdict::Regressed | Verdict::Improved)
    }

    /// Whether what was planted was found.
    fn is_found(&self) -> bool {
        self.verdict == Verdict::Regressed
    }
}

/// All trials of one kind, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    /// What was planted.
    pub planted: Planted,
    /// How many comparisons have a number.
    pub comparisons: u64,
    /// How many of them came to an alarm: false ones where nothing was planted, else right ones.
    pub alarms: u64,
    /// How many were cleared.
    pub cleared: u64,
    /// How many were undecided.
    pub inconclusive: u64,
    /// How many have no number; they are in no share.
    pub missing: u64,
    /// The share of alarms.
    pub share: f64,
    /// Its lower bound: exact (Clopper & Pearson), 95 % on this side.
    pub low: f64,
    /// Its upper bound, 95 % on this side.
    pub high: f64,
    /// What was planted, in the unit of the toll.
    pub truth: f64,
    /// The median of what was found.
    pub median_found: Option<f64>,
    /// How far 90 of 100 were off at most.
    pub off_p90: Option<f64>,
    /// The share of intervals that contain the truth.
    pub coverage: Option<f64>,
    /// Median of the rounds.
    pub rounds: f64,
    /// Median of the seconds.
    pub wall_s: f64,
    /// The longest, in seconds.
    pub wall_s_max: f64,
}

/// The whole of `selftest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SelfTest {
    /// Version of this format.
    pub schema_version: u32,
    /// The tool.
    pub tool: Tool,
    /// The machine.
    pub host: Host,
    /// What was remarked about it.
    pub remarks: Vec<Remark>,
    /// What was measured, in words.
    pub subject: String,
    /// Whether another process burned the same core for 30 % of the time.
    pub noise: bool,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// The rates.
    pub rates: Vec<Rate>,
    /// Every trial.
    pub trials: Vec<Trial>,
}

/// The rates of trials, one for each effect that was planted, in the order in which they come first.
pub fn rates(trials: &[Trial]) -> Vec<Rate> {
    let mut planted: Vec<Planted> = Vec::new();
    for trial in trials {
        if !planted.contains(&trial.planted) {
            planted.push(trial.planted);
        }
    }
    let of = |planted: &Planted| {
        let own: Vec<&Trial> = trials
            .iter()
            .filter(|trial| trial.planted == *planted)
            .collect();
        rate(*planted, &own)
    };
    planted.iter().map(of).collect()
}

fn rate(planted: Planted, trials: &[&Trial]) -> Rate {
    let count = |counts: &dyn Fn(&Trial) -> bool| {
        trials.iter().filter(|trial| counts(trial)).count() as u64
    };
    let missing = count(&|trial| trial.verdict == Verdict::Missing);
    // What has no number proves nothing.
    let comparisons = trials.len() as u64 - missing;
    let alarms = match planted {
        Planted::Nothing => count(&Trial::is_false_alarm),
        _ => count(&Trial::is_found),
    };
    let values = |value: &dyn Fn(&Trial) -> Option<f64>| -> Vec<f64> {
        trials.iter().filter_map(|trial| value(trial)).collect()
    };
    let off = values(&|trial| Some((trial.toll_difference? - trial.truth).abs()));
    let covered = values(&|trial| trial.covered.map(|covered| f64::from(u8::from(covered))));
    let seconds = values(&|trial| Some(trial.wall_s));
    Rate {
        planted,
        comparisons,
        alarms,
        cleared: count(&|trial| trial.verdict == Verdict::Cleared),
        inconclusive: count(&|trial| trial.verdict == Verdict::Inconclusive),
        missing,
        share: alarms as f64 / comparisons.max(1) as f64,
        low: binomial::lower_bound(alarms, comparisons, CONFIDENCE),
        high: binomial::upper_bound(alarms, comparisons, CONFIDENCE),
        truth: median(&values(&|trial| Some(trial.truth))).unwrap_or(0.0),
        median_found: median(&values(&|trial| trial.toll_difference)),
        off_p90: quantile(&off, 0.9),
        coverage: (!covered.is_empty()).then(|| covered.iter().sum::<f64>() / covered.len() as f64),
        rounds: median(&values(&|trial| Some(trial.rounds as f64))).unwrap_or(0.0),
        wall_s: median(&seconds).unwrap_or(0.0),
        wall_s_max: seconds.iter().copied().fold(0.0, f64::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(planted: Planted, truth: f64, verdict: Verdict, difference: f64) -> Trial {
        Trial {
            planted,
            truth,
            verdict,
            toll_verdict: None,
            toll_difference: Some(difference),
            covered: Some((difference - truth).abs() < 0.2),
            toll_before: Some(2.0),
            rounds: 12,
            wall_s: 10.0,
        }
    }

    #[test]
    fn rates_are_counted_with_exact_bounds() {
        let quiet: Vec<Trial> = (0..299)
            .map(|_| trial(Planted::Nothing, 0.0, Verdict::Cleared, 0.05))
            .collect();
        let rate = &rates(&quiet)[0];
        assert_eq!((rate.comparisons, rate.alarms, rate.cleared), (299, 0, 299));
        // The rule of three.
        assert!(rate.high <= 0.01 && rate.low == 0.0);
        assert_eq!(rate.coverage, Some(1.0));
        let one = [
            quiet,
            vec![trial(Planted::Nothing, 0.0, Verdict::Improved, -0.6)],
        ]
        .concat();
        let rate = &rates(&one)[0];
        assert_eq!(rate.alarms, 1);
        assert!(rate.high > 0.01);
    }

    #[test]
    fn what_was_planted_is_counted_by_itself() {
        let trials = [
            trial(Planted::Us(1.0), 1.0, Verdict::Regressed, 1.1),
            trial(Planted::Nothing, 0.0, Verdict::Inconclusive, 0.0),
            trial(Planted::Us(1.0), 1.0, Verdict::Improved, -1.0),
            trial(Planted::Us(1.0), 1.0, Verdict::Regressed, 0.9),
        ];
        let rates = rates(&trials);
        assert_eq!(rates.len(), 2);
        assert_eq!((rates[0].comparisons, rates[0].alarms), (3, 2));
        assert_eq!(rates[0].median_found, Some(0.9));
        assert!((rates[0].coverage.unwrap() - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!((rates[1].alarms, rates[1].inconclusive), (0, 1));
        let nothing = vec![trial(Planted::Nothing, 0.0, Verdict::Missing, 0.0); 299];
        let rate = &super::rates(&nothing)[0];
        assert_eq!((rate.comparisons, rate.missing, rate.high), (0, 299, 1.0));
        assert_eq!(Planted::Share(0.05).to_string(), "+5 % of the toll");
        assert!(super::rates(&[]).is_empty());
    }
}
