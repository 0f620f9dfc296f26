//! What would a change bring? Today's application and the changed one stood side by side in the same
//! blocks; the whole of both is compared by the gate's rules.

use std::collections::BTreeMap;

use toll_core::audit::{CHANGED, Layer, Removal, WHOLE, cell_of};
use toll_core::failure::Failure;
use toll_core::metric::Metric;
use toll_core::sample::{MeasuredRun, MeasuredSeries};
use toll_stats::gate::{Decision, Gate, Look, detectable};
use toll_stats::location::hodges_lehmann;
use toll_stats::quantile::median;

use super::counted;
use super::results::{LayerAudit, LayerChange, WhatIf};
use crate::blocks::{BlockId, Blocks};
use crate::compare::moved;
use crate::compare::results::{Change, Margin, Verdict};
use crate::gauge::ABLATION;
use crate::rounds::{self, CONFIDENCE};

/// A change of the whole up to this is none: 1 %, or 0.3 µs.
const MARGIN: Margin = Margin {
    relative: 0.01,
    absolute_us: 0.3,
};

/// After so many rounds, and at which level: .010 together. Eight rounds can reach 2⁻⁸ = .0039.
const LOOKS: [(usize, f64); 3] = [(8, 0.004), (12, 0.003), (24, 0.003)];

/// Fewer rounds never decide about a change, whatever they show.
pub const LEAST_ROUNDS: usize = LOOKS[0].0;
/// More rounds are not made for a change.
pub const MOST_ROUNDS: usize = LOOKS[LOOKS.len() - 1].0;

/// What is to be compared with today's application.
#[derive(Debug, Clone)]
pub struct Supposed {
    /// What was changed, in words.
    pub change: String,
    /// What the changed application answers.
    pub answer: Removal,
    /// Where it was measured.
    pub at: Place,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Where a changed application was measured.
#[derive(Debug, Clone)]
pub enum Place {
    /// In today's series, as the cell [`CHANGED`].
    Cell,
    /// In a series of its own, with these layers: in another environment.
    Series {
        /// Its place in the run.
        series: usize,
        /// Its layers, outermost first.
        layers: Vec<Layer>,
    },
}

impl Place {
    /// The place in the run of a series of its own.
    pub fn series(&self) -> Option<usize> {
        match self {
            Self::Cell => None,
            Self::Series { series, .. } => Some(*series),
        }
    }
}

/// Readings of a whole application, µs, by block.
type Readings = BTreeMap<BlockId, f64>;

/// When there is a look.
pub(super) fn gate() -> Gate {
    Gate::new(LOOKS.map(|(rounds, level)| Look { rounds, level }).into())
}

/// Whether the gate has decided about the whole of both sides, or never will.
pub(super) fn is_decided(before: &MeasuredSeries, after: Option<&MeasuredSeries>) -> bool {
    let (before, after) = sides(before, after);
    let contrast = Contrast::of(&before, &after);
    let rounds = contrast.differences.len();
    rounds >= gate().rounds_max()
        || contrast
            .decision(&gate())
            .is_some_and(|decision| gate().is_look(rounds) && decision != Decision::Open)
}

/// What a change comes to.
pub(super) fn judge(
    run: &MeasuredRun,
    today: (&MeasuredSeries, &[LayerAudit]),
    supposed: &Supposed,
) -> WhatIf {
    let (before, layers) = today;
    let nothing = MeasuredSeries::default();
    let apart = match &supposed.at {
        Place::Cell => None,
        Place::Series { series, layers } => {
            Some((run.series.get(*series).unwrap_or(&nothing), layers))
        }
    };
    let after = apart.map(|(series, _)| series);
    let (readings_before, readings_after) = sides(before, after);
    let contrast = Contrast::of(&readings_before, &readings_after);
    let whole = contrast.told();
    WhatIf {
        change: supposed.change.clone(),
        answer: supposed.answer.clone(),
        verdict: whole
            .as_ref()
            .and_then(|whole| whole.verdict)
            .unwrap_or(Verdict::Missing),
        error: whole
            .is_none()
            .then(|| failure(before, after, &supposed.answer))
            .flatten(),
        whole,
        counts: counts(before, after),
        rounds: contrast.differences.len(),
        moved: after.map_or_else(Vec::new, |after| moved(&before.lock, &after.lock)),
        notes: supposed.notes.clone(),
        layers: apart.map_or_else(Vec::new, |(after, known)| changes(layers, after, known)),
    }
}

/// The whole of today's application and of the changed one.
fn sides(before: &MeasuredSeries, after: Option<&MeasuredSeries>) -> (Readings, Readings) {
    let today = readings(before, WHOLE);
    let changed = match after {
        None => readings(before, CHANGED),
        Some(after) => readings(after, WHOLE),
    };
    (today, changed)
}

fn readings(series: &MeasuredSeries, cell: u32) -> Readings {
    let blocks = Blocks::of(series, &ABLATION, 1);
    let found = blocks
        .cells
        .iter()
        .find(|readings| readings.cell.middlewares == cell);
    let by_block = found.into_iter().flat_map(|found| &found.by_block);
    by_block
        .map(|(block, reading)| (*block, reading.cpu_us))
        .collect()
}

/// Both sides, round by round, µs.
struct Contrast {
    before: Vec<f64>,
    after: Vec<f64>,
    differences: Vec<f64>,
}

impl Contrast {
    /// Each block relative to the mean of its two sides, whose drift cancels; the median over a round.
    fn of(before: &Readings, after: &Readings) -> Self {
        let both: Vec<(u32, f64, f64)> = before
            .iter()
            .filter_map(|(block, before)| Some((block.0, *before, *after.get(block)?)))
            .filter(|(_, before, after)| before + after > 0.0)
            .collect();
        let anchors = both
            .iter()
            .map(|(round, before, after)| (*round, f64::midpoint(*before, *after)));
        let reference_us = median(&rounds::medians(anchors)).unwrap_or_default();
        let by_round = |value: fn(f64, f64) -> f64| {
            let relative = both.iter().map(|(round, before, after)| {
                (
                    *round,
                    value(*before, *after) / f64::midpoint(*before, *after),
                )
            });
            let medians = rounds::medians(relative);
            medians.iter().map(|value| value * reference_us).collect()
        };
        Self {
            before: by_round(|before, _| before),
            after: by_round(|_, after| after),
            differences: by_round(|before, after| after - before),
        }
    }

