//! What exact counts say of a comparison: no noise, no margin, no p-values.

use std::collections::BTreeMap;

use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;

use super::results::{Change, CountChange, InstrumentComparison, Verdict};
use crate::counts::{self, HEADLINE};
use crate::results::{Cell, Count, CountToll, Estimate, InstrumentResult};

/// The counts that decide: what Python is called for, and what the event loop has to do. Instructions
/// are told and not judged, as one more `if` is no regression.
const DECISIVE: [Metric; 5] = [
    Metric::PythonCalls,
    Metric::Tasks,
    Metric::LoopCallbacks,
    Metric::ThreadHops,
    Metric::Timers,
];

/// What the counts of both sides say; `None` where one of them was not counted.
pub(super) fn compare(
    (before, after): (&MeasuredSeries, &MeasuredSeries),
    settings: &Settings,
) -> Option<InstrumentComparison> {
    let counted = |side: &MeasuredSeries| {
        let is_counted = !side.cells(Instrument::Counts).is_empty();
        is_counted.then(|| counts::judge(side, settings).result)
    };
    let (before, after) = (counted(before)?, counted(after)?);
    let changes = changes(&before, &after);
    let levels: Vec<u32> = pairs(&before, &after)
        .map(|(one, _)| one.middlewares)
        .collect();
    let error = || {
        let mut cells = before.cells.iter().chain(&after.cells);
        cells.find_map(|cell| cell.error.clone())
    };
    let counted = |side: &InstrumentResult| {
        let cells = side.cells.iter();
        cells.filter(|cell| cell.error.is_none()).count()
    };
    // A level that only one side has passes no gate.
    let lacks = levels.is_empty() || counted(&before).max(counted(&after)) > levels.len();
    Some(InstrumentComparison {
        verdict: if lacks {
            Verdict::Missing
        } else {
            verdict(&changes)
        },
        base: change(before.base.as_ref(), after.base.as_ref(), &changes),
        first_layer: change(
            before.first_layer.as_ref(),
            after.first_layer.as_ref(),
            &changes,
        ),
        toll: change(before.toll.as_ref(), after.toll.as_ref(), &changes),
        rounds: before.rounds.min(after.rounds),
        error: lacks.then(error).flatten(),
        counts: told(changes),
        levels,
    })
}

/// The cells that both sides have counted.
fn pairs<'a>(
    before: &'a InstrumentResult,
    after: &'a InstrumentResult,
) -> impl Iterator<Item = (&'a Cell, &'a Cell)> {
    let counted = |cell: &&Cell| cell.error.is_none();
    before.cells.iter().filter(counted).filter_map(|one| {
        let mut others = after.cells.iter().filter(|cell| cell.error.is_none());
        others
            .find(|other| other.middlewares == one.middlewares)
            .map(|other| (one, other))
    })
}

fn changes(before: &InstrumentResult, after: &InstrumentResult) -> BTreeMap<Metric, CountChange> {
    let exact = Metric::counts().filter(|metric| *metric != Metric::BlockedNs);
    let change = |metric: Metric| {
        let (one, other) = (
            before.counts.get(metric.name())?,
            after.counts.get(metric.name())?,
        );
        let differs = |by: fn(&Count, &Count) -> bool| {
            let count = |cell: &Cell| cell.counts.get(metric.name()).cloned();
            pairs(before, after).any(|(one, other)| {
                count(one)
                    .zip(count(other))
                    .is_some_and(|(one, other)| by(&one, &other))
            })
        };
        Some((metric, count_change(one, other, &differs)))
    };
    exact.filter_map(change).collect()
}

fn count_change(
    before: &CountToll,
    after: &CountToll,
    differs: &dyn Fn(fn(&Count, &Count) -> bool) -> bool,
) -> CountChange {
    CountChange {
        base_before: before.base,
        base_after: after.base,
        toll_before: before.toll,
        toll_after: after.toll,
        rises: differs(|before, after| after.low > before.high),
        falls: differs(|before, after| after.high < before.low),
    }
}

/// Dearer where something that decides rises and nothing falls; where some rise and others fall, counts
/// cannot tell what weighs more.
fn verdict(changes: &BTreeMap<Metric, CountChange>) -> Verdict {
    let decisive = || DECISIVE.iter().filter_map(|metric| changes.get(metric));
    match (
        decisive().any(|change| change.rises),
        decisive().any(|change| change.falls),
    ) {
        (false, false) => Verdict::Cleared,
        (true, false) => Verdict::Regressed,
        (false, true) => Verdict::Improved,
        (true, true) => Verdict::Inconclusive,
    }
}

/// The headline, and whatever changed.
fn told(changes: BTreeMap<Metric, CountChange>) -> BTreeMap<String, CountChange> {
    let worth =
        |metric: &Metric, change: &CountChange| *metric == HEADLINE || change.rises || change.falls;
    let told = changes
        .into_iter()
        .filter(|(metric, change)| worth(metric, change));
    told.map(|(metric, change)| (metric.name().to_owned(), change))
        .collect()
}

/// A change of calls. Where a count did not repeat, its ends tell whether it changed.
fn change(
    before: Option<&Estimate>,
    after: Option<&Estimate>,
    changes: &BTreeMap<Metric, CountChange>,
) -> Option<Change> {
    let (before, after) = (before?.clone(), after?.clone());
    let is_exact = before.confidence >= 1.0 && after.confidence >= 1.0;
    let difference = after.estimate - before.estimate;
    let end = is_exact.then_some(difference);
    let moved = changes
        .get(&HEADLINE)
        .is_some_and(|change| change.rises || change.falls);
    Some(Change {
        difference: Estimate {
            estimate: if is_exact || moved { difference } else { 0.0 },
            low: end,
            high: end,
            confidence: if is_exact { 1.0 } else { 0.0 },
            unit: before.unit.clone(),
        },
        relative: (before.estimate > 0.0).then(|| difference / before.estimate),
        margin: None,
        detectable: is_exact.then_some(1.0),
        verdict: None,
        p_regressed: None,
        p_improved: None,
        before,
        after,
    })
}
