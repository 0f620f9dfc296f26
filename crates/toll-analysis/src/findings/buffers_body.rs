//! Layers that hold a body back until it is whole.

use toll_core::metric::Metric;

use super::{Case, finding};
use crate::results::{Confidence, Finding};
use crate::words::middlewares;

/// The share of a body from which on it counts as held back whole.
const WHOLE: f64 = 0.9;

/// What is held beyond the response's body by more than this factor is not the response's.
const NOT_THE_RESPONSE: f64 = 1.1;

/// A body that comes in fewer messages is not told: a layer that hands its only piece to a task
/// holds it for a moment. A response also has a message for its start, and may have an empty last
/// one.
const PIECES: i64 = 3;

const ADVICE: &str = "Memory and the time to the first byte grow with the body: pass the pieces on as they come, or \
                      leave this layer away from endpoints that stream.";

/// Told at the smallest number of middlewares that does it, if without them nothing is held.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let without = case.count_without(Metric::HeldBytes);
    if without.is_some_and(|held| held.high > 0) {
        return Vec::new();
    }
    case.counts(Metric::HeldBytes)
        .into_iter()
        .filter(|(n, _)| *n >= 1)
        .find_map(|(n, held)| response(case, n, held.low).or_else(|| request(case, n, held.low)))
        .into_iter()
        .collect()
}

fn response(case: &Case<'_>, layers: u32, held: i64) -> Option<Finding> {
    let body = case.count_without(Metric::BodyBytesSent)?.low;
    let messages = case.count_without(Metric::MessagesSent)?.low;
    let share = held as f64 / body as f64;
    let whole = body > 0 && (WHOLE..=NOT_THE_RESPONSE).contains(&share);
    (whole && messages > PIECES).then(|| {
        finding(
            "buffers-body",
            Confidence::Certain,
            format!("A layer holds the response back until it has {held} of its {body} bytes."),
            format!(
                "With {} one layer held {held} bytes of the body before it gave any on; the \
                 application sent it in {messages} messages.",
                middlewares(layers)
            ),
            ADVICE,
        )
    })
}

/// How large the request's body was is not among the counts: that so much more than the response
/// was held, of a body in many pieces, says that it was the request's.
fn request(case: &Case<'_>, layers: u32, held: i64) -> Option<Finding> {
    let body_sent = case.count_without(Metric::BodyBytesSent)?.low;
    let messages = case.count_without(Metric::MessagesReceived)?.low;
    let is_request = held as f64 > NOT_THE_RESPONSE * body_sent as f64;
    (is_request && messages > PIECES).then(|| {
        finding(
            "buffers-body",
            Confidence::Likely,
            format!("A layer holds back {held} bytes of the request's body."),
            format!(
                "With {} one layer held {held} bytes before it gave any on; the request came in \
                 {messages} messages.",
                middlewares(layers)
            ),
            ADVICE,
        )
    })
}
