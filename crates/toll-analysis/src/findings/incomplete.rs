//! Runs that measured less than a whole one.

use toll_core::sample::MeasuredRun;

use super::finding;
use crate::results::{Confidence, Finding};

/// The run was stopped.
pub(super) fn interrupted(run: &MeasuredRun) -> Vec<Finding> {
    if !run.interrupted {
        return Vec::new();
    }
    vec![finding(
        "interrupted",
        Confidence::Certain,
        format!(
            "The run was stopped after {:.0} s, before it was done.",
            run.wall_s
        ),
        "Everything measured until then is here; cells and rounds are missing.",
        "Continue with --resume.",
    )]
}

/// The run was a quick look.
pub(super) fn quick(run: &MeasuredRun) -> Vec<Finding> {
    if !run.quick {
        return Vec::new();
    }
    vec![finding(
        "quick",
        Confidence::Certain,
        format!(
            "This is a quick look: at most {} rounds of short slices.",
            run.settings.rounds_max
        ),
        "Fewer levels, rounds and milliseconds than a whole run; intervals are wide.",
        "Run without --quick for numbers to quote.",
    )]
}
