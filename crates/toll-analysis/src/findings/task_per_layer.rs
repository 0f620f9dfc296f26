//! Layers that start a task of the event loop.

use toll_core::metric::Metric;

use super::case::ONE_PER_LAYER;
use super::{Case, finding};
use crate::results::Finding;
use crate::words::events;

/// Told where one more layer means one more task.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let Some(per_layer) = case
        .per_layer(Metric::Tasks)
        .filter(|tasks| *tasks >= ONE_PER_LAYER)
    else {
        return Vec::new();
    };
    vec![finding(
        "task-per-layer",
        case.certainty(Metric::Tasks),
        format!(
            "Tasks of the event loop that each layer starts per request: {}.",
            events(per_layer)
        ),
        format!(
            "Tasks by number of middlewares: {}.",
            case.listed_counts(Metric::Tasks)
        ),
        "Each task is scheduled, runs in a copy of the context and is awaited or cancelled: await the application in \
         the same task instead, as a pure ASGI middleware does.",
    )]
}
