//! `github-action-benchmark.json`: `customSmallerIsBetter` of github-action-benchmark, what the second side
//! costs. That tool divides by the value before, so only what lies well above zero is told: whole requests.

use serde::Serialize;
use toll_analysis::compare::results::{ComparisonReport, InstrumentComparison};
use toll_analysis::results::Estimate;

use super::names;

/// One value.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    name: String,
    unit: String,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// The values.
pub(super) fn render(report: &ComparisonReport) -> Vec<Entry> {
    let mut entries = Vec::new();
    for comparison in &report.comparisons {
        for (name, instrument) in names::instruments(comparison) {
            let name = format!("{} ({name})", names::benchmark(comparison));
            let extra = format!("{}: {}", comparison.verdict.name(), comparison.label);
            entries.extend(of(&name, instrument, &extra));
        }
    }
    entries
}

/// A request without layers, and one with as many as were measured.
fn of(name: &str, instrument: &InstrumentComparison, extra: &str) -> Vec<Entry> {
    let Some(base) = instrument.base.as_ref().map(|change| &change.after) else {
        return Vec::new();
    };
    let entry = |what: String, value: f64, range: Option<String>| Entry {
        name: format!("{name} {what}"),
        unit: base.unit.clone(),
        value,
        range,
        extra: extra.to_owned(),
    };
    let mut entries = vec![entry("base".to_owned(), base.estimate, range(base))];
    if let (Some(toll), Some(most)) = (&instrument.toll, instrument.levels.last()) {
        let first = instrument
            .first_layer
            .as_ref()
            .map_or(0.0, |change| change.after.estimate);
        let whole = base.estimate + first + toll.after.estimate * f64::from(*most);
        entries.push(entry(format!("with {most} layers"), whole, None));
    }
    entries.retain(|entry| entry.value > 0.0);
    entries
}

fn range(estimate: &Estimate) -> Option<String> {
    let (low, high) = estimate.low.zip(estimate.high)?;
    (low < high).then(|| format!("± {:.3}", (high - low) / 2.0))
}
