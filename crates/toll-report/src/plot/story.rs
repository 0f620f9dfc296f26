//! The finding that a picture tells by itself.

use std::cmp::Reverse;
use std::fmt::Write as _;

use toll_analysis::results::{Analysis, Finding, SeriesResult};

use super::text;

/// Lines that it may have.
const LINES: usize = 2;

/// The gravest finding about a cost that grows faster than the layers, in at most two lines; no line
/// without one.
pub(super) fn story(analysis: &Analysis, size: f64, room: f64) -> Vec<String> {
    sentence(analysis).map_or_else(Vec::new, |sentence| {
        text::wrap(&sentence, size, room, LINES)
    })
}

/// The finding's title, with the series it is about and the others for which it holds too.
fn sentence(analysis: &Analysis) -> Option<String> {
    let found = |series| Some((series, superlinear(series)?));
    let mut found: Vec<(&SeriesResult, &Finding)> =
        analysis.series.iter().filter_map(found).collect();
    let power = |series: &SeriesResult| series.shape.exponent.unwrap_or(0.0);
    found.sort_by(|(a, _), (b, _)| power(b).total_cmp(&power(a)));
    found.sort_by_key(|(_, finding)| Reverse(finding.confidence));
    let ((series, finding), others) = found.split_first()?;
    let mut out = if analysis.series.len() > 1 && !finding.title.contains(&series.label) {
        format!("{}: {}", series.label, finding.title)
    } else {
        finding.title.clone()
    };
    if !others.is_empty() {
        let labels: Vec<&str> = others
            .iter()
            .map(|(series, _)| series.label.as_str())
            .collect();
        let _ = write!(out, " The same holds for {}.", labels.join(", "));
    }
    Some(out)
}

fn superlinear(series: &SeriesResult) -> Option<&Finding> {
    series
        .findings
        .iter()
        .find(|finding| finding.code == "superlinear")
}