    fn margin(&self) -> Option<f64> {
        let before = hodges_lehmann(&self.before, CONFIDENCE)?;
        Some(MARGIN.around(before.estimate))
    }

    fn decision(&self, gate: &Gate) -> Option<Decision> {
        let last = self.differences.len() >= gate.rounds_max();
        let evidence = gate.evidence(&self.differences, self.margin()?);
        Some(evidence.decision(gate.alpha(), gate.alpha(), last))
    }

    fn told(&self) -> Option<Change> {
        let located = |values: &[f64]| {
            hodges_lehmann(values, CONFIDENCE).map(|location| rounds::told(location, "us"))
        };
        let (before, difference) = (located(&self.before)?, located(&self.differences)?);
        let margin = self.margin()?;
        let rounds = self.differences.len();
        let gate = gate().ended_after(rounds);
        let evidence = gate.evidence(&self.differences, margin);
        Some(Change {
            relative: (before.estimate > 0.0).then(|| difference.estimate / before.estimate),
            detectable: detectable(&self.differences, margin, rounds),
            verdict: self.decision(&gate).map(Verdict::from),
            p_regressed: Some(evidence.above),
            p_improved: Some(evidence.below),
            margin: Some(margin),
            after: located(&self.after)?,
            before,
            difference,
        })
    }
}

/// Why the changed application has no number, where it was to have one.
fn failure(
    before: &MeasuredSeries,
    after: Option<&MeasuredSeries>,
    answer: &Removal,
) -> Option<Failure> {
    if !answer.is_possible() {
        return None;
    }
    let (series, cell) = after.map_or((before, CHANGED), |after| (after, WHOLE));
    let mut cells = series.instruments.values().flatten();
    let of_cell = || {
        cells
            .find(|found| found.middlewares == cell && !found.failures.is_empty())
            .and_then(|found| found.failures.last().cloned())
    };
    series.failure.clone().or_else(of_cell)
}

/// What the changed whole has more than today's, of every count.
fn counts(before: &MeasuredSeries, after: Option<&MeasuredSeries>) -> BTreeMap<String, f64> {
    let today = counted(before);
    let (changed, cell) = match after {
        None => (counted(before), CHANGED),
        Some(after) => (counted(after), WHOLE),
    };
    let (Some(today), Some(changed)) = (today.get(&WHOLE), changed.get(&cell)) else {
        return BTreeMap::new();
    };
    more(changed, today)
}

fn more(counts: &BTreeMap<Metric, f64>, than: &BTreeMap<Metric, f64>) -> BTreeMap<String, f64> {
    let both = counts
        .iter()
        .filter_map(|(metric, value)| Some((metric.name().to_owned(), value - than.get(metric)?)));
    both.collect()
}

/// Every layer before and after; those that only one side has stand alone.
fn changes(before: &[LayerAudit], after: &MeasuredSeries, known: &[Layer]) -> Vec<LayerChange> {
    let costs = super::cost::by_ablation(after);
    let counts = counted(after);
    let mut rest: Vec<(usize, &Layer)> = known.iter().enumerate().collect();
    let mut changes: Vec<LayerChange> = Vec::new();
    for layer in before {
        let same = |(_, other): &(usize, &Layer)| {
            (&other.origin, &other.place) == (&layer.layer.origin, &layer.layer.place)
        };
        let twin = rest.iter().position(same).map(|place| rest.remove(place));
        changes.push(LayerChange {
            name: layer.layer.name.clone(),
            origin: layer.layer.origin.clone(),
            before: layer.ablation.clone(),
            after: twin.and_then(|(place, _)| costs.of.get(&cell_of(place)).cloned()),
            counts_before: layer.counts.clone(),
            counts_after: twin
                .map(|(place, _)| super::added(&counts, cell_of(place)))
                .unwrap_or_default(),
        });
    }
    changes.extend(rest.into_iter().map(|(place, layer)| LayerChange {
        name: layer.name.clone(),
        origin: layer.origin.clone(),
        before: None,
        after: costs.of.get(&cell_of(place)).cloned(),
        counts_before: BTreeMap::new(),
        counts_after: super::added(&counts, cell_of(place)),
    }));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::Synthetic;
    use toll_core::sample::Instrument;

    fn today(changed_us: f64, seed: u64) -> MeasuredSeries {
        let synthetic = Synthetic {
            seed,
            rounds: 12,
            blocks: 16,
            ..Synthetic::default()
        };
        let cells = synthetic.audited(&[(WHOLE, 100.0), (CHANGED, changed_us)]);
        MeasuredSeries {
            instruments: [(Instrument::Ablation, cells)].into_iter().collect(),
            ..MeasuredSeries::default()
        }
    }

    fn supposed() -> Supposed {
        Supposed {
            change: "without GZipMiddleware".to_owned(),
            answer: Removal::Same,
            at: Place::Cell,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_change_is_seen_in_both_directions_and_none_is_cleared() {
        for (changed_us, expected) in [
            (90.0, Verdict::Improved),
            (110.0, Verdict::Regressed),
            (100.0, Verdict::Cleared),
        ] {
            let series = today(changed_us, 3);
            assert!(is_decided(&series, None));
            let run = MeasuredRun::default();
            let told = judge(&run, (&series, &[]), &supposed());
            assert_eq!(told.verdict, expected, "{told:?}");
            let whole = told.whole.unwrap();
            let relative = whole.relative.unwrap();
            assert!((relative - (changed_us / 100.0 - 1.0)).abs() < 0.01);
        }
    }

    #[test]
    fn no_difference_is_seldom_called_one() {
        let alarms = (0..300)
            .filter(|seed| {
                let told = judge(
                    &MeasuredRun::default(),
                    (&today(100.0, *seed), &[]),
                    &supposed(),
                );
                matches!(told.verdict, Verdict::Regressed | Verdict::Improved)
            })
            .count();
        assert!(alarms <= 9, "{alarms} of 300");
    }

    #[test]
    fn what_was_not_measured_is_missing() {
        let told = judge(
            &MeasuredRun::default(),
            (&MeasuredSeries::default(), &[]),
            &supposed(),
        );
        assert_eq!((told.verdict, told.whole), (Verdict::Missing, None));
        assert!(!is_decided(&MeasuredSeries::default(), None));
    }
}
