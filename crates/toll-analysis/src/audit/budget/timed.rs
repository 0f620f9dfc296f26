//! A toll beside what is allowed: differences, gates, verdicts.

use toll_core::budget::TollBudget;
use toll_core::sample::Instrument;
use toll_stats::gate::{Decision, Evidence, Gate, detectable};
use toll_stats::holm;
use toll_stats::location::hodges_lehmann;

use super::Against;
use super::paced::{Of, Paced};
use super::results::BudgetToll;
use crate::audit::results::Way;
use crate::compare::results::Verdict;
use crate::results::Estimate;
use crate::rounds::{self, CONFIDENCE};

/// On another processor the reference says how fast Python is, and not how much faster its memory or its
/// arithmetic are: a share of the toll by which one may be off. A judgement, not a measurement.
const ELSEWHERE: f64 = 0.15;

/// A toll measured again, not yet judged beside the others.
#[derive(Debug, Clone)]
pub(super) struct Timed {
    saved: TollBudget,
    /// The reference now by the reference then.
    pace: f64,
    margin_us: f64,
    /// What it takes more than is allowed, µs, one value a round.
    differences: Vec<f64>,
    toll: Estimate,
    evidence: Evidence,
    /// The gate by which the evidence was found.
    gate: Gate,
}

/// The same beside the others.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    timed: Timed,
    pub(super) verdict: Verdict,
    p: (f64, f64),
}

impl Timed {
    /// `None` where there is no round.
    pub(super) fn of(
        (paced, of): (&Paced, Of),
        (saved, reference_us): (TollBudget, f64),
        against: &Against,
    ) -> Option<Self> {
        let pace = paced.reference_us / reference_us;
        let allowed_us = saved.toll_us * pace;
        let tolls = paced.toll(of)?;
        let margin_us = margin_us(saved, pace, against);
        let differences: Vec<f64> = tolls.iter().map(|toll| toll - allowed_us).collect();
        let gate = against.rules.gate.ended_after(differences.len());
        Some(Self {
            evidence: gate.evidence(&differences, margin_us),
            toll: rounds::told(hodges_lehmann(tolls, CONFIDENCE)?, "us"),
            saved,
            pace,
            margin_us,
            differences,
            gate,
        })
    }

    /// Whether no further round is wanted, at the share of the chance of a false alarm that is left to it
    /// whatever the others say.
    pub(super) fn is_decided(&self, gate: &Gate, family: usize) -> bool {
        let evidence = gate.evidence(&self.differences, self.margin_us);
        let level = gate.alpha() / family.max(1) as f64;
        let last = self.differences.len() >= gate.rounds_max();
        last || evidence.decision(level, gate.alpha(), false) != Decision::Open
    }
}

/// Up to where more is not objected to: the margin around what is allowed, wider by how badly that is known.
fn margin_us(saved: TollBudget, pace: f64, against: &Against) -> f64 {
    let allowed_us = saved.toll_us * pace;
    let is_elsewhere = against.conditions.processor != against.budget.processor;
    let elsewhere = if is_elsewhere { ELSEWHERE } else { 0.0 };
    let known = saved.half_width_us * pace;
    against.rules.margin.around(allowed_us) + elsewhere * allowed_us.abs() + known
}

impl Judged {
    /// The reference now by the reference then.
    pub(super) fn pace(&self) -> f64 {
        self.timed.pace
    }

    /// As it is told.
    pub(super) fn told(&self) -> BudgetToll {
        let timed = &self.timed;
        BudgetToll {
            by: match timed.saved.by {
                Instrument::Ablation => Some(Way::Ablation),
                Instrument::Exclusive => Some(Way::Exclusive),
                _ => None,
            },
            allowed_us: Some(timed.saved.toll_us * timed.pace),
            margin_us: Some(timed.margin_us),
            toll: Some(timed.toll.clone()),
            rounds: timed.differences.len(),
            detectable_us: detectable(&timed.differences, timed.margin_us, timed.differences.len()),
            p_regressed: Some(self.p.0),
            p_improved: Some(self.p.1),
            ..BudgetToll::default()
        }
    }
}

/// Judges the tolls of all requests together: alarms by p-values that are corrected for their number; to clear
/// needs no correction, as each clearing stands for itself.
pub(super) fn judged(measured: Vec<Vec<(Of, Timed)>>) -> Vec<Vec<(Of, Judged)>> {
    let evidence = |side: fn(&Evidence) -> f64| -> Vec<f64> {
        let all = measured.iter().flatten();
        holm::adjusted(
            &all.map(|(_, timed)| side(&timed.evidence))
                .collect::<Vec<_>>(),
        )
    };
    let (above, below) = (evidence(|one| one.above), evidence(|one| one.below));
    let mut corrected = above.into_iter().zip(below);
    let mut one = |(of, timed): (Of, Timed)| {
        let p = corrected.next().unwrap_or((1.0, 1.0));
        (of, judged_one(timed, p))
    };
    let of_request = |tolls: Vec<(Of, Timed)>| tolls.into_iter().map(&mut one).collect();
    measured.into_iter().map(of_request).collect()
}

fn judged_one(timed: Timed, (above, below): (f64, f64)) -> Judged {
    let corrected = Evidence {
        above,
        below,
        ..timed.evidence
    };
    let (gate, rounds) = (&timed.gate, timed.differences.len());
    let alpha = gate.alpha();
    let decision = corrected.decision(alpha, alpha, rounds >= gate.rounds_max());
    Judged {
        verdict: decision.into(),
        p: (above, below),
        timed,
    }
}
