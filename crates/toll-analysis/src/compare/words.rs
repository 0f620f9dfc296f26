//! Why a verdict is what it is, in a sentence or two.

use toll_core::metric::Metric;

use super::results::{Change, Comparison, CountChange, InstrumentComparison, Verdict};
use crate::results::Estimate;

/// The counts that sentences tell; all that changed are in the result.
const SAID: [Metric; 6] = [
    Metric::PythonCalls,
    Metric::Tasks,
    Metric::LoopCallbacks,
    Metric::ThreadHops,
    Metric::Timers,
    Metric::Instructions,
];

/// The sentences.
pub(super) fn why(comparison: &Comparison) -> String {
    let mut sentences = Vec::new();
    if comparison.verdict == Verdict::Missing {
        sentences.push(missing(comparison));
    }
    if comparison.shape.verdict.is_some() {
        sentences.push(shape(comparison));
    }
    for (name, instrument) in comparison
        .instruments
        .iter()
        .filter(|(name, _)| *name != "counts")
    {
        sentences.extend(timed(name, instrument));
    }
    sentences.extend(comparison.instruments.get("counts").map(counts));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

fn missing(comparison: &Comparison) -> String {
    let mut errors = comparison.instruments.values();
    let error = errors.find_map(|one| one.error.as_ref());
    error.map_or_else(
        || "One side has no number.".to_owned(),
        |error| {
            format!(
                "One side has no number: {}.",
                error.message.trim_end_matches('.')
            )
        },
    )
}

fn shape(comparison: &Comparison) -> String {
    let name = |kind: crate::results::ShapeKind| {
        let kind = serde_json::to_value(kind).ok();
        kind.and_then(|kind| kind.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let (before, after) = (&comparison.shape.before, &comparison.shape.after);
    format!(
        "The cost was {} and is {}.",
        name(before.kind),
        name(after.kind)
    )
}

/// What changed by the clock, or what would have been seen.
fn timed(name: &str, instrument: &InstrumentComparison) -> Option<String> {
    let terms = [("base", &instrument.base), ("toll", &instrument.toll)];
    let terms: Vec<(&str, &Change)> = terms
        .into_iter()
        .filter_map(|(term, change)| Some((term, change.as_ref()?)))
        .collect();
    let said: Vec<String> = terms
        .iter()
        .map(|(term, change)| term_in_words(term, change))
        .collect();
    (!said.is_empty()).then(|| format!("By {name}: {}.", said.join("; ")))
}

fn term_in_words(term: &str, change: &Change) -> String {
    let size = size(change);
    let margin = change.margin.unwrap_or(0.0);
    let seen = change
        .detectable
        .map(|detectable| format!("; a change of {} would have been seen", us(detectable)))
        .unwrap_or_default();
    if change.margin.is_none() {
        return format!("{term} {size}, not judged, as the sides were not measured side by side");
    }
    match change.verdict {
        Some(Verdict::Regressed) => {
            format!("{term} {size}, more than the margin of {}", us(margin))
        }
        Some(Verdict::Improved) => format!(
            "{term} {size}, cheaper by more than the margin of {}",
            us(margin)
        ),
        Some(Verdict::Cleared) => {
            format!("{term} {size}, within the margin of {}{seen}", us(margin))
        }
        _ => format!(
            "{term} {size}, undecided at a margin of {}{seen}",
            us(margin)
        ),
    }
}

/// The difference with its interval and its share.
fn size(change: &Change) -> String {
    let Estimate {
        estimate,
        low,
        high,
        ..
    } = &change.difference;
    let interval = low
        .zip(*high)
        .map(|(low, high)| format!(" ({} … {})", signed(low), signed(high)))
        .unwrap_or_default();
    let share = change
        .relative
        .map(|share| format!(", {:+.1} %", share * 100.0).replace('-', "−"))
        .unwrap_or_default();
    format!("{} µs{interval}{share}", signed(*estimate))
}

/// About three digits, with the sign.
fn signed(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{value:+.decimals$}").replace('-', "−")
}

fn us(value: f64) -> String {
    format!("{value:.2} µs")
}

/// The counts that changed, the headline first.
fn counts(instrument: &InstrumentComparison) -> String {
    if instrument.verdict == Verdict::Missing {
        return String::new();
    }
    let changed = SAID
        .iter()
        .filter_map(|metric| Some((metric.name(), instrument.counts.get(metric.name())?)))
        .filter(|(_, change)| change.rises || change.falls);
    let said: Vec<String> = changed.map(|(name, change)| count(name, change)).collect();
    let others = instrument
        .counts
        .values()
        .any(|change| change.rises || change.falls);
    if said.is_empty() && others {
        "Calls, tasks and callbacks are equal; other counts differ.".to_owned()
    } else if said.is_empty() {
        "Counts are equal.".to_owned()
    } else {
        format!("Counts: {}.", said.join(", "))
    }
}

fn count(name: &str, change: &CountChange) -> String {
    let toll = change.toll_before.zip(change.toll_after);
    let toll =
        toll.map(|(before, after)| format!(" {} → {} per layer", short(before), short(after)));
    let base = change.base_before.zip(change.base_after);
    let base = base.filter(|(before, after)| before != after);
    let base = base.map(|(before, after)| format!(" (base {before} → {after})"));
    format!(
        "{}{}{}",
        name.replace('_', " "),
        toll.unwrap_or_default(),
        base.unwrap_or_default()
    )
}

/// Without needless decimals.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
