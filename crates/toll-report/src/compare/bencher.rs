//! `bencher.json`: Bencher Metric Format (<https://bencher.dev/docs/reference/bencher-metric-format/>), what
//! the second side costs. Times in nanoseconds, as Bencher's own latencies are.

use std::collections::BTreeMap;

use serde::Serialize;
use toll_analysis::compare::results::ComparisonReport;
use toll_analysis::results::Estimate;

use super::names;

/// One value.
#[derive(Debug, Serialize)]
pub(super) struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// Benchmark to measure to value.
pub(super) type Metrics = BTreeMap<String, BTreeMap<String, Metric>>;

/// The metrics.
pub(super) fn render(report: &ComparisonReport) -> Metrics {
    let mut metrics = Metrics::new();
    for comparison in &report.comparisons {
        let measures = metrics.entry(names::benchmark(comparison)).or_default();
        for (instrument, of_instrument) in names::instruments(comparison) {
            for (term, change) in names::terms(of_instrument) {
                // A difference of two costs may be below zero, of which no threshold is made.
                if change.after.estimate > 0.0 {
                    let name = format!("{instrument}-{}", term.replace(' ', "-"));
                    measures.insert(name, metric(&change.after));
                }
            }
        }
    }
    metrics.retain(|_, measures| !measures.is_empty());
    metrics
}

fn metric(estimate: &Estimate) -> Metric {
    let factor = if estimate.unit == "us" { 1e3 } else { 1.0 };
    Metric {
        value: estimate.estimate * factor,
        lower_value: estimate.low.map(|low| low * factor),
        upper_value: estimate.high.map(|high| high * factor),
    }
}
