//! Layers that send more messages than they are given.

use toll_core::metric::Metric;

use super::{Case, finding};
use crate::results::Finding;
use crate::words::events;

/// Told where a layer, on average, sends more than the application does without layers.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let sent = case.counts(Metric::LayerMessagesSent);
    let (Some((middlewares, all)), Some(without)) =
        (sent.last(), case.count_without(Metric::MessagesSent))
    else {
        return Vec::new();
    };
    let per_layer = all.low as f64 / f64::from(*middlewares);
    if *middlewares == 0 || per_layer <= without.high as f64 {
        return Vec::new();
    }
    vec![finding(
        "extra-messages",
        case.certainty(Metric::LayerMessagesSent),
        format!(
            "A layer sends {} messages per request where the application itself sends {}.",
            events(per_layer),
            without.high
        ),
        format!(
            "Messages sent by all layers together, by number of middlewares: {}.",
            case.listed_counts(Metric::LayerMessagesSent)
        ),
        "Each further message goes through every layer outside of it and through the server: send the body on in the \
         messages in which it came.",
    )]
}
