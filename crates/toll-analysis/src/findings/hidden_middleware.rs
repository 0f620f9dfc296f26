//! Layers that nobody asked for.

use super::{Case, finding};
use crate::results::{Confidence, Finding};

/// Whose layers they are, as they are marked; how sure it is that they matter; who put them there;
/// and what to do.
const ORIGINS: [(&str, Confidence, &str, &str); 2] = [
    (
        "server: ",
        Confidence::Certain,
        "The server puts layers around the application that nobody asked for",
        "Switch it off in the server's options, or count it in: it is one of the layers that a request pays for.",
    ),
    (
        "framework: ",
        Confidence::Possible,
        "The framework puts layers of its own around the endpoint",
        "Nothing has to be done: know of them when bases are compared, and do not add the same again.",
    ),
];

/// One finding for each origin.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    ORIGINS
        .into_iter()
        .filter_map(|(mark, confidence, what, advice)| {
            let layers: Vec<&str> = case
                .series
                .hidden_layers
                .iter()
                .filter_map(|layer| layer.strip_prefix(mark))
                .collect();
            (!layers.is_empty()).then(|| {
                finding(
                    "hidden-middleware",
                    confidence,
                    format!("{what}: {}.", layers.join(", ")),
                    format!(
                        "{} found around every cell, outermost first: what it costs is in the base and in no toll.",
                        layers.len()
                    ),
                    advice,
                )
            })
        })
        .collect()
}
