//! What follows from the numbers. One file a finding, one line in one of the registries below.

mod codes;
mod curvature;
mod errors;
mod failures;
mod first_layer;
mod histograms;
mod incomplete;
mod littles_law;
mod machine;
mod noisy;
mod saturation;
mod several;
mod step;
#[cfg(test)]
mod tests;

pub use codes::CODES;

use toll_core::sample::{MeasuredRun, MeasuredSeries};
use toll_core::settings::Settings;

use crate::estimate::Costs;
use crate::results::{Analysis, Confidence, Finding, InstrumentResult};

/// A series with all that is known of it.
pub(crate) struct Case<'a> {
    /// What was measured.
    pub series: &'a MeasuredSeries,
    /// How.
    pub settings: &'a Settings,
    /// What came out under load.
    pub load: &'a InstrumentResult,
    /// The fits behind it.
    pub costs: Option<&'a Costs>,
    /// Histograms that were left out because they could not be read.
    pub unreadable_histograms: usize,
}

/// Looks for findings in a `T`.
type Finder<T> = fn(&T) -> Vec<Finding>;

/// What is looked for in every series, in the order in which it is told.
const SERIES: [fn(&Case<'_>) -> Vec<Finding>; 11] = [
    failures::find,
    errors::find,
    curvature::superlinear,
    curvature::sublinear,
    step::find,
    first_layer::find,
    noisy::find,
    saturation::generator_limited,
    saturation::not_saturated,
    littles_law::find,
    histograms::find,
];

/// What is looked for in a run as a whole.
const RUN: [Finder<MeasuredRun>; 3] = [machine::find, incomplete::interrupted, incomplete::quick];

/// What is looked for in runs that are drawn together.
const SEVERAL: [Finder<[Analysis]>; 2] = [several::different_machines, several::different_settings];

/// The findings of a series.
pub(crate) fn of_series(case: &Case<'_>) -> Vec<Finding> {
    SERIES.iter().flat_map(|find| find(case)).collect()
}

/// The findings of a run as a whole.
pub(crate) fn of_run(run: &MeasuredRun) -> Vec<Finding> {
    RUN.iter().flat_map(|find| find(run)).collect()
}

/// The findings that only several runs together have.
pub(crate) fn of_several(analyses: &[Analysis]) -> Vec<Finding> {
    SEVERAL.iter().flat_map(|find| find(analyses)).collect()
}

/// A finding, written out.
fn finding(
    code: &str,
    confidence: Confidence,
    title: impl Into<String>,
    evidence: impl Into<String>,
    advice: impl Into<String>,
) -> Finding {
    #[cfg(test)]
    assert!(CODES.contains(&code), "{code} is not among the codes");
    Finding {
        code: code.to_owned(),
        title: title.into(),
        evidence: evidence.into(),
        confidence,
        advice: advice.into(),
    }
}
