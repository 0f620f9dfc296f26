//! What an instrument that measures time says of a comparison.

use toll_core::failure::{Failure, Stage};
use toll_core::sample::MeasuredSeries;
use toll_core::settings::Settings;
use toll_stats::gate::{Decision, Evidence, Gate, detectable};
use toll_stats::location::hodges_lehmann;

use super::Rules;
use super::contrast::{Contrast, TermContrast};
use super::results::{Change, InstrumentComparison, Margin, Verdict};
use crate::gauge::Gauge;
use crate::model::Term;
use crate::results::Estimate;
use crate::rounds::{self, CONFIDENCE};

/// The terms on which there is a gate. The first layer is told and not judged: it is the difference of
/// two terms, and noisier than both.
pub(super) const GATED: [Term; 2] = [Term::Base, Term::Toll];

/// One comparison by one instrument, measured but not yet judged beside the others.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    contrast: Option<Contrast>,
    /// Of each gated term that there is.
    gates: Vec<(Term, f64, Evidence)>,
    error: Option<Failure>,
}

impl Measured {
    pub(super) fn of(
        (before, after): (&MeasuredSeries, &MeasuredSeries),
        gauge: &Gauge,
        settings: &Settings,
        rules: &Rules,
    ) -> Self {
        let contrast = Contrast::of((before, after), gauge, settings);
        let gates = contrast
            .as_ref()
            .map(|contrast| gates(contrast, rules))
            .unwrap_or_default();
        let lacks = contrast
            .as_ref()
            .is_none_or(|contrast| !contrast.one_sided.is_empty());
        let error = lacks.then(|| missing([before, after]));
        Self {
            contrast,
            gates,
            error,
        }
    }

    /// The evidence of its gates: for more, and for less.
    pub(super) fn evidence(&self) -> impl Iterator<Item = (f64, f64)> {
        self.gates
            .iter()
            .map(|(_, _, evidence)| (evidence.above, evidence.below))
    }

    /// Rounds so far.
    pub(super) fn rounds(&self) -> usize {
        self.contrast
            .as_ref()
            .map_or(0, |contrast| contrast.rounds.len())
    }

    /// Half the width of the interval of the toll's difference by the toll before.
    pub(super) fn precision(&self) -> Option<f64> {
        let toll = self.contrast.as_ref()?.terms.get(&Term::Toll)?;
        let interval = hodges_lehmann(&toll.difference, CONFIDENCE)?.interval?;
        let before = hodges_lehmann(&toll.before, CONFIDENCE)?.estimate.abs();
        let half_width = (interval.high - interval.low) / 2.0 / before;
        half_width.is_finite().then_some(half_width)
    }

    /// Whether no further round is wanted: every gate is decided at a look, at the share of the chance
    /// of a false alarm that is left to it whatever the others say, or the last look has passed.
    pub(super) fn is_done(&self, gate: &Gate, family: usize) -> bool {
        let rounds = self.rounds();
        let level = gate.alpha() / family.max(1) as f64;
        let decided =
            |evidence: &Evidence| evidence.decision(level, gate.alpha(), false) != Decision::Open;
        rounds >= gate.rounds_max()
            || (gate.is_look(rounds) && self.error.is_some())
            || (gate.is_look(rounds) && self.gates.iter().all(|(_, _, evidence)| decided(evidence)))
    }

    /// As it is told, with the p-values of its gates as they are beside all others.
    pub(super) fn told(
        &self,
        gate: &Gate,
        mut corrected: impl Iterator<Item = (f64, f64)>,
    ) -> InstrumentComparison {
        let mut told = InstrumentComparison {
            verdict: Verdict::Missing,
            base: None,
            first_layer: None,
            toll: None,
            levels: Vec::new(),
            rounds: self.rounds(),
            counts: std::collections::BTreeMap::new(),
            error: self.error.clone(),
        };
        let Some(contrast) = &self.contrast else {
            return told;
        };
        told.levels.clone_from(&contrast.levels);
        for (term, of_term) in &contrast.terms {
            let gated = self.gates.iter().find(|(gated, _, _)| gated == term);
            let judged = gated.zip(gated.and_then(|_| corrected.next()));
            let change = change(
                of_term,
                gate,
                judged.map(|((_, margin, evidence), p)| (*margin, *evidence, p)),
            );
            match term {
                Term::Base => told.base = change,
                Term::FirstLayer => told.first_layer = change,
                Term::Toll => told.toll = change,
                Term::Intercept | Term::Curvature => {}
            }
        }
        let verdicts = [&told.base, &told.toll].into_iter().flatten();
        let decided = Verdict::gravest(verdicts.filter_map(|change| change.verdict));
        // A side that lost a level passes no gate, whatever the others say.
        told.verdict = if self.error.is_some() {
            Verdict::Missing
        } else {
            decided
        };
        told
    }
}

fn gates(contrast: &Contrast, rules: &Rules) -> Vec<(Term, f64, Evidence)> {
    let gate = |term: &Term| {
        let of_term = contrast.terms.get(term)?;
        let margin = margin(of_term, rules.margin)?;
        Some((
            *term,
            margin,
            rules.gate.evidence(&of_term.difference, margin),
        ))
    };
    GATED.iter().filter_map(gate).collect()
}

/// The margin around what the term costs before.
fn margin(term: &TermContrast, margin: Margin) -> Option<f64> {
    hodges_lehmann(&term.before, CONFIDENCE).map(|before| margin.around(before.estimate))
}

fn change(
    term: &TermContrast,
    gate: &Gate,
    judged: Option<(f64, Evidence, (f64, f64))>,
) -> Option<Change> {
    let told = |values: &[f64]| {
        hodges_lehmann(values, CONFIDENCE).map(|location| rounds::told(location, "us"))
    };
    let (before, difference): (Estimate, Estimate) = (told(&term.before)?, told(&term.difference)?);
    let rounds = term.difference.len();
    let margin = judged.map(|(margin, _, _)| margin);
    Some(Change {
        relative: (before.estimate > 0.0).then(|| difference.estimate / before.estimate),
        detectable: detectable(&term.difference, margin.unwrap_or(0.0), rounds),
        verdict: judged.map(|(_, evidence, p)| verdict(evidence, p, gate, rounds)),
        p_regressed: judged.map(|(_, _, (regressed, _))| regressed),
        p_improved: judged.map(|(_, _, (_, improved))| improved),
        margin,
        after: told(&term.after)?,
        before,
        difference,
    })
}

/// Alarms by the corrected p-values; to clear needs no correction, as each clearing stands for itself.
fn verdict(evidence: Evidence, (above, below): (f64, f64), gate: &Gate, rounds: usize) -> Verdict {
    let corrected = Evidence {
        above,
        below,
        ..evidence
    };
    let last = rounds >= gate.rounds_max();
    corrected.decision(gate.alpha(), gate.alpha(), last).into()
}

/// Why there is nothing to compare: the first failure that there is.
fn missing(sides: [&MeasuredSeries; 2]) -> Failure {
    let failure = |side: &&MeasuredSeries| {
        let of_cells = || {
            let cells = side.instruments.values().flatten();
            cells
                .filter(|cell| cell.slices.is_empty())
                .find_map(|cell| cell.failures.last().cloned())
        };
        side.failure.clone().or_else(of_cells)
    };
    sides.iter().find_map(failure).unwrap_or_else(|| {
        Failure::new(
            Stage::Measure,
            "not-measured",
            "no block has every cell of both sides",
        )
    })
}
