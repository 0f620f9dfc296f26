//! `junit.xml`: one test case per comparison. A regression is a failure, an undecided one is skipped, and
//! a side without a number is an error.

use toll_analysis::compare::results::{Comparison, ComparisonReport, Verdict};

use super::names;
use crate::xml;

/// The report.
pub(super) fn render(report: &ComparisonReport) -> String {
    let count = |verdict| {
        report
            .comparisons
            .iter()
            .filter(|one| one.verdict == verdict)
            .count()
    };
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\"",
        report.comparisons.len(),
        count(Verdict::Regressed),
        count(Verdict::Missing),
        count(Verdict::Inconclusive),
        report.run.wall_s,
    );
    let cases: String = report.comparisons.iter().map(case).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"asgi-toll compare\" {counts} timestamp=\"{}\">\n{cases}  </testsuite>\n</testsuites>\n",
        escaped(report.run.started_at.trim_end_matches('Z'))
    )
}

fn case(comparison: &Comparison) -> String {
    let name = escaped(&comparison.label);
    let class = escaped(&names::benchmark(comparison));
    let why = escaped(&comparison.why);
    let verdict = comparison.verdict.name();
    let body = match comparison.verdict {
        Verdict::Regressed => format!("<failure type=\"{verdict}\" message=\"{why}\"/>"),
        Verdict::Missing => format!("<error type=\"{verdict}\" message=\"{why}\"/>"),
        Verdict::Inconclusive => format!("<skipped message=\"{why}\"/>"),
        Verdict::Cleared | Verdict::Improved => {
            format!("<system-out>{verdict}: {why}</system-out>")
        }
    };
    format!("    <testcase classname=\"{class}\" name=\"{name}\">{body}</testcase>\n")
}

/// Text in one line of an attribute or an element.
fn escaped(text: &str) -> String {
    xml::escape(&text.replace(['\n', '\t'], " "))
}
