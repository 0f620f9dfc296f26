//! Times of two series that were not measured side by side: told, never judged.

use std::collections::BTreeMap;

use toll_core::sample::MeasuredSeries;
use toll_core::settings::Settings;

use super::TIMED;
use super::results::{Change, InstrumentComparison, Verdict};
use crate::method;
use crate::results::{Estimate, InstrumentResult};

/// What each instrument that both were timed with says.
pub(super) fn told(
    (before, after): (&MeasuredSeries, &MeasuredSeries),
    settings: &Settings,
) -> BTreeMap<String, InstrumentComparison> {
    let instruments = TIMED.iter().map(|gauge| gauge.instrument);
    let both = instruments.filter(|instrument| {
        let timed = |side: &MeasuredSeries| !side.cells(*instrument).is_empty();
        timed(before) && timed(after)
    });
    both.filter_map(|instrument| {
        let method = method::of(instrument)?;
        let result = |side| (method.judge)(side, settings).result;
        Some((
            instrument.name().to_owned(),
            beside(&result(before), &result(after)),
        ))
    })
    .collect()
}

fn beside(before: &InstrumentResult, after: &InstrumentResult) -> InstrumentComparison {
    let levels = |result: &InstrumentResult| {
        let cells = result.cells.iter().filter(|cell| cell.error.is_none());
        cells.map(|cell| cell.middlewares).collect::<Vec<u32>>()
    };
    let others = levels(after);
    InstrumentComparison {
        verdict: Verdict::Inconclusive,
        base: change(before.base.as_ref(), after.base.as_ref()),
        first_layer: change(before.first_layer.as_ref(), after.first_layer.as_ref()),
        toll: change(before.toll.as_ref(), after.toll.as_ref()),
        levels: levels(before)
            .into_iter()
            .filter(|level| others.contains(level))
            .collect(),
        rounds: before.rounds.min(after.rounds),
        counts: BTreeMap::new(),
        error: None,
    }
}

/// A difference without an interval: there is none that would be honest.
fn change(before: Option<&Estimate>, after: Option<&Estimate>) -> Option<Change> {
    let (before, after) = (before?.clone(), after?.clone());
    let difference = after.estimate - before.estimate;
    Some(Change {
        difference: Estimate {
            estimate: difference,
            low: None,
            high: None,
            confidence: 0.0,
            unit: before.unit.clone(),
        },
        relative: (before.estimate > 0.0).then(|| difference / before.estimate),
        margin: None,
        detectable: None,
        verdict: None,
        p_regressed: None,
        p_improved: None,
        before,
        after,
    })
}
