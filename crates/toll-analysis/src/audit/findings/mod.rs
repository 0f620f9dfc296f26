//! What follows from what a layer takes and does: one function a finding, listed once.

mod counted;
mod seen;
mod stack;
mod timed;

use toll_core::audit::CodePlace;

use super::known;
use super::results::LayerAudit;
use crate::results::{Confidence, Estimate, Finding};

/// The code of requests that were answered otherwise than the first.
pub(super) const OTHER_ANSWERS: &str = "other-answers";

/// The codes of all findings of an audit.
pub const CODES: &[&str] = &[
    OTHER_ANSWERS,
    "task-per-layer",
    "thread-hop",
    "compresses-hard",
    "patched",
    "walks-routes",
    "works-while-idle",
    "buffers-body",
    "extra-messages",
    "breaks-streaming",
    "expensive-layer",
    "ways-disagree",
    "load-bearing",
    "superlinear",
    "shared-work",
    "order-matters",
    "few-take-most",
];

/// A finding about one layer, if it holds.
type OfLayer = fn(&LayerAudit) -> Option<Finding>;

const OF_LAYER: [OfLayer; 12] = [
    counted::task_per_request,
    counted::thread_hop,
    counted::compresses_hard,
    counted::patched,
    seen::walks_routes,
    seen::works_while_idle,
    seen::buffers_body,
    seen::extra_messages,
    seen::breaks_streaming,
    timed::expensive,
    timed::ways_disagree,
    timed::bears_a_load,
];

/// All layers of a request.
pub(super) struct Stack<'a> {
    pub layers: &'a [LayerAudit],
    /// Whether it is known what all of them take.
    pub is_whole: bool,
    /// What is saved when all that can be taken out are.
    pub at_once: Option<&'a Estimate>,
    /// What they save one by one, less that.
    pub in_company: Option<&'a Estimate>,
}

/// A finding about all layers, if it holds.
type OfStack = fn(&Stack<'_>) -> Option<Finding>;

const OF_STACK: [OfStack; 3] = [
    stack::dearer_together,
    stack::order_matters,
    stack::few_take_most,
];

/// The findings about a layer. The same advice is given once.
pub(super) fn of_layer(layer: &LayerAudit) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for mut found in OF_LAYER.iter().filter_map(|finding| finding(layer)) {
        if findings.iter().any(|other| other.advice == found.advice) {
            found.advice.clear();
        }
        findings.push(found);
    }
    findings
}

/// The findings about all of them together.
pub(super) fn of_stack(stack: &Stack<'_>) -> Vec<Finding> {
    OF_STACK
        .iter()
        .filter_map(|finding| finding(stack))
        .collect()
}

/// What a layer adds to a count.
fn added(layer: &LayerAudit, count: &str) -> f64 {
    layer.counts.get(count).copied().unwrap_or(0.0)
}

/// A finding that follows from measured times; what is counted is certain.
fn finding(code: &str, title: String, evidence: String, advice: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        title,
        evidence,
        confidence: Confidence::Likely,
        advice: advice.to_owned(),
    }
}

/// The advice, and before it what is better known in place of the very layer.
fn advised(layer: &LayerAudit, advice: &str) -> String {
    let known = known::of(&layer.layer);
    let twin = known.twin.map(|twin| {
        format!(
            "Its package ships the same in pure ASGI form: try --replace {}={twin}.",
            layer.layer.name
        )
    });
    let better = known.better.map(str::to_owned);
    twin.or(better).unwrap_or_else(|| advice.to_owned())
}

/// `, at starlette/middleware/base.py:183 (BaseHTTPMiddleware.__call__)`, or nothing.
fn at(place: Option<&CodePlace>) -> String {
    place.map_or_else(String::new, |place| format!(", at {}", line(place)))
}

/// `starlette/middleware/base.py:183 (BaseHTTPMiddleware.__call__)`.
fn line(place: &CodePlace) -> String {
    format!("{}:{} ({})", short(&place.file), place.line, place.name)
}

/// Where a layer is defined, in the same way.
fn defined_at(layer: &LayerAudit) -> String {
    match (&layer.layer.file, layer.layer.line) {
        (Some(file), Some(line)) => format!(", defined at {}:{line}", short(file)),
        _ => String::new(),
    }
}

/// A file as its package has it; outside of packages its last two parts.
fn short(file: &str) -> &str {
    if let Some((_, inside)) = file.rsplit_once("site-packages/") {
        return inside;
    }
    let mut slashes = file.rmatch_indices('/').map(|(place, _)| place);
    slashes.nth(1).map_or(file, |place| &file[place + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_as_people_know_them() {
        let venv = "/home/a/.venv/lib/python3.12/site-packages/starlette/middleware/base.py";
        assert_eq!(short(venv), "starlette/middleware/base.py");
        assert_eq!(short("/home/a/project/shop/main.py"), "shop/main.py");
    }
}
