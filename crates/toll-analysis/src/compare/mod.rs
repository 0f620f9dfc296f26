//! Comparing: two series that were measured side by side, and what changed between them. Pure, like
//! all of the analysis.
//!
//! ```text
//! two series
//!   counted     exact counts: which of them differ
//!   contrast    blocks that both sides have → the difference of each term, round by round
//!   timed       differences → gates (looks, margin) → a verdict for base and toll
//!   words       why, in a sentence
//! ComparisonReport
//! ```
//!
//! **The difference is taken inside the block**, where slices of both sides lie milliseconds apart, and
//! relative to the block's mean; a round's value is the median over its blocks; rounds are the only
//! replicates. See the gate (`toll_stats::gate`) for when measuring ends, and Holm's procedure
//! (`toll_stats::holm`) for several gates in one report: those of base and toll of every comparison.

mod apart;
mod contrast;
mod counted;
pub mod results;
mod sides;
#[cfg(test)]
mod tests;
mod timed;
mod words;

use std::collections::BTreeMap;

use toll_core::sample::{Instrument, MeasuredRun, MeasuredSeries};
use toll_core::settings::Settings;
use toll_stats::gate::Gate;
use toll_stats::holm;

use crate::gauge::{DIRECT, Gauge, LOAD};
use crate::model::Term;
use crate::precision::Precision;
use crate::results::{RunFacts, Shape, ShapeKind, ShapeSource, Tool};
use crate::series;

use results::{
    COMPARE_SCHEMA_VERSION, Comparison, ComparisonReport, InstrumentComparison, Margin,
    ShapeChange, Verdict,
};
pub(crate) use sides::moved;
use timed::Measured;

/// By which rules a change is judged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    /// What is not objected to.
    pub margin: Margin,
    /// When to look, and at which levels.
    pub gate: Gate,
}

/// Two series of a run that are compared, by their places in the plan.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pair {
    /// What the comparison is called.
    pub label: String,
    /// The place and the name of the first side.
    pub before: (usize, String),
    /// The same of the second.
    pub after: (usize, String),
}

/// The instruments that measure time, the one that speaks for a comparison last.
const TIMED: [&Gauge; 2] = [&DIRECT, &LOAD];

/// How far a comparison has come by one instrument, and whether it is done. `family` is the number of
/// gates that are judged together: those of all comparisons of a report.
pub fn standing(
    sides: (&MeasuredSeries, &MeasuredSeries),
    instrument: Instrument,
    settings: &Settings,
    rules: &Rules,
    family: usize,
) -> Precision {
    let Some(gauge) = TIMED.iter().find(|gauge| gauge.instrument == instrument) else {
        return crate::toll_precision(sides.0, instrument, settings);
    };
    let measured = Measured::of(sides, gauge, settings, rules);
    Precision {
        rounds: measured.rounds(),
        half_width: measured.precision(),
        done: measured.is_done(&rules.gate, family),
    }
}

/// The difference of one term, µs, by number of round; none where the sides have no block in common.
pub(crate) fn differences(
    sides: (&MeasuredSeries, &MeasuredSeries),
    gauge: &Gauge,
    term: Term,
    settings: &Settings,
) -> BTreeMap<u32, f64> {
    let Some(mut contrast) = contrast::Contrast::of(sides, gauge, settings) else {
        return BTreeMap::new();
    };
    let of_term = contrast.terms.remove(&term);
    let differences = of_term
        .map(|of_term| of_term.difference)
        .unwrap_or_default();
    contrast.rounds.into_iter().zip(differences).collect()
}

/// The number of gates of so many comparisons that measure time with so many instruments.
pub fn family(comparisons: usize, instruments: &[Instrument]) -> usize {
    let timed = TIMED
        .iter()
        .filter(|gauge| instruments.contains(&gauge.instrument));
    comparisons * timed.count() * timed::GATED.len()
}

