//! What follows from measured times, and from what became of an application without the layer.

use toll_core::audit::{By, Removal};

use super::{added, advised, defined_at, finding};
use crate::audit::results::LayerAudit;
use crate::results::{Estimate, Finding};

/// A share of the request from which on a layer is expensive.
const EXPENSIVE: f64 = 0.10;

pub(super) fn expensive(layer: &LayerAudit) -> Option<Finding> {
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
        format!("{:.3} µs{}", toll.estimate, defined_at(layer)),
        &advised(layer, advice),
    ))
}

/// Differences of two wholes that are less than this share of them are noise.
const NOISE: f64 = 0.02;

/// What the whole takes, as a layer knows it.
fn whole_us(layer: &LayerAudit) -> f64 {
    let whole = layer
        .toll
        .as_ref()
        .zip(layer.share.filter(|share| *share != 0.0))
        .map(|(toll, share)| toll.estimate / share);
    whole.unwrap_or_default()
}

/// Up to this share the two ways may differ; and for layers that go through another thread.
const APART: f64 = 0.25;
const HOPS_APART: f64 = 0.45;

/// Both ways have an interval, and these lie apart by more than either is wide.
pub(super) fn ways_disagree(layer: &LayerAudit) -> Option<Finding> {
    let (ablation, exclusive) = (layer.ablation.as_ref()?, layer.exclusive.as_ref()?);
    let gap = apart(ablation, exclusive)?;
    // A hop is read otherwise at its borders: what waking a thread costs the kernel is at none of them.
    let is_hop = added(layer, "thread_hops") >= 1.0 || layer.layer.sync;
    let share = if is_hop { HOPS_APART } else { APART };
    let allowed = (share * ablation.estimate.abs())
        .max(NOISE * whole_us(layer))
        .max(1.0);
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

pub(super) fn bears_a_load(layer: &LayerAudit) -> Option<Finding> {
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
