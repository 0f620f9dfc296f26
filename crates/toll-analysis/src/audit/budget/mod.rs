//! An application's tolls held against a budget that was saved before. Pure.
//!
//! ```text
//! asked + budget
//!   matched     which layer is which of the budget's, by origin and order of occurrence
//!   hindrance   why times cannot be judged at all: another Python, another event loop, another answer
//!   counted     exact counts: more or fewer than the budget's
//!   paced       tolls round by round as multiples of the reference that was read beside them
//!   timed       differences to what is allowed → gates → verdicts
//!   words       why, in a sentence
//! BudgetAudit
//! ```
//!
//! **Times of another day are held against those of today through the reference**, a fixed piece of Python
//! that was read in the same rounds then and is now: allowed = saved × reference now / reference then.
//! Each round is divided by its own reference, so that the speed of the machine, which drifts, is in
//! neither, and what the reference itself varies is in the intervals.

mod counted;
mod hindrance;
mod made;
mod matched;
mod paced;
pub mod results;
#[cfg(test)]
mod tests;
mod timed;
mod words;

use toll_core::budget::{Budget, LayerBudget, RequestBudget, TollBudget};
use toll_core::sample::{Instrument, MeasuredRun, MeasuredSeries};
use toll_core::settings::Settings;
use toll_stats::gate::{Gate, Look};

pub use made::{budget, processor};

use super::Asked;
use super::results::{AuditReport, LayerAudit, RequestAudit};
use crate::compare::Rules;
use crate::compare::results::{Margin, Verdict};
use crate::precision::Precision;
use counted::Counted;
use paced::{Of, Paced};
use results::{BudgetAudit, BudgetToll};
use timed::{Judged, Timed};

/// After how many rounds to look, and at which level: .010 together. Eight rounds can reach 2⁻⁸ = .0039, so
/// the first look can clear (each clearing stands for itself) and can raise an alarm where one toll is
/// judged; fourteen rounds can reach 2⁻¹⁴, enough beside 49 others by Holm's procedure.
const LOOKS: [(usize, f64); 3] = [(8, 0.004), (14, 0.003), (24, 0.003)];

/// Rounds that a budget is to have: more than an interval needs, because its width is in every later margin.
const ROUNDS_TO_SAVE: u32 = 12;

/// Rounds of an instrument that decides nothing: as many as an interval needs.
const ROUNDS_TO_TELL: usize = 6;

/// Fresh processes in which counts are taken. What differs from process to process must be seen, else it
/// would look like a change.
const COUNT_ROUNDS: u32 = 4;

/// The rules by which a budget is judged.
pub fn rules(margin: Margin) -> Rules {
    let looks = LOOKS.map(|(rounds, level)| Look { rounds, level });
    Rules {
        margin,
        gate: Gate::new(looks.into()),
    }
}

/// What an audit measures more where a budget is judged or saved.
pub fn measure_more(settings: &mut Settings, saves: bool) {
    settings.count_rounds = COUNT_ROUNDS;
    settings.rounds_max = LOOKS[LOOKS.len() - 1].0 as u32;
    if saves {
        settings.rounds_min = ROUNDS_TO_SAVE;
    }
}

/// Where and how an application is measured now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// Full version of Python.
    pub python: String,
    /// Which Python, such as `CPython`.
    pub implementation: String,
    /// `asyncio` or `uvloop`.
    pub event_loop: String,
    /// The processor, as [`processor`] names it.
    pub processor: String,
}

/// A budget, and how an application is held against it.
#[derive(Debug, Clone)]
pub struct Against {
    /// The budget.
    pub budget: Budget,
    /// What is measured now.
    pub conditions: Conditions,
    /// Margin and looks.
    pub rules: Rules,
}

/// One request, and what the budget has of it.
struct Case<'a> {
    asked: &'a Asked,
    saved: &'a RequestBudget,
    /// For each layer that there is, the budget's.
    layers: Vec<Option<&'a LayerBudget>>,
    /// Why nothing can be judged, if nothing can.
    hindrance: Option<String>,
    /// Why times cannot be judged, if they cannot.
    times_hindrance: Option<String>,
}

