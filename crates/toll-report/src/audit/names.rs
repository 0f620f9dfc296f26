//! The words and numbers that all formats of an audit share.

use toll_analysis::audit::results::{LayerAudit, RequestAudit};
use toll_analysis::results::{Estimate, Finding};
use toll_core::audit::{By, Removal};

use crate::format;

/// The sentence that leads: what all layers take together.
pub(super) fn verdict(request: &RequestAudit) -> String {
    let count = request.layers.len();
    let known = request.layers.iter().filter(|layer| layer.toll.is_some());
    let known = known.count();
    let layers = match (count, known) {
        (0, _) => return "No layer was found around what answers this request.".to_owned(),
        (1, _) => "The only layer takes".to_owned(),
        _ if known < count && !is_measured(request) => {
            format!("The {known} of {count} layers that have a number take")
        }
        _ => format!("The {count} layers take"),
    };
    let Some(total) = &request.total else {
        let known = request.layers.iter().filter(|layer| layer.toll.is_some());
        let rest = match (known.count(), &request.load) {
            (0, Some(_)) => String::new(),
            (0, None) => "; none has a number".to_owned(),
            (known, _) => format!("; {} of them have no number", count - known),
        };
        return format!("{count} layers were found{rest}.");
    };
    format!(
        "{layers} {} of a {}: {} of {} µs.",
        format::percent(total.share).replace(format::GROUP, " "),
        request.request,
        micros(total.toll.estimate),
        request
            .whole
            .as_ref()
            .map_or_else(|| format::NONE.to_owned(), |whole| micros(whole.estimate)),
    )
}

/// Whether what all of them take was measured at once.
fn is_measured(request: &RequestAudit) -> bool {
    request.total.as_ref().is_some_and(|total| total.measured)
}

/// What failed, though the request has numbers.
pub(super) fn failures(request: &RequestAudit) -> Vec<String> {
    let failed = request.layers.iter().filter_map(|layer| {
        let message = &layer.error.as_ref()?.message;
        Some(format!(
            "{} could not be measured by taking it out: {message}",
            layer.layer.name
        ))
    });
    failed.collect()
}

/// Where a layer comes from: its package and version, or its file and line.
pub(super) fn origin(layer: &LayerAudit) -> String {
    let layer = &layer.layer;
    let package = layer
        .distribution
        .as_ref()
        .map(|name| match &layer.version {
            Some(version) => format!("{name} {version}"),
            None => name.clone(),
        });
    let place = || match (&layer.file, layer.line) {
        (Some(file), Some(line)) => format!("{}:{line}", short(file)),
        (Some(file), None) => short(file).to_owned(),
        (None, _) => layer.origin.clone(),
    };
    package.unwrap_or_else(place)
}

/// The last two parts of a path.
fn short(file: &str) -> &str {
    let mut slashes = file.rmatch_indices('/').map(|(place, _)| place);
    slashes.nth(1).map_or(file, |place| &file[place + 1..])
}

/// Where it stands and who put it there, where that is not the usual.
pub(super) fn place(layer: &LayerAudit) -> String {
    let by = match layer.layer.added_by {
        By::Application => None,
        By::Framework => Some("by the framework"),
        By::PatchedIn => Some("patched in"),
    };
    let place = Some(layer.layer.place.as_str()).filter(|place| *place != "application");
    [place, by]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// How its cost was found, in a word; with what stood in the way of taking it out.
pub(super) fn way(layer: &LayerAudit) -> String {
    let Some(by) = layer.by else {
        return "no number".to_owned();
    };
    match &layer.removal {
        Removal::OtherBody => format!("{}, other body without it", by.name()),
        Removal::OtherStatus { status } => format!("{}, {status} without it", by.name()),
        Removal::NoAnswer { .. } => format!("{}, no answer without it", by.name()),
        Removal::Same | Removal::Never { .. } => by.name().to_owned(),
    }
}

/// Microseconds: two digits behind the point where there is an interval that fine, three significant
/// digits at most.
pub(super) fn micros(value: f64) -> String {
    // What is less than a hundredth of a microsecond is none.
    let value = if value.abs() < 0.005 { 0.0 } else { value };
    let text = if value.abs() < 10.0 {
        format!("{value:.2}")
    } else {
        format::micros(value)
    };
    text.replace(format::GROUP, " ")
}

/// `±0.12`, or both ends where the interval is not symmetric.
pub(super) fn interval(estimate: &Estimate) -> String {
    let (Some(low), Some(high)) = (estimate.low, estimate.high) else {
        return String::new();
    };
    let (below, above) = (estimate.estimate - low, high - estimate.estimate);
    let larger = below.max(above);
    if (below - above).abs() <= 0.25 * larger {
        return format!("±{}", micros(larger));
    }
    format!("({} … {})", micros(low), micros(high))
}

/// What of a layer's counts people look at first: their name in the record, and their word.
pub(super) const COUNTS: [(&str, &str); 3] = [
    ("python_calls", "calls"),
    ("tasks", "tasks"),
    ("thread_hops", "hops"),
];

/// A count that a layer adds; empty where it was not counted.
pub(super) fn count(layer: &LayerAudit, name: &str) -> String {
    let value = layer.counts.get(name);
    value.map_or_else(String::new, |value| format::exact(*value))
}

/// Every finding of a request with the name of what it is about, those of the stack first.
pub(super) fn findings(request: &RequestAudit) -> Vec<&Finding> {
    let of_layers = request.layers.iter().flat_map(|layer| &layer.findings);
    request.findings.iter().chain(of_layers).collect()
}