/// Judges the pairs of a run.
pub fn compare(run: &MeasuredRun, pairs: &[Pair], rules: &Rules) -> ComparisonReport {
    let nothing = MeasuredSeries::default();
    let side = |place: usize| run.series.get(place).unwrap_or(&nothing);
    let measured: Vec<BTreeMap<Instrument, Measured>> = pairs
        .iter()
        .map(|pair| {
            by_instrument(
                (side(pair.before.0), side(pair.after.0)),
                &run.settings,
                rules,
            )
        })
        .collect();
    let mut corrected = corrected(&measured).into_iter();
    let comparisons: Vec<Comparison> = pairs
        .iter()
        .zip(&measured)
        .map(|(pair, measured)| {
            let sides = (side(pair.before.0), side(pair.after.0));
            let timed = measured.iter().map(|(instrument, measured)| {
                let p: Vec<_> = corrected
                    .by_ref()
                    .take(measured.evidence().count())
                    .collect();
                (
                    instrument.name().to_owned(),
                    measured.told(&rules.gate, p.into_iter()),
                )
            });
            let timed = timed.collect();
            one(pair, sides, timed, &run.settings)
        })
        .collect();
    report(run, rules, comparisons)
}

/// Judges the pairs of a run whose series were measured apart from one another, such as those of two
/// stored runs. Counts are exact wherever they were counted; times are told and not judged, because what
/// lies between two runs (the machine, its neighbours, its temperature) is as large as what is looked for.
pub fn compare_apart(run: &MeasuredRun, pairs: &[Pair], margin: Margin) -> ComparisonReport {
    let nothing = MeasuredSeries::default();
    let side = |place: usize| run.series.get(place).unwrap_or(&nothing);
    let comparison = |pair: &Pair| {
        let sides = (side(pair.before.0), side(pair.after.0));
        let timed = apart::told(sides, &run.settings);
        let told = one(pair, sides, timed, &run.settings);
        // Where both sides were counted, the counts decide.
        let counts = told.instruments.get(Instrument::Counts.name());
        let decided = counts.map(|counts| verdict(&BTreeMap::new(), Some(counts), &told.shape));
        Comparison {
            verdict: decided.unwrap_or(told.verdict),
            ..told
        }
    };
    let comparisons = pairs.iter().map(comparison).collect();
    let rules = Rules {
        margin,
        ..Rules::default()
    };
    report(run, &rules, comparisons)
}

/// What each instrument measured of a pair, in the order of the instruments.
fn by_instrument(
    sides: (&MeasuredSeries, &MeasuredSeries),
    settings: &Settings,
    rules: &Rules,
) -> BTreeMap<Instrument, Measured> {
    let is_asked = |gauge: &&&Gauge| {
        let asked = |side: &MeasuredSeries| side.instruments.contains_key(&gauge.instrument);
        asked(sides.0) || asked(sides.1)
    };
    let measured = |gauge: &&Gauge| {
        (
            gauge.instrument,
            Measured::of(sides, gauge, settings, rules),
        )
    };
    TIMED.iter().filter(is_asked).map(measured).collect()
}

/// The evidence of all gates, corrected for their number: for more, and for less.
fn corrected(measured: &[BTreeMap<Instrument, Measured>]) -> Vec<(f64, f64)> {
    let evidence = measured
        .iter()
        .flat_map(BTreeMap::values)
        .flat_map(Measured::evidence);
    let (above, below): (Vec<f64>, Vec<f64>) = evidence.unzip();
    holm::adjusted(&above)
        .into_iter()
        .zip(holm::adjusted(&below))
        .collect()
}

