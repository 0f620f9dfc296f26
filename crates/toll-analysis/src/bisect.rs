//! Looking for the release that changed a cost: what is compared of two releases, and how a range is
//! narrowed. Pure.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;
use toll_stats::gate::{Decision, Gate, Look};

use crate::compare::results::{Change, Comparison, ShapeChange, Verdict};
use crate::counts;
use crate::gauge::{DIRECT, LOAD};
use crate::model::Term;
use crate::results::{CountToll, ShapeKind};

/// Version of `bisect.json`.
pub const BISECT_SCHEMA_VERSION: u32 = 1;

/// The counts by which releases are told apart.
const TELLING: [Metric; 4] = [
    Metric::PythonCalls,
    Metric::Tasks,
    Metric::LoopCallbacks,
    Metric::ThreadHops,
];

/// Less than one event is no step, whatever share of a small number it is.
const LEAST_EVENTS: f64 = 1.0;

/// What a release does in one request, in exact counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Footprint {
    /// Counts without middlewares, by name.
    pub base: BTreeMap<String, f64>,
    /// Counts that one more layer adds, by name.
    pub toll: BTreeMap<String, f64>,
    /// How they grow.
    pub shape: ShapeKind,
}

/// Where two footprints differ most.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    /// Whether it is a count of a layer, and not of the base.
    pub in_toll: bool,
    /// The count.
    pub count: String,
}

impl Footprint {
    /// What was counted of a series; `None` where nothing was.
    pub fn of(series: &MeasuredSeries, settings: &Settings) -> Option<Self> {
        if series.cells(Instrument::Counts).is_empty() {
            return None;
        }
        let counted = counts::judge(series, settings).result;
        let values = |value: fn(&CountToll) -> Option<f64>| {
            let of = |metric: &Metric| {
                let told = counted.counts.get(metric.name())?;
                Some((metric.name().to_owned(), value(told)?))
            };
            TELLING.iter().filter_map(of).collect::<BTreeMap<_, _>>()
        };
        let (base, toll) = (values(|told| told.base), values(|told| told.toll));
        (!base.is_empty() && !toll.is_empty()).then_some(Self {
            base,
            toll,
            shape: counted.shape.kind,
        })
    }

    /// The value of a count.
    pub fn value(&self, lead: &Lead) -> Option<f64> {
        let counts = if lead.in_toll { &self.toll } else { &self.base };
        counts.get(&lead.count).copied()
    }

    /// Where another footprint differs most, by more than `margin` of what it is here; those of layers
    /// before those of the base. `None` where nothing differs by so much.
    pub fn lead(&self, other: &Self, margin: f64) -> Option<Lead> {
        let leads = |in_toll: bool| {
            TELLING.iter().map(move |metric| Lead {
                in_toll,
                count: metric.name().to_owned(),
            })
        };
        let furthest = |in_toll: bool| {
            leads(in_toll)
                .filter_map(|lead| Some((self.distance(other, &lead, margin)?, lead)))
                .max_by(|(one, _), (other, _)| one.total_cmp(other))
                .map(|(_, lead)| lead)
        };
        furthest(true).or_else(|| furthest(false))
    }

    /// Whether a count differs by more than `margin` of what it is here.
    pub fn differs_in(&self, other: &Self, lead: &Lead, margin: f64) -> bool {
        self.distance(other, lead, margin).is_some()
    }

    /// How far a count differs, as the logarithm of the ratio; `None` within the margin.
    fn distance(&self, other: &Self, lead: &Lead, margin: f64) -> Option<f64> {
        let (here, there) = (self.value(lead)?, other.value(lead)?);
        let allowed = (margin * here.abs()).max(LEAST_EVENTS);
        ((there - here).abs() >= allowed).then(|| ((there + 1.0) / (here + 1.0)).abs().ln().abs())
    }
}

/// In which half of a range the step lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Between the lower end and the middle.
    Lower,
    /// Between the middle and the upper end.
    Upper,
}

impl Half {
    /// The half with the larger change of a count.
    pub fn of(low: f64, middle: f64, high: f64) -> Self {
        if (middle - low).abs() >= (high - middle).abs() {
            Self::Lower
        } else {
            Self::Upper
        }
    }
}

/// Narrows a range to two places next to each other, but for those that cannot be measured. `half`
/// is asked for the half in which the step lies, and answers `None` where the middle cannot be measured.
///
/// # Errors
/// Those of `half`.
pub fn narrow<E>(
    (mut low, mut high): (usize, usize),
    mut half: impl FnMut(usize, usize, usize) -> Result<Option<Half>, E>,
) -> Result<(usize, usize), E> {
    loop {
        let mut found = None;
        for middle in from_the_middle(low, high) {
            if let Some(half) = half(low, middle, high)? {
                found = Some((middle, half));
                break;
            }
        }
        match found {
            None => return Ok((low, high)),
            Some((middle, Half::Lower)) => high = middle,
            Some((middle, Half::Upper)) => low = middle,
        }
    }
}

