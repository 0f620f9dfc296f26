//! What follows from what a layer takes and does: one function a finding, listed once.

use toll_core::audit::{By, Removal};

use super::results::{LayerAudit, Total, Way};
use crate::results::{Confidence, Estimate, Finding};

/// The codes of all findings of an audit.
pub const CODES: &[&str] = &[
    "task-per-layer",
    "thread-hop",
    "compresses-hard",
    "patched",
    "expensive-layer",
    "ways-disagree",
    "load-bearing",
    "superlinear",
    "shared-work",
    "few-take-most",
];

/// A finding about one layer, if it holds.
type OfLayer = fn(&LayerAudit) -> Option<Finding>;

const OF_LAYER: [OfLayer; 7] = [
    task_per_request,
    thread_hop,
    compresses_hard,
    patched,
    expensive,
    ways_disagree,
    bears_a_load,
];

/// A share of the request from which on a layer is expensive.
const EXPENSIVE: f64 = 0.10;
/// gzip's levels above this one cost several times as much and save a few percent.
const HARD: f64 = 6.0;
/// The parts and the whole are to agree within this share.
const TOGETHER: f64 = 0.15;

/// The findings about a layer.
pub(super) fn of_layer(layer: &LayerAudit) -> Vec<Finding> {
    OF_LAYER
        .iter()
        .filter_map(|finding| finding(layer))
        .collect()
}

/// The findings about all of them together.
pub(super) fn of_stack(layers: &[LayerAudit], total: Option<&Total>) -> Vec<Finding> {
    // What all take is only known where each is.
    let few = total.and_then(|_| few_take_most(layers));
    [dearer_together(layers, total), few]
        .into_iter()
        .flatten()
        .collect()
}

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

/// Each request makes tasks for it.
fn task_per_request(layer: &LayerAudit) -> Option<Finding> {
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
                "exact counts: {:+.0} tasks, {:+.0} Python calls, {:+.0} callbacks of the event loop with it",
                tasks,
                added(layer, "python_calls"),
                added(layer, "loop_callbacks")
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
        advice,
    ))
}

