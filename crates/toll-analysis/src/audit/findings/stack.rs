//! What follows for all layers together.

use toll_core::audit::By;

use super::{Stack, finding};
use crate::audit::known;
use crate::audit::results::LayerAudit;
use crate::results::Finding;

/// The parts and the whole are to agree within this share.
const TOGETHER: f64 = 0.15;
/// What stands outside of a layer that rejects matters from this share of the request on.
const OUTSIDE: f64 = 0.10;

/// Taken out at once, layers save less, or more, than one by one.
pub(super) fn dearer_together(stack: &Stack<'_>) -> Option<Finding> {
    let (at_once, in_company) = (stack.at_once?, stack.in_company?);
    let (low, high) = (in_company.low?, in_company.high?);
    let mut out = stack
        .layers
        .iter()
        .filter(|layer| layer.removal.is_possible());
    if out.any(|layer| layer.ablation.is_none()) {
        return None;
    }
    let over = in_company.estimate;
    let matters = (TOGETHER * at_once.estimate.abs()).max(1.0);
    if low <= matters && high >= -matters {
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
            at_once.estimate + over,
            at_once.estimate
        ),
        "Look at those that make tasks first: nested BaseHTTPMiddlewares of some releases of Starlette grow faster than their number.",
    ))
}

/// The fewest layers that make up nine tenths of the cost, where they are half of them or less.
pub(super) fn few_take_most(stack: &Stack<'_>) -> Option<Finding> {
    let layers = stack.layers;
    if !stack.is_whole {
        return None;
    }
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

/// A layer that rejects requests, which stands inside of dear ones: these are paid for nothing.
pub(super) fn order_matters(stack: &Stack<'_>) -> Option<Finding> {
    let layers = stack.layers;
    let place = layers.iter().position(rejects)?;
    let rejecting = &layers[place];
    // What the framework or an agent put outside is to see every request.
    let outside: Vec<&LayerAudit> = layers[..place]
        .iter()
        .filter(|layer| layer.layer.added_by == By::Application && !rejects(layer))
        .filter(|layer| layer.layer.place == rejecting.layer.place)
        .collect();
    let sum = |value: fn(&LayerAudit) -> Option<f64>| -> f64 {
        outside.iter().filter_map(|layer| value(layer)).sum()
    };
    let share = sum(|layer| layer.share);
    let outside_us = sum(|layer| Some(layer.toll.as_ref()?.estimate));
    let own_us = rejecting.toll.as_ref().map_or(0.0, |toll| toll.estimate);
    if share < OUTSIDE || outside_us <= own_us {
        return None;
    }
    let name = &rejecting.layer.name;
    let names: Vec<String> = outside
        .iter()
        .map(|layer| named(layers, layer.position))
        .collect();
    let own_name = named(layers, rejecting.position);
    let does = if answers_itself(rejecting) {
        "answers this request"
    } else {
        "can reject a request"
    };
    Some(finding(
        "order-matters",
        format!(
            "{name} {does}, and stands inside of {} that take {:.0} % of it.",
            if names.len() == 1 {
                "a layer"
            } else {
                "layers"
            },
            share * 100.0
        ),
        format!(
            "{outside_us:.1} µs outside of it: {}; itself {own_us:.2} µs",
            names.join(", ")
        ),
        &format!(
            "Put it outside of them, unless they are to see what it rejects: --order {own_name},{} measures that.",
            names.join(",")
        ),
    ))
}

/// A layer as `--order` takes it: with its number where there are several of its name.
fn named(layers: &[LayerAudit], position: usize) -> String {
    let name = &layers[position].layer.name;
    let same = |layer: &&LayerAudit| layer.layer.name == *name;
    if layers.iter().filter(same).count() == 1 {
        return name.clone();
    }
    let number = layers[..=position].iter().filter(same).count();
    format!("{name}#{number}")
}

fn answers_itself(layer: &LayerAudit) -> bool {
    let seen = layer.behaviour.as_ref();
    seen.and_then(|seen| seen.answers_itself) == Some(true)
}

fn rejects(layer: &LayerAudit) -> bool {
    known::of(&layer.layer).rejects || answers_itself(layer)
}