/// The places between two, those nearest to the middle first.
fn from_the_middle(low: usize, high: usize) -> Vec<usize> {
    let middle = usize::midpoint(low, high);
    let mut places: Vec<usize> = (low + 1..high).collect();
    places.sort_by_key(|place| place.abs_diff(middle));
    places
}

/// A gate for large steps: a bisection asks often, and what it asks about is known to be there.
fn steps_gate() -> Gate {
    let looks = [(8, 0.004), (12, 0.003), (20, 0.003)];
    Gate::new(looks.map(|(rounds, level)| Look { rounds, level }).into())
}

/// The most rounds that one question of a bisection takes.
pub fn rounds_max() -> usize {
    steps_gate().rounds_max()
}

/// What was measured of a release between two ends, side by side with both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Between {
    /// Rounds so far.
    pub rounds: usize,
    /// The half in which the step lies, as far as it looks now.
    pub half: Option<Half>,
    /// Whether that is decided, or no further round would be made.
    pub done: bool,
}

/// In which half of a range the step of a term lies, by time. `toll` says which term: that of a layer, or
/// the base. In each round the middle is held against the mean of both ends.
pub fn between(
    [low, middle, high]: [&MeasuredSeries; 3],
    toll: bool,
    instrument: Instrument,
    settings: &Settings,
) -> Between {
    let term = if toll { Term::Toll } else { Term::Base };
    let gauge = if instrument == Instrument::Load {
        &LOAD
    } else {
        &DIRECT
    };
    let differences = |sides| crate::compare::differences(sides, gauge, term, settings);
    let lower = differences((low, middle));
    let upper = differences((middle, high));
    // Positive where the lower half holds more of the change than the upper one.
    let both: Vec<(f64, f64)> = lower
        .iter()
        .filter_map(|(round, lower)| Some((*lower, *upper.get(round)?)))
        .collect();
    let whole: f64 = both.iter().map(|(lower, upper)| lower + upper).sum();
    let surplus: Vec<f64> = both
        .iter()
        .map(|(lower, upper)| (lower - upper) * whole.signum())
        .collect();
    let gate = steps_gate();
    let evidence = gate.evidence(&surplus, 0.0);
    let decision = evidence.decision(gate.alpha(), 0.0, false);
    let decided = match decision {
        Decision::Above => Some(Half::Lower),
        Decision::Below => Some(Half::Upper),
        Decision::Within | Decision::Open => None,
    };
    let lean = toll_stats::location::hodges_lehmann(&surplus, 0.95).map(|lean| {
        if lean.estimate >= 0.0 {
            Half::Lower
        } else {
            Half::Upper
        }
    });
    let rounds = surplus.len();
    Between {
        rounds,
        half: decided.or(lean),
        done: rounds >= gate.rounds_max() || (gate.is_look(rounds) && decided.is_some()),
    }
}

/// Whether costs went up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Up.
    Slower,
    /// Down.
    Faster,
}

/// A release that has no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// The release.
    pub version: String,
    /// A stable word: `install-failed`, `not-built`, `layers-dropped` …
    pub code: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// A release and what it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probed {
    /// The release.
    pub version: String,
    /// Its counts.
    pub footprint: Footprint,
    /// The day as of which its companions were resolved, where they could not be those of the others.
    pub as_of: Option<String>,
}

/// One distribution that was swapped by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Swapped {
    /// The distribution.
    pub distribution: String,
    /// Its version before.
    pub before: String,
    /// Its version after.
    pub after: String,
    /// Whether it alone makes the step; absent where that could not be measured.
    pub makes_the_step: Option<bool>,
}

/// A function whose calls changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionChange {
    /// Its file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The line on which it begins after the step, or before where it is gone.
    pub line: u32,
    /// Calls in one request before.
    pub calls_before: i64,
    /// Calls after.
    pub calls_after: i64,
}

/// A file that changed between the two releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// Its path inside the distribution.
    pub file: String,
    /// By how many calls of one request its functions differ: what ranks it.
    pub calls_changed: i64,
    /// Lines that are new.
    pub added: usize,
    /// Lines that are gone.
    pub removed: usize,
    /// The difference, as far as it is short enough to be read.
    pub diff: String,
}

/// What changed in the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mechanism {
    /// Layers through which the request went whose calls were told.
    pub middlewares: u32,
    /// Functions whose calls changed most.
    pub functions: Vec<FunctionChange>,
    /// Files that changed, those first whose functions are called differently.
    pub files: Vec<FileChange>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The last release before it.
    pub last_before: String,
    /// The first release after it.
    pub first_after: String,
    /// Up or down.
    pub direction: Direction,
    /// Whether comparing the two releases by themselves showed the step again.
    pub confirmed: bool,
    /// *a* on both sides.
    pub base: Option<Change>,
    /// *b* on both sides.
    pub toll: Option<Change>,
    /// How the cost grows on both sides.
    pub shape: Option<ShapeChange>,
    /// The distribution that makes the step.
    pub culprit: Option<String>,
    /// What was swapped to find that out.
    pub swapped: Vec<Swapped>,
    /// The whole comparison of the two releases.
    pub comparison: Comparison,
    /// What changed in the code.
    pub mechanism: Mechanism,
    /// Releases between the two that have no number.
    pub skipped_between: Vec<String>,
}

