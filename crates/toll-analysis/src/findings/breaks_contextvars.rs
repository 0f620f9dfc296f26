//! Layers outside of which context variables are lost.

use toll_core::metric::Metric;

use super::{Case, finding};
use crate::results::Finding;

/// Told at the highest number of middlewares at which a variable was lost.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let lost = case.counts(Metric::ContextvarsLost);
    let Some((middlewares, count)) = lost.iter().rfind(|(_, count)| count.low > 0) else {
        return Vec::new();
    };
    vec![finding(
        "breaks-contextvars",
        case.certainty(Metric::ContextvarsLost),
        format!(
            "Context variables that are set inside of a layer are not seen outside of it: {} of {middlewares} layers \
             lose them.",
            count.low
        ),
        format!(
            "Layers that lost the variable set inside of them, by number of middlewares: {}.",
            case.listed_counts(Metric::ContextvarsLost)
        ),
        "The layer runs the application in another task. What inner layers and endpoints put into context variables \
         (request ids, tracing, logging) is gone above it: keep it in the scope, or write a pure ASGI middleware.",
    )]
}
