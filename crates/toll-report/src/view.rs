//! What every format shows, taken out of the analysis once: the headline instrument, failures,
//! grouped findings and notes.

use toll_analysis::results::{Analysis, Cell, Confidence, Finding, InstrumentResult, SeriesResult};
use toll_core::failure::Failure;

/// Instruments in the order in which one of them speaks for a series.
const HEADLINE: [&str; 3] = ["load", "direct", "counts"];

/// The instrument that speaks for a series: a real server under load where there is one.
pub(crate) fn headline(series: &SeriesResult) -> Option<&InstrumentResult> {
    HEADLINE
        .iter()
        .find_map(|name| series.instruments.get(*name))
        .or_else(|| series.instruments.values().next())
}

/// The cell without middlewares and the one with the most of them, among those that were measured.
pub(crate) fn ends(result: &InstrumentResult) -> Option<(&Cell, &Cell)> {
    let mut measured = result.cells.iter().filter(|cell| cell.error.is_none());
    let first = measured.next()?;
    Some((first, measured.next_back().unwrap_or(first)))
}

/// From which to which number of middlewares: `n = 0 → 20`.
pub(crate) fn level_range(analysis: &Analysis) -> String {
    match levels(analysis)[..] {
        [] => String::new(),
        [only] => format!("n = {only}"),
        [lowest, .., highest] => format!("n = {lowest} → {highest}"),
    }
}

/// Every cell of the headline instruments.
pub(crate) fn cells(analysis: &Analysis) -> impl Iterator<Item = &Cell> {
    analysis
        .series
        .iter()
        .filter_map(headline)
        .flat_map(|result| &result.cells)
}

/// The numbers of middlewares that occur, rising.
pub(crate) fn levels(analysis: &Analysis) -> Vec<u32> {
    let mut levels: Vec<u32> = cells(analysis).map(|cell| cell.middlewares).collect();
    levels.sort_unstable();
    levels.dedup();
    levels
}

/// A failure and what it struck.
pub(crate) struct Failed<'a> {
    /// The series' label.
    pub(crate) label: &'a str,
    /// Numbers of middlewares; empty where the whole series failed.
    pub(crate) levels: Vec<u32>,
    /// What happened.
    pub(crate) failure: &'a Failure,
}

impl Failed<'_> {
    /// The label, with the levels where only some cells failed: `muffin 1.2 at 5, 10 middlewares`.
    pub(crate) fn name(&self) -> String {
        if self.levels.is_empty() {
            return self.label.to_owned();
        }
        let levels: Vec<String> = self.levels.iter().map(u32::to_string).collect();
        let noun = if self.levels == [1] {
            "middleware"
        } else {
            "middlewares"
        };
        format!("{} at {} {noun}", self.label, levels.join(", "))
    }
}

/// Failed series, and failed cells of the others; equal failures of one series are one entry.
pub(crate) fn failed(analysis: &Analysis) -> Vec<Failed<'_>> {
    analysis.series.iter().flat_map(failed_in).collect()
}

/// The failures of one series.
pub(crate) fn failed_in(series: &SeriesResult) -> Vec<Failed<'_>> {
    if let Some(failure) = &series.error {
        return vec![Failed {
            label: &series.label,
            levels: Vec::new(),
            failure,
        }];
    }
    let mut found: Vec<Failed<'_>> = Vec::new();
    for cell in series.instruments.values().flat_map(|result| &result.cells) {
        let Some(failure) = &cell.error else { continue };
        match found.iter_mut().find(|known| {
            known.failure.code == failure.code && known.failure.message == failure.message
        }) {
            Some(known) if known.levels.contains(&cell.middlewares) => {}
            Some(known) => known.levels.push(cell.middlewares),
            None => found.push(Failed {
                label: &series.label,
                levels: vec![cell.middlewares],
                failure,
            }),
        }
    }
    found
}

/// Findings with the same code and the same advice, said once.
pub(crate) struct FindingGroup<'a> {
    /// The stable word.
    pub(crate) code: &'a str,
    /// The surest of the group.
    pub(crate) confidence: Confidence,
    /// What to do.
    pub(crate) advice: &'a str,
    /// The label of the series, if it is about one, and the finding.
    pub(crate) items: Vec<(Option<&'a str>, &'a Finding)>,
}

/// All findings, those about the run first, grouped, the surest groups first.
pub(crate) fn findings(analysis: &Analysis) -> Vec<FindingGroup<'_>> {
    let of_run = analysis.findings.iter().map(|finding| (None, finding));
    let of_series = analysis.series.iter().flat_map(|s| {
        s.findings
            .iter()
            .map(|finding| (Some(s.label.as_str()), finding))
    });
    let mut groups: Vec<FindingGroup<'_>> = Vec::new();
    for (label, finding) in of_run.chain(of_series) {
        match groups
            .iter_mut()
            .find(|group| group.code == finding.code && group.advice == finding.advice)
        {
            Some(group) => {
                group.confidence = group.confidence.max(finding.confidence);
                group.items.push((label, finding));
            }
            None => groups.push(FindingGroup {
                code: &finding.code,
                confidence: finding.confidence,
                advice: &finding.advice,
                items: vec![(label, finding)],
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.confidence));
    groups
}

/// Notes of the series, each once, with whom it holds for as in `starlette 1.0, falcon 4.0: `.
pub(crate) fn notes(analysis: &Analysis) -> Vec<(&str, String)> {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for series in &analysis.series {
        for note in &series.notes {
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, labels)) => labels.push(&series.label),
                None => notes.push((note, vec![&series.label])),
            }
        }
    }
    let all = analysis.series.len();
    notes
        .into_iter()
        .map(|(note, labels)| (note, whom(&labels, all)))
        .collect()
}

/// The first few labels and a colon; nothing where it holds for all.
fn whom(labels: &[&str], all: usize) -> String {
    const NAMED: usize = 4;
    if labels.len() == all && all > 1 {
        return String::new();
    }
    let named = labels[..labels.len().min(NAMED)].join(", ");
    let more = labels.len().saturating_sub(NAMED);
    if more == 0 {
        format!("{named}: ")
    } else {
        format!("{named} and {more} more: ")
    }
}

/// How a confidence is said.
pub(crate) fn confidence_word(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// Whether any requests/s of the headline instruments are shown but not believed.
pub(crate) fn any_disbelieved(analysis: &Analysis) -> bool {
    cells(analysis).any(|cell| cell.requests_per_s.is_some() && !cell.requests_per_s_believed)
}

/// Whether a series has at least one point that can be drawn.
pub(crate) fn has_numbers(series: &SeriesResult) -> bool {
    headline(series).is_some_and(|result| {
        result
            .cells
            .iter()
            .any(|cell| cell.server_cpu_us.is_some() || cell.requests_per_s.is_some())
    })
}

/// The word for a shape.
pub(crate) fn shape_word(kind: toll_analysis::results::ShapeKind) -> &'static str {
    use toll_analysis::results::ShapeKind;
    match kind {
        ShapeKind::Linear => "linear",
        ShapeKind::Superlinear => "superlinear",
        ShapeKind::Step => "first layer only",
        ShapeKind::Flat => "flat",
        ShapeKind::Unclear => "unclear",
    }
}
