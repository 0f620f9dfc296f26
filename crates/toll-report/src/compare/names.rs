//! What comparisons and their numbers are called in all formats.

use toll_analysis::compare::results::{Change, Comparison, InstrumentComparison};
use toll_core::axes;

use crate::format;

/// What was measured on the second side: the name under which it is followed from run to run.
pub(super) fn benchmark(comparison: &Comparison) -> String {
    let axes = &comparison.after.axes;
    let words = [axes::FRAMEWORK, axes::KIND, axes::WORKLOAD].map(|axis| axes.get(axis));
    words.join(" ")
}

/// The instruments of a comparison, counts last: what users wait for comes first.
pub(super) fn instruments(
    comparison: &Comparison,
) -> impl Iterator<Item = (&str, &InstrumentComparison)> {
    let all = || {
        comparison
            .instruments
            .iter()
            .map(|(name, one)| (name.as_str(), one))
    };
    let timed = all().filter(|(name, _)| *name != "counts");
    timed.chain(all().filter(|(name, _)| *name == "counts"))
}

/// The terms of an instrument that have a change.
pub(super) fn terms(instrument: &InstrumentComparison) -> Vec<(&'static str, &Change)> {
    let terms = [
        ("base", &instrument.base),
        ("first layer", &instrument.first_layer),
        ("toll", &instrument.toll),
    ];
    terms
        .into_iter()
        .filter_map(|(name, change)| Some((name, change.as_ref()?)))
        .collect()
}

/// A difference with its sign.
pub(super) fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{}", format::significant(value.abs()))
}

/// The interval of a difference, or nothing.
pub(super) fn interval(change: &Change) -> String {
    let ends = change.difference.low.zip(change.difference.high);
    ends.filter(|(low, high)| low < high)
        .map(|(low, high)| format!("{} … {}", signed(low), signed(high)))
        .unwrap_or_default()
}

/// The share of a change.
pub(super) fn share(change: &Change) -> String {
    change
        .relative
        .map(|share| format!("{:+.1} %", share * 100.0).replace('-', "−"))
        .unwrap_or_default()
}