/// The whole of `bisect.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bisection {
    /// Version of this format.
    pub schema_version: u32,
    /// Version of the tool.
    pub tool_version: String,
    /// The distribution.
    pub distribution: String,
    /// The end that was called good.
    pub good: String,
    /// The end that was called bad.
    pub bad: String,
    /// What carries the layers.
    pub subject: String,
    /// Releases in the range, both ends included.
    pub releases: usize,
    /// The Python.
    pub python: String,
    /// What the steps were told by: `counts`, `direct`, `load`.
    pub by: String,
    /// The answer in a sentence.
    pub answer: String,
    /// The steps, in the order of the releases; none where nothing changed.
    pub steps: Vec<Step>,
    /// Releases that have no number.
    pub skipped: Vec<Skipped>,
    /// Releases that were counted, in their order.
    pub probed: Vec<Probed>,
    /// Distributions that were held still.
    pub held: Vec<String>,
    /// Seconds of wall time.
    pub wall_s: f64,
}

/// Whether the cost went up or down in a step: by the count that tells it, else by the first of toll and
/// base whose gate has decided; `None` where neither tells.
pub fn direction(
    comparison: &Comparison,
    lead: Option<&Lead>,
    [before, after]: [&Footprint; 2],
) -> Option<Direction> {
    let by_counts = lead.and_then(|lead| Some(after.value(lead)? - before.value(lead)?));
    let decided =
        |change: &&Change| matches!(change.verdict, Some(Verdict::Regressed | Verdict::Improved));
    let by_time = || {
        let terms = [&comparison.toll, &comparison.base];
        let change = terms.into_iter().flatten().find(decided);
        change.map(|change| change.difference.estimate)
    };
    let change = by_counts.filter(|change| *change != 0.0).or_else(by_time)?;
    Some(if change < 0.0 {
        Direction::Faster
    } else {
        Direction::Slower
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::synthetic::Synthetic;

    fn footprint(calls: f64, base: f64, tasks: f64) -> Footprint {
        let named = |calls: f64, tasks: f64| {
            [
                ("python_calls".to_owned(), calls),
                ("tasks".to_owned(), tasks),
            ]
            .into_iter()
            .collect()
        };
        Footprint {
            base: named(base, 0.0),
            toll: named(calls, tasks),
            shape: ShapeKind::Linear,
        }
    }

    #[test]
    fn the_lead_is_where_footprints_differ_most() {
        let before = footprint(363.0, 36.0, 2.0);
        assert_eq!(before.lead(&before, 0.03), None);
        assert_eq!(before.lead(&footprint(364.0, 36.0, 2.0), 0.03), None);
        let lead = before.lead(&footprint(870.0, 36.0, 8.0), 0.03).unwrap();
        assert_eq!((lead.in_toll, lead.count.as_str()), (true, "tasks"));
        let lead = before.lead(&footprint(363.0, 40.0, 2.0), 0.03).unwrap();
        assert_eq!((lead.in_toll, lead.count.as_str()), (false, "python_calls"));
    }

    proptest! {
        #[test]
        fn a_single_step_is_found_whatever_is_skipped(
            length in 2_usize..200,
            step in any::<prop::sample::Index>(),
            broken in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let step = 1 + step.index(length - 1);
            let broken: Vec<usize> = broken.iter().map(|one| one.index(length)).filter(|one| *one > 0 && *one < length - 1).collect();
            let value = |place: usize| if place < step { 1.0 } else { 2.0 };
            let mut asked = 0;
            let (low, high) = narrow((0, length - 1), |low, middle, high| {
                asked += 1;
                Ok::<_, ()>((!broken.contains(&middle)).then(|| Half::of(value(low), value(middle), value(high))))
            }).unwrap();
            prop_assert!(low < step && step <= high);
            prop_assert!((low + 1..high).all(|between| broken.contains(&between)));
            prop_assert!(asked <= 10 + broken.len() * 10);
        }
    }

    #[test]
    fn the_half_is_told_by_time() {
        let at = |toll_us: f64| Synthetic {
            toll_us,
            rounds: 12,
            levels: vec![0, 1, 5, 10],
            ..Synthetic::default()
        };
        let settings = Settings::default();
        let told = |middle: f64| {
            let [low, mid] = at(5.0).beside(&at(middle));
            let [_, high] = at(5.0).beside(&at(8.0));
            between([&low, &mid, &high], true, Instrument::Direct, &settings)
        };
        let found = told(8.0);
        assert_eq!((found.half, found.done), (Some(Half::Lower), true));
        assert_eq!(told(5.0).half, Some(Half::Upper));
    }
}
