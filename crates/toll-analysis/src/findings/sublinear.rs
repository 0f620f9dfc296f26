//! Layers that cost less the more of them there are.

use super::curvature::{Bend, interval};
use super::{Case, finding};
use crate::results::{Confidence, Finding};

/// Further layers cost less than the first ones.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let bend = Bend::downwards(case);
    let told = bend.map(|bend| {
        finding(
            "sublinear",
            Confidence::Likely,
            format!("Layers cost less the more there are: {}.", bend.words()),
            interval(bend.result),
            "The toll is a mean over the levels: for a short stack look at the cells themselves.",
        )
    });
    told.into_iter().collect()
}