impl Against {
    fn case<'a>(&'a self, asked: &'a Asked) -> Option<Case<'a>> {
        let saved = self.budget.request(&asked.request)?;
        Some(Case {
            layers: matched::layers(&asked.layers, &saved.layers),
            hindrance: hindrance::of_all(self, saved, asked),
            times_hindrance: hindrance::of_times(self),
            asked,
            saved,
        })
    }
}

impl Case<'_> {
    /// Everything whose time has a gate: the layers that both have, and the total.
    fn gated(&self) -> Vec<Of> {
        if self.hindrance.is_some() || self.times_hindrance.is_some() {
            return Vec::new();
        }
        let layers = self.layers.iter().enumerate();
        let layers = layers
            .filter(|(_, saved)| saved.is_some_and(|saved| saved.toll().is_some()))
            .map(|(place, _)| Of::Layer(place));
        layers.chain([Of::Total]).collect()
    }

    /// What the budget has of it.
    fn saved(&self, of: Of) -> Option<TollBudget> {
        match of {
            Of::Layer(place) => self.layers[place]?.toll(),
            Of::Total => Some(self.saved.total),
        }
    }

    /// A toll round by round, beside what is allowed; nothing where it was not measured in the same way.
    fn timed(&self, of: Of, paced: &[Paced], against: &Against) -> Option<Timed> {
        let saved = self.saved(of)?;
        let paced = paced.iter().find(|paced| paced.by == saved.by)?;
        let reference_us = *self.saved.reference_us.get(&saved.by)?;
        Timed::of((paced, of), (saved, reference_us), against)
    }
}

/// How many gates are judged together.
pub fn family(asked: &[Asked], against: &Against) -> usize {
    let cases = asked.iter().filter_map(|asked| against.case(asked));
    cases.map(|case| case.gated().len()).sum()
}

/// How far one instrument of an audit has come that is saved, or held against a budget; and whether every toll that
/// it is to tell is decided. `family` is the number of gates that are judged together.
pub fn standing(
    (series, instrument): (&MeasuredSeries, Instrument),
    asked: &Asked,
    (settings, against): (&Settings, Option<&Against>),
    family: usize,
) -> Precision {
    let plain = super::precision(series, None, instrument, settings);
    let timed = against.map_or_else(Vec::new, |against| {
        gates(series, instrument, asked, against)
    });
    let is_known = settings.rounds_min < ROUNDS_TO_SAVE || plain.done;
    let decided = |against: &Against| {
        let gate = &against.rules.gate;
        gate.is_look(plain.rounds) && timed.iter().all(|timed| timed.is_decided(gate, family))
    };
    let done = match (instrument, against) {
        (_, Some(against)) if !timed.is_empty() => is_known && decided(against),
        (Instrument::Ablation, _) => plain.rounds >= ROUNDS_TO_TELL,
        _ => plain.done,
    };
    Precision { done, ..plain }
}

/// The tolls of a request that one instrument decides.
fn gates(
    series: &MeasuredSeries,
    instrument: Instrument,
    asked: &Asked,
    against: &Against,
) -> Vec<Timed> {
    let Some((case, paced)) = against.case(asked).zip(Paced::of(series, instrument)) else {
        return Vec::new();
    };
    let paced = [paced];
    let gated = case.gated().into_iter();
    gated
        .filter_map(|of| case.timed(of, &paced, against))
        .collect()
}

/// Judges every request of a report against a budget, and puts into each what comes of it.
pub fn judge(run: &MeasuredRun, asked: &[Asked], report: &mut AuditReport, against: &Against) {
    let cases: Vec<Option<Case<'_>>> = asked.iter().map(|asked| against.case(asked)).collect();
    let nothing = MeasuredSeries::default();
    let series = |place: Option<usize>| {
        let known = place.and_then(|place| run.series.get(place));
        known.unwrap_or(&nothing)
    };
    let timed = |case: &Option<Case<'_>>| -> Vec<(Of, Timed)> {
        let Some(case) = case else { return Vec::new() };
        let paced = paced::both(series(case.asked.variants), series(case.asked.borders));
        let timed = |of: Of| Some((of, case.timed(of, &paced, against)?));
        case.gated().into_iter().filter_map(timed).collect()
    };
    let measured: Vec<Vec<(Of, Timed)>> = cases.iter().map(timed).collect();
    let mut judged = timed::judged(measured).into_iter();
    for ((case, request), asked) in cases.iter().zip(&mut report.requests).zip(asked) {
        let judged = judged.next().unwrap_or_default();
        request.budget = Some(match case {
            Some(case) => {
                let counted = Counted::of(series(asked.variants));
                told((case, request), (&judged, &counted), against)
            }
            None => words::unknown(&asked.request, against),
        });
    }
}

