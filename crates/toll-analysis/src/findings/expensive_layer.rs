//! A layer that costs many times what a plain one does.

use toll_core::axes::KIND;
use toll_core::metric::Metric;
use toll_core::sample::Instrument;

use super::case::ONE_PER_LAYER;
use super::{Case, finding};
use crate::results::{Confidence, Finding};
use crate::words::rounded;

/// From this many plain ASGI layers on a layer is called expensive. A layer that reads and rewrites
/// a small JSON body costs about five of them.
const EXPENSIVE_FROM: f64 = 10.0;

/// Told where `direct` measured the layers and the plain one in the same environment.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    of_direct(case).into_iter().collect()
}

fn of_direct(case: &Case<'_>) -> Option<Finding> {
    let direct = &case.of(Instrument::Direct)?.result;
    let toll = direct.toll.as_ref()?;
    let plain_us = direct.driver.as_ref()?.reference_layer_us?;
    let times = toll.estimate / plain_us;
    if plain_us <= 0.0 || times < EXPENSIVE_FROM {
        return None;
    }
    let interval = match (toll.low, toll.high) {
        (Some(low), Some(high)) => {
            format!(", between {} and {}", rounded(low), rounded(high))
        }
        _ => String::new(),
    };
    let evidence = format!(
        "CPU of one more layer, measured without a server: {} µs{interval}. A plain ASGI layer that adds a header, \
         measured beside it in the same process: {} µs.{}",
        rounded(toll.estimate),
        rounded(plain_us),
        why(case)
    );
    let surely = toll.low.is_some_and(|low| low >= EXPENSIVE_FROM * plain_us);
    Some(finding(
        "expensive-layer",
        if surely {
            Confidence::Likely
        } else {
            Confidence::Possible
        },
        format!(
            "A layer costs {} µs, {:.0}× a plain ASGI layer.",
            rounded(toll.estimate),
            times
        ),
        evidence,
        advice(case),
    ))
}

/// What is known of the reason.
fn why(case: &Case<'_>) -> &'static str {
    if is_base_http(case) {
        " BaseHTTPMiddleware starts a task, a task group and memory streams for each layer of each request."
    } else if happens(case, Metric::Tasks) {
        " Each layer starts a task of its own for each request, as BaseHTTPMiddleware does together with a task group \
         and memory streams."
    } else if happens(case, Metric::ThreadHops) {
        " Each layer hands each request to another thread and back."
    } else {
        ""
    }
}

fn advice(case: &Case<'_>) -> &'static str {
    if is_base_http(case) || happens(case, Metric::Tasks) {
        "Write it as a pure ASGI middleware, a class that awaits the application in the same task: \
         https://starlette.dev/middleware/#pure-asgi-middleware."
    } else {
        "Look at what the layer does for each request, and whether it has to do it for this one."
    }
}

fn is_base_http(case: &Case<'_>) -> bool {
    case.series.axes.get(KIND) == "base-http"
}

fn happens(case: &Case<'_>, metric: Metric) -> bool {
    case.per_layer(metric)
        .is_some_and(|per_layer| per_layer >= ONE_PER_LAYER)
}