/// One comparison, from what its instruments say.
fn one(
    pair: &Pair,
    (before, after): (&MeasuredSeries, &MeasuredSeries),
    timed: BTreeMap<String, InstrumentComparison>,
    settings: &Settings,
) -> Comparison {
    let counts = counted::compare((before, after), settings);
    let results = [before, after].map(|side| series::result(side, settings));
    let [shape_before, shape_after] = results.each_ref().map(|result| result.shape.clone());
    let shape = shape_change(shape_before, shape_after);
    // The last instrument that measured time speaks, as it is nearest to what users meet.
    let mut timed = timed;
    let mut counts = counts;
    if is_bent(&shape) {
        // What a straight line takes for a first layer is the bend.
        let all = timed.values_mut().chain(counts.as_mut());
        all.for_each(|one| one.first_layer = None);
    }
    let speaks = [Instrument::Load, Instrument::Direct]
        .iter()
        .find_map(|instrument| timed.get(instrument.name()))
        .or(counts.as_ref())
        .cloned();
    let verdict = verdict(&timed, counts.as_ref(), &shape);
    let mut notes: Vec<String> = before.notes.iter().chain(&after.notes).cloned().collect();
    notes.dedup();
    let [of_before, of_after] = results;
    let mut comparison = Comparison {
        label: pair.label.clone(),
        verdict,
        why: String::new(),
        base: speaks.as_ref().and_then(|one| one.base.clone()),
        first_layer: speaks.as_ref().and_then(|one| one.first_layer.clone()),
        toll: speaks.as_ref().and_then(|one| one.toll.clone()),
        detectable: speaks
            .as_ref()
            .and_then(|one| one.toll.as_ref()?.detectable),
        rounds: speaks.as_ref().map_or(0, |one| one.rounds),
        shape,
        moved: sides::moved(&before.lock, &after.lock),
        before: sides::side(&pair.before.1, before, of_before.findings),
        after: sides::side(&pair.after.1, after, of_after.findings),
        notes,
        instruments: timed,
    };
    if let Some(counts) = counts {
        comparison
            .instruments
            .insert(Instrument::Counts.name().to_owned(), counts);
    }
    comparison.why = words::why(&comparison);
    comparison
}

fn is_bent(shape: &ShapeChange) -> bool {
    [&shape.before, &shape.after]
        .iter()
        .any(|side| side.kind == ShapeKind::Superlinear)
}

/// What was timed decides, and the shape; counts decide where nothing was timed.
fn verdict(
    timed: &BTreeMap<String, InstrumentComparison>,
    counts: Option<&InstrumentComparison>,
    shape: &ShapeChange,
) -> Verdict {
    let by_time: Vec<Verdict> = timed.values().map(|one| one.verdict).collect();
    let counted = counts.map_or(Verdict::Missing, |counts| counts.verdict);
    let measured = if by_time.is_empty() || (counts.is_some() && counted == Verdict::Missing) {
        counted
    } else {
        Verdict::gravest(by_time)
    };
    match (measured, shape.verdict) {
        (Verdict::Missing, _) => Verdict::Missing,
        (_, Some(Verdict::Regressed)) => Verdict::Regressed,
        (Verdict::Cleared | Verdict::Inconclusive, Some(Verdict::Improved)) => Verdict::Improved,
        (measured, _) => measured,
    }
}

/// A line that became superlinear is a regression whatever it costs at the levels that were measured.
/// Only exact counts tell so: a fit has noise, which two fits have twice.
fn shape_change(before: Shape, after: Shape) -> ShapeChange {
    let is_bent = |shape: &Shape| match shape.kind {
        _ if shape.by == ShapeSource::Fit => None,
        ShapeKind::Superlinear => Some(true),
        ShapeKind::Linear | ShapeKind::Flat | ShapeKind::Step => Some(false),
        ShapeKind::Unclear => None,
    };
    let verdict = match (is_bent(&before), is_bent(&after)) {
        (Some(false), Some(true)) => Some(Verdict::Regressed),
        (Some(true), Some(false)) => Some(Verdict::Improved),
        _ => None,
    };
    ShapeChange {
        before,
        after,
        verdict,
    }
}

fn report(run: &MeasuredRun, rules: &Rules, comparisons: Vec<Comparison>) -> ComparisonReport {
    let gravest = comparisons.iter().max_by_key(|one| one.verdict).cloned();
    ComparisonReport {
        schema_version: COMPARE_SCHEMA_VERSION,
        tool: Tool {
            name: "asgi-toll".to_owned(),
            version: run.tool_version.clone(),
        },
        host: run.host.clone(),
        remarks: run.remarks.clone(),
        run: RunFacts::of(run),
        margin: rules.margin,
        verdict: Verdict::gravest(comparisons.iter().map(|one| one.verdict)),
        base: gravest.as_ref().and_then(|one| one.base.clone()),
        toll: gravest.as_ref().and_then(|one| one.toll.clone()),
        shape: gravest.as_ref().map(|one| one.shape.clone()),
        detectable: gravest.as_ref().and_then(|one| one.detectable),
        rounds: gravest.as_ref().map_or(0, |one| one.rounds),
        comparisons,
    }
}
