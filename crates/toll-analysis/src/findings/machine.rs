//! A machine that is not fit for measuring.

use toll_core::host::{Remark, Severity};
use toll_core::sample::MeasuredRun;

use super::finding;
use crate::results::{Confidence, Finding};

/// Told where a remark calls the machine unfit.
pub(super) fn find(run: &MeasuredRun) -> Vec<Finding> {
    let unfit: Vec<&Remark> = run
        .remarks
        .iter()
        .filter(|remark| remark.severity == Severity::Unfit)
        .collect();
    if unfit.is_empty() {
        return Vec::new();
    }
    let told = |part: fn(&Remark) -> &str| {
        unfit
            .iter()
            .map(|remark| part(remark))
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let topics: Vec<&str> = unfit.iter().map(|remark| remark.topic.as_str()).collect();
    vec![finding(
        "unfit-machine",
        Confidence::Certain,
        format!(
            "This machine is not fit for measuring, because of its {}.",
            crate::words::listed(&topics)
        ),
        told(|remark| &remark.seen),
        told(|remark| &remark.advice),
    )]
}