/// Each request goes to another thread for it.
fn thread_hop(layer: &LayerAudit) -> Option<Finding> {
    let hops = added(layer, "thread_hops");
    if hops < 1.0 && !layer.layer.sync {
        return None;
    }
    let name = &layer.layer.name;
    let evidence = if hops >= 1.0 {
        format!("exact counts: {hops:+.0} results from other threads with it")
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

fn compresses_hard(layer: &LayerAudit) -> Option<Finding> {
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
fn patched(layer: &LayerAudit) -> Option<Finding> {
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

fn expensive(layer: &LayerAudit) -> Option<Finding> {
    let share = layer.share.filter(|share| *share >= EXPENSIVE)?;
    let toll = layer.toll.as_ref()?;
    if toll.low.is_none_or(|low| low <= 0.0) {
        return None;
    }
    let advice = match layer.layer.added_by {
        By::Application => {
            "Ask first whether every route needs it: a mount or a route of its own can have it alone."
        }
        By::Framework => "The framework adds it by itself; see its options.",
        By::PatchedIn => {
            "It is patched in: its package has options for what it records and how often."
        }
    };
    Some(finding(
        "expensive-layer",
        format!(
            "{} takes {:.0} % of the request.",
            layer.layer.name,
            share * 100.0
        ),
        format!("{:.3} µs", toll.estimate),
        advice,
    ))
}

/// Both ways have an interval, and these lie apart by more than either is wide.
fn ways_disagree(layer: &LayerAudit) -> Option<Finding> {
    let (ablation, exclusive) = (layer.ablation.as_ref()?, layer.exclusive.as_ref()?);
    let gap = apart(ablation, exclusive)?;
    let allowed = (0.25 * ablation.estimate.abs()).max(1.0);
    if gap <= allowed {
        return None;
    }
    let (more, why) = if ablation.estimate > exclusive.estimate {
        (
            "costs others more than itself",
            "What it causes elsewhere (tasks, threads, garbage, work of inner layers) is in the first and not in the second.",
        )
    } else {
        (
            "is not gone when it is taken out",
            "Others do its work when it is not there, or it does not stand alone.",
        )
    };
    Some(finding(
        "ways-disagree",
        format!("{} {more}.", layer.layer.name),
        format!(
            "taken out, the request is {:.2} µs shorter; at its borders {:.2} µs were read",
            ablation.estimate, exclusive.estimate
        ),
        why,
    ))
}

/// How far two intervals lie apart; `None` where they touch or one is missing.
fn apart(one: &Estimate, other: &Estimate) -> Option<f64> {
    let gap = (one.low? - other.high?).max(other.low? - one.high?);
    (gap > 0.0).then_some(gap)
}

fn bears_a_load(layer: &LayerAudit) -> Option<Finding> {
    let evidence = match &layer.removal {
        Removal::OtherStatus { status } => format!("without it the answer has status {status}"),
        Removal::NoAnswer { message } => format!("without it there is no answer: {message}"),
        Removal::Same | Removal::OtherBody | Removal::Never { .. } => return None,
    };
    Some(finding(
        "load-bearing",
        format!(
            "{} cannot be taken out without changing the answer.",
            layer.layer.name
        ),
        evidence,
        "Its cost is read at its borders alone.",
    ))
}

/// Without all of them the request is shorter than all differences say.
fn dearer_together(layers: &[LayerAudit], total: Option<&Total>) -> Option<Finding> {
    let total = total.filter(|total| total.measured)?;
    let all_by_ablation = layers.iter().all(|layer| layer.by == Some(Way::Ablation));
    let over = total.sum_of_parts_us - total.toll.estimate;
    let is_apart = over.abs() > TOGETHER * total.toll.estimate.abs() && over.abs() > 1.0;
    let outside = total
        .toll
        .low
        .zip(total.toll.high)
        .is_some_and(|(low, high)| !(low..=high).contains(&total.sum_of_parts_us));
    if !(all_by_ablation && is_apart && outside) {
        return None;
    }
    let (code, title) = if over > 0.0 {
        (
            "superlinear",
            "Together the layers cost more than one after the other: each makes the others dearer.",
        )
    } else {
        (
            "shared-work",
            "The layers share work: taking one of them out leaves it to the others.",
        )
    };
    Some(finding(
        code,
        title.to_owned(),
        format!(
            "each taken out by itself saves {:.1} µs in all, all of them at once {:.1} µs",
            total.sum_of_parts_us, total.toll.estimate
        ),
        "Look at those that make tasks first: nested BaseHTTPMiddlewares of some releases of Starlette grow faster than their number.",
    ))
}

/// The fewest layers that make up nine tenths of the cost, where they are half of them or less.
fn few_take_most(layers: &[LayerAudit]) -> Option<Finding> {
    let mut tolls: Vec<(&str, f64)> = layers
        .iter()
        .filter_map(|layer| Some((layer.layer.name.as_str(), layer.toll.as_ref()?.estimate)))
        .filter(|(_, toll)| *toll > 0.0)
        .collect();
    tolls.sort_by(|one, other| other.1.total_cmp(&one.1));
    let all: f64 = tolls.iter().map(|(_, toll)| toll).sum();
    let mut so_far = 0.0;
    let few = tolls.iter().position(|(_, toll)| {
        so_far += toll;
        so_far >= 0.9 * all
    })? + 1;
    if 2 * few > layers.len() {
        return None;
    }
    let names: Vec<&str> = tolls[..few].iter().map(|(name, _)| *name).collect();
    Some(finding(
        "few-take-most",
        format!(
            "{few} of {} layers take 90 % of what all take.",
            layers.len()
        ),
        names.join(", "),
        "Begin there.",
    ))
}
