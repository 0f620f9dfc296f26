//! Layers that hold a body back until it is whole.

use toll_core::metric::Metric;

use super::{Case, finding};
use crate::results::{Confidence, Finding};
use crate::words::middlewares;

/// The share of a body from which on it counts as held back whole.
const WHOLE: f64 = 0.9;
/// What is held beyond a body by more than this factor is another one's.
const NOT_THIS_ONE: f64 = 1.1;

/// A body that comes in fewer messages is not told: a layer that hands its only piece to a task
/// holds it for a moment. A response also has a message for its start, and may have an empty last
/// one.
const PIECES: i64 = 3;

/// A way that bodies go: what it is called, its bytes, its messages.
type Way = (&'static str, Metric, Metric);

const WAYS: [Way; 2] = [
    ("response", Metric::BodyBytesSent, Metric::MessagesSent),
    (
        "request",
        Metric::BodyBytesReceived,
        Metric::MessagesReceived,
    ),
];

const ADVICE: &str = "Memory and the time to the first byte grow with the body: pass the pieces on as they come, or \
                      leave this layer away from endpoints that stream.";

/// Told at the smallest number of middlewares that does it, if without them nothing is held.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let without = case.count_without(Metric::HeldBytes);
    if without.is_some_and(|held| held.high > 0) {
        return Vec::new();
    }
    let with_layers = case.counts(Metric::HeldBytes);
    let held = with_layers.into_iter().filter(|(n, _)| *n >= 1);
    held.flat_map(|(n, held)| WAYS.map(|way| told(case, way, n, held.low)))
        .flatten()
        .take(1)
        .collect()
}

fn told(case: &Case<'_>, (name, bytes, messages): Way, layers: u32, held: i64) -> Option<Finding> {
    let body = case.count_without(bytes)?.low;
    let messages = case.count_without(messages)?.low;
    let share = held as f64 / body as f64;
    let whole = body > 0 && (WHOLE..=NOT_THIS_ONE).contains(&share);
    (whole && messages > PIECES).then(|| {
        finding(
            "buffers-body",
            Confidence::Certain,
            format!("A layer holds the {name} back until it has {held} of its {body} bytes."),
            format!(
                "With {} one layer held {held} bytes of the body before it gave any on; without layers the {name} \
                 takes {messages} messages.",
                middlewares(layers)
            ),
            ADVICE,
        )
    })
}
