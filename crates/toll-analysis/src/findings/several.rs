//! Runs drawn together that should not be compared number by number.

use super::finding;
use crate::results::{Analysis, Confidence, Finding};

/// The runs are from different machines.
pub(super) fn different_machines(analyses: &[Analysis]) -> Vec<Finding> {
    let kind = |analysis: &Analysis| {
        let host = &analysis.host;
        (
            host.cpu_model.clone(),
            host.machine.clone(),
            host.cores,
            host.system.clone(),
        )
    };
    if analyses
        .windows(2)
        .all(|pair| kind(&pair[0]) == kind(&pair[1]))
    {
        return Vec::new();
    }
    vec![finding(
        "different-machines",
        Confidence::Certain,
        format!(
            "These {} runs are from different machines: their microseconds cannot be compared.",
            analyses.len()
        ),
        "Processor, cores or operating system differ.",
        "Compare shapes and shares of the base, or measure all series in one run.",
    )]
}

/// The runs were measured in different ways.
pub(super) fn different_settings(analyses: &[Analysis]) -> Vec<Finding> {
    if analyses
        .windows(2)
        .all(|pair| pair[0].run.settings == pair[1].run.settings)
    {
        return Vec::new();
    }
    vec![finding(
        "different-settings",
        Confidence::Certain,
        format!(
            "These {} runs were measured with different settings.",
            analyses.len()
        ),
        "The settings shown are the first run's.",
        "Requests/s and latencies depend on the number of connections; measure all series in one run to compare them.",
    )]
}
