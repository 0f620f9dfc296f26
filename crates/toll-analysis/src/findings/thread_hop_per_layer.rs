//! Layers that hand their work to another thread.

use toll_core::metric::Metric;

use super::case::ONE_PER_LAYER;
use super::{Case, finding};
use crate::results::Finding;
use crate::words::events;

/// Told where one more layer means one more result that comes back from a thread.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let Some(per_layer) = case
        .per_layer(Metric::ThreadHops)
        .filter(|hops| *hops >= ONE_PER_LAYER)
    else {
        return Vec::new();
    };
    vec![finding(
        "thread-hop-per-layer",
        case.certainty(Metric::ThreadHops),
        format!(
            "Hops through another thread that each layer makes per request: {}.",
            events(per_layer)
        ),
        format!(
            "Results that came back from another thread, by number of middlewares: {}.",
            case.listed_counts(Metric::ThreadHops)
        ),
        "A hop wakes two threads and waits for a free worker; under load it waits longer. Write the middleware with \
         async functions where the framework can take them.",
    )]
}
