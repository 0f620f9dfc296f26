//! What every format shows, taken out of the analysis once: the headline instrument, shapes,
//! grouped findings and notes.

use toll_analysis::results::{
    Analysis, Cell, Confidence, Finding, InstrumentResult, SeriesResult, Shape, ShapeKind,
};

use crate::tables::{TABLES, Table};

/// The instrument that speaks for a series: a real server under load where there is one.
pub(crate) fn headline(series: &SeriesResult) -> Option<&InstrumentResult> {
    TABLES
        .iter()
        .find_map(|table| series.instruments.get(table.instrument))
        .or_else(|| series.instruments.values().next())
}

/// Whether any series was measured by that instrument.
pub(crate) fn occurs(analysis: &Analysis, instrument: &str) -> bool {
    analysis
        .series
        .iter()
        .any(|series| series.instruments.contains_key(instrument))
}

/// The cell without middlewares and the one with the most of them, among those that were measured.
pub(crate) fn ends(result: &InstrumentResult) -> Option<(&Cell, &Cell)> {
    let mut measured = result.cells.iter().filter(|cell| cell.error.is_none());
    let first = measured.next()?;
    Some((first, measured.next_back().unwrap_or(first)))
}

/// The least and the greatest number of middlewares of the series in a table; the words `lowest`
/// and `highest` where the series differ in them.
pub(crate) fn level_ends(results: &[&InstrumentResult]) -> Option<(String, String)> {
    let levels = |result: &&InstrumentResult| {
        let levels = || result.cells.iter().map(|cell| cell.middlewares);
        Some((levels().min()?, levels().max()?))
    };
    let mut ends: Vec<(u32, u32)> = results.iter().filter_map(levels).collect();
    ends.dedup();
    match ends[..] {
        [] => None,
        [(low, high)] => Some((low.to_string(), high.to_string())),
        _ => Some(("lowest".to_owned(), "highest".to_owned())),
    }
}

/// From which to which number of middlewares: `n = 0 → 20`, or `lowest → highest n`.
pub(crate) fn level_range(analysis: &Analysis, table: &Table) -> String {
    let results: Vec<_> = table.results(analysis).collect();
    match level_ends(&results) {
        None => String::new(),
        Some((low, high)) if low == high => format!("n = {low}"),
        Some((low, high)) if low == "lowest" => format!("{low} → {high} n"),
        Some((low, high)) => format!("n = {low} → {high}"),
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

/// Whether any cell tells the rates of short windows.
pub(crate) fn any_windows(analysis: &Analysis) -> bool {
    cells(analysis).any(|cell| cell.window_rate.is_some())
}

/// Whether a cell has anything that can be drawn.
pub(crate) fn has_numbers(cell: &Cell) -> bool {
    cell.cost_us().is_some() || cell.requests_per_s.is_some() || !cell.counts.is_empty()
}

/// Whether a series failed as a whole, or with this one of its instruments.
pub(crate) fn failed_here(series: &SeriesResult, result: Option<&InstrumentResult>) -> bool {
    let several = series.instruments.len() > 1;
    let in_vain = |result: &InstrumentResult| {
        !result.cells.is_empty() && result.cells.iter().all(|cell| cell.error.is_some())
    };
    series.error.is_some() || (several && result.is_some_and(in_vain))
}

/// A shape in words, with the power where it is superlinear: `superlinear n^1.9`.
pub(crate) fn shape_words(shape: &Shape) -> String {
    let word = shape_word(shape.kind);
    match power(shape) {
        Some(power) => format!("{word} {power}"),
        None => word.to_owned(),
    }
}

/// The power with which a superlinear cost grows: `n^1.9`.
pub(crate) fn power(shape: &Shape) -> Option<String> {
    let exponent = shape.exponent.filter(|exponent| exponent.is_finite())?;
    (shape.kind == ShapeKind::Superlinear).then(|| format!("n^{exponent:.1}"))
}

/// The word for a shape.
pub(crate) fn shape_word(kind: ShapeKind) -> &'static str {
    match kind {
        ShapeKind::Linear => "linear",
        ShapeKind::Superlinear => "superlinear",
        ShapeKind::Step => "first layer only",
        ShapeKind::Flat => "flat",
        ShapeKind::Unclear => "unclear",
    }
}
