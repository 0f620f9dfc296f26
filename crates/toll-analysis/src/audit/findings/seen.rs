//! What follows from what was seen at a layer's borders.

use super::{advised, at, defined_at, finding, line};
use crate::audit::results::LayerAudit;
use crate::results::Finding;

/// Trying one route may be the layer's own business; more is a walk.
const WALK: u64 = 2;
/// So many Python calls are more than looking at the request and handing it on.
const BUSY: u64 = 25;
/// And so much of the request is worth a word.
const SHARE: f64 = 0.02;

/// It tries routes that the router tries again.
pub(super) fn walks_routes(layer: &LayerAudit) -> Option<Finding> {
    let seen = layer.behaviour.as_ref()?;
    if seen.route_matches < WALK {
        return None;
    }
    let name = &layer.layer.name;
    Some(finding(
        "walks-routes",
        format!(
            "{name} tries {} routes by itself, with every request.",
            seen.route_matches
        ),
        format!(
            "before the router does it again{}",
            at(seen.routes_walked_from.as_ref())
        ),
        "It grows with the number of routes: put those that are asked for most first, or keep the layer to a mount that has few.",
    ))
}

/// It is busy, and nothing comes of it that request or answer would show.
pub(super) fn works_while_idle(layer: &LayerAudit) -> Option<Finding> {
    let seen = layer.behaviour.as_ref()?;
    let is_dear = layer.share.is_some_and(|share| share >= SHARE);
    if seen.idle != Some(true) || seen.calls < BUSY || !is_dear {
        return None;
    }
    let most = seen.functions.first();
    let most = most.map_or_else(String::new, |most| format!("; most often {}", line(most)));
    Some(finding(
        "works-while-idle",
        format!(
            "{} leaves request and answer as they are, and works all the same.",
            layer.layer.name
        ),
        format!(
            "{} Python functions are entered within it{most}",
            seen.calls
        ),
        &advised(
            layer,
            "Where it only watches (metrics, traces), that is its price. Else let it look first whether it is needed and hand on at once where it is not, or keep it to the routes that need it.",
        ),
    ))
}

/// It waits for the end of a body before it hands on the beginning.
pub(super) fn buffers_body(layer: &LayerAudit) -> Option<Finding> {
    let seen = layer.behaviour.as_ref()?;
    let is = |seen: Option<bool>| seen == Some(true);
    let what = match (is(seen.buffers_request), is(seen.buffers_response)) {
        (false, false) => return None,
        (true, false) => "the body of the request",
        (false, true) => "the body of the answer",
        (true, true) => "the bodies of request and answer",
    };
    Some(finding(
        "buffers-body",
        format!("{} holds {what} until it has all of it.", layer.layer.name),
        format!("seen at its borders{}", defined_at(layer)),
        "What streams is held up, and lies in memory whole: hand on each message as it comes, or leave streaming routes out.",
    ))
}

/// Each message is one more send through all that is outside of it.
pub(super) fn extra_messages(layer: &LayerAudit) -> Option<Finding> {
    let seen = layer.behaviour.as_ref()?;
    let extra = seen.extra_messages.filter(|extra| *extra >= 1)?;
    Some(finding(
        "extra-messages",
        format!(
            "{} sends {} more than it is given.",
            layer.layer.name,
            if extra == 1 {
                "one message".to_owned()
            } else {
                format!("{extra} messages")
            }
        ),
        format!("counted at its borders{}", defined_at(layer)),
        &advised(
            layer,
            "Every layer outside of it, and the server, handle each of them: hand messages on as they are.",
        ),
    ))
}

/// The head of an answer may be sent once.
pub(super) fn breaks_streaming(layer: &LayerAudit) -> Option<Finding> {
    let seen = layer.behaviour.as_ref()?;
    if seen.repeats_start != Some(true) {
        return None;
    }
    Some(finding(
        "breaks-streaming",
        format!(
            "{} sends the head of the answer again with every piece of the body.",
            layer.layer.name
        ),
        format!("seen with an answer in two pieces{}", defined_at(layer)),
        "Servers refuse that: answers that stream fail behind it. Look for a newer release, or leave streaming routes out.",
    ))
}