/// One request as it is told.
fn told(
    (case, request): (&Case<'_>, &RequestAudit),
    (judged, counted): (&[(Of, Judged)], &Counted),
    against: &Against,
) -> BudgetAudit {
    let of_time = |of: Of| {
        judged
            .iter()
            .find(|(found, _)| *found == of)
            .map(|(_, judged)| judged)
    };
    let layers: Vec<BudgetToll> = request
        .layers
        .iter()
        .map(|layer| {
            let of = Of::Layer(layer.position);
            of_layer((case, layer), of_time(of), counted)
        })
        .collect();
    let total = BudgetToll {
        name: "all layers".to_owned(),
        ..of_toll(case, case.saved(Of::Total), of_time(Of::Total))
    };
    let verdicts = layers.iter().chain([&total]).map(|one| one.verdict);
    let verdict = Verdict::gravest(verdicts.filter(|verdict| *verdict != Verdict::Missing));
    let pace = judged.first().map(|(_, judged)| judged.pace());
    BudgetAudit {
        against: words::against(&against.budget),
        notes: words::notes(case, pace, against),
        pace,
        gone: matched::gone(&case.asked.layers, &case.saved.layers),
        margin: against.rules.margin,
        verdict,
        layers,
        total: Some(total),
    }
}

/// A toll by the clock alone.
fn of_toll(case: &Case<'_>, saved: Option<TollBudget>, judged: Option<&Judged>) -> BudgetToll {
    let hindrance = case.hindrance.as_ref().or(case.times_hindrance.as_ref());
    let by_time = judged.map(|judged| judged.verdict);
    let verdict = by_time.unwrap_or(if saved.is_some() {
        Verdict::Inconclusive
    } else {
        Verdict::Missing
    });
    BudgetToll {
        saved_us: saved.map(|saved| saved.toll_us),
        verdict,
        why: match judged {
            Some(judged) => words::by_time(judged),
            None if hindrance.is_some() => String::new(),
            None => words::no_time(saved.is_some()),
        },
        ..judged.map(Judged::told).unwrap_or_default()
    }
}

/// A layer: by exact counts, which are certain, and by the clock.
fn of_layer(
    (case, layer): (&Case<'_>, &LayerAudit),
    judged: Option<&Judged>,
    counted: &Counted,
) -> BudgetToll {
    let named = |toll: BudgetToll| BudgetToll {
        name: layer.layer.name.clone(),
        position: Some(layer.position),
        ..toll
    };
    let Some(saved) = case.layers[layer.position] else {
        return named(words::new_layer(layer));
    };
    let by_time = of_toll(case, saved.toll(), judged);
    let counts = case
        .hindrance
        .is_none()
        .then(|| counted.changes(layer.position, saved))
        .flatten()
        .unwrap_or_default();
    let sentences = [
        words::counts(&counts),
        by_time.why.clone(),
        words::version(&layer.layer, saved),
    ];
    named(BudgetToll {
        verdict: verdict(&counts, by_time.verdict),
        why: words::joined(&sentences),
        counts,
        ..by_time
    })
}

/// More by counts is dearer whatever the clock says; fewer is cheaper unless the clock says that it is dearer;
/// where some counts rise and others fall the clock decides.
fn verdict(counts: &counted::Changes, by_time: Verdict) -> Verdict {
    let rises = counts.values().any(|change| change.rises);
    let falls = counts.values().any(|change| change.falls);
    match (rises, falls) {
        (true, false) => Verdict::Regressed,
        (false, true) if by_time != Verdict::Regressed => Verdict::Improved,
        _ => by_time,
    }
}
