//! What follows from exact counts, and from what a layer is.

use super::{added, advised, at, finding};
use crate::audit::results::LayerAudit;
use crate::results::Finding;

/// gzip's levels above this one cost several times as much and save a few percent.
const HARD: f64 = 6.0;

/// Each request makes tasks for it.
pub(super) fn task_per_request(layer: &LayerAudit) -> Option<Finding> {
    let name = &layer.layer.name;
    let tasks = added(layer, "tasks");
    // What cannot be taken out cannot be counted; what it is says enough.
    let is_known = layer.layer.base_http && layer.counts.is_empty();
    if tasks < 1.0 && !is_known {
        return None;
    }
    let (what, evidence) = if is_known {
        (
            "a task".to_owned(),
            "it is a BaseHTTPMiddleware, which runs what is inside of it in a task of its own"
                .to_owned(),
        )
    } else {
        (
            if tasks > 1.0 {
                format!("{tasks:.0} tasks")
            } else {
                "a task".to_owned()
            },
            format!(
                "exact counts: {:+.0} tasks, {:+.0} Python calls, {:+.0} callbacks of the event loop with it{}",
                tasks,
                added(layer, "python_calls"),
                added(layer, "loop_callbacks"),
                at(layer
                    .behaviour
                    .as_ref()
                    .and_then(|seen| seen.tasks_from.first()))
            ),
        )
    };
    let advice = if layer.layer.base_http {
        "It is a BaseHTTPMiddleware: write it as a pure ASGI class (`async def __call__(self, scope, receive, send)`), or take the pure form that its package ships beside it."
    } else {
        "Await what it starts in the task of the request, if the order of things allows it."
    };
    Some(finding(
        "task-per-layer",
        format!("{name} makes {what} for every request."),
        evidence,
        &advised(layer, advice),
    ))
}

/// Each request goes to another thread for it.
pub(super) fn thread_hop(layer: &LayerAudit) -> Option<Finding> {
    let hops = added(layer, "thread_hops");
    if hops < 1.0 && !layer.layer.sync {
        return None;
    }
    let name = &layer.layer.name;
    let evidence = if hops >= 1.0 {
        format!(
            "exact counts: {hops:+.0} results from other threads with it{}",
            at(layer
                .behaviour
                .as_ref()
                .and_then(|seen| seen.threads_from.first()))
        )
    } else {
        "it is synchronous: under ASGI it is called in a thread".to_owned()
    };
    Some(finding(
        "thread-hop",
        format!("{name} sends every request through another thread."),
        evidence,
        "Make it asynchronous, or put the synchronous ones side by side, so that one hop serves all.",
    ))
}

pub(super) fn compresses_hard(layer: &LayerAudit) -> Option<Finding> {
    let level = layer.layer.options.get("compresslevel")?.as_f64()?;
    if level <= HARD {
        return None;
    }
    Some(finding(
        "compresses-hard",
        format!("{} compresses at level {level}.", layer.layer.name),
        format!("compresslevel={level}"),
        "Levels above 6 take several times the CPU and save a few percent of the bytes: try compresslevel=5, or compress in the proxy.",
    ))
}

/// Something of another package runs in its place.
pub(super) fn patched(layer: &LayerAudit) -> Option<Finding> {
    let patches = &layer.layer.patches;
    if patches.is_empty() {
        return None;
    }
    Some(finding(
        "patched",
        format!("{} is patched by another package.", layer.layer.name),
        patches.join(", "),
        "What the patch does is in its cost: see that package's options for spans of middlewares.",
    ))
}
