//! The page from top to bottom.

use toll_analysis::results::{Analysis, Confidence};

use super::escape::esc;
use super::{data, details, instruments, machine};
use crate::facts;
use crate::failed;
use crate::registry::RenderError;
use crate::view::{self, FindingGroup};

const CSS: &str = include_str!("../../assets/report.css");
const JS: &str = include_str!("../../assets/report.js");
const ECHARTS: &str = include_str!("../../assets/echarts/echarts.min.js");

/// Nothing may be fetched from anywhere: the page is whole.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'";

/// The whole document.
pub(super) fn page(analysis: &Analysis) -> Result<String, RenderError> {
    let body = [
        header(analysis),
        instruments::sections(analysis),
        findings(analysis),
        failures(analysis),
        notes(analysis),
        details::section(analysis),
        machine::section(analysis),
    ];
    let title = esc(&analysis.suite);
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}: what a layer of middleware costs</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n<main>\n{}</main>\n{}\
         <script>{ECHARTS}</script>\n<script>\n{JS}</script>\n</body>\n</html>\n",
        body.concat(),
        data::data(analysis)?,
    ))
}

fn header(analysis: &Analysis) -> String {
    let mut measured = facts::common(analysis);
    measured.push(facts::requests(analysis));
    measured.push(facts::extent(analysis));
    let caveats: String = facts::caveats(analysis)
        .iter()
        .map(|text| format!("<p class=\"caveat\">{}</p>\n", esc(text)))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "<header>\n<h1>What a layer of middleware costs: <span>{}</span></h1>\n<p>{}</p>\n<p class=\"muted\">{} · {}</p>\n{caveats}{}</header>\n",
        esc(&analysis.suite),
        esc(&measured.join(" · ")),
        esc(&facts::machine(&analysis.host)),
        esc(&facts::started(analysis)),
        instruments::navigation(analysis),
    )
}

fn findings(analysis: &Analysis) -> String {
    let groups = view::findings(analysis);
    if groups.is_empty() {
        return String::new();
    }
    let cards: String = groups.iter().map(finding).collect();
    format!(
        "<section id=\"findings\">\n<h2>Findings</h2>\n<div class=\"cards\">\n{cards}</div>\n</section>\n"
    )
}

fn finding(group: &FindingGroup<'_>) -> String {
    let class = match group.confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    };
    let items: String = group
        .items
        .iter()
        .map(|(label, finding)| {
            let whom = label
                .map(|label| format!("<b>{}</b>: ", esc(label)))
                .unwrap_or_default();
            format!(
                "<h3>{whom}{}</h3>\n<p>{}</p>\n",
                esc(&finding.title),
                esc(&finding.evidence)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let word = view::confidence_word(group.confidence);
    let advice = if group.advice.is_empty() {
        String::new()
    } else {
        format!("<p class=\"advice\">{}</p>\n", esc(group.advice))
    };
    format!(
        "<article class=\"card finding {class}\">\n{items}{advice}<p class=\"small muted\"><code>{}</code> · {word}</p>\n</article>\n",
        esc(group.code)
    )
}

fn failures(analysis: &Analysis) -> String {
    let failed = failed::failed(analysis);
    if failed.is_empty() {
        return String::new();
    }
    let cards: String = failed.iter().map(details::failure).collect();
    format!("<section>\n<h2>No numbers</h2>\n<div class=\"cards\">\n{cards}</div>\n</section>\n")
}

fn notes(analysis: &Analysis) -> String {
    let notes = view::notes(analysis);
    if notes.is_empty() {
        return String::new();
    }
    let items: String = notes
        .iter()
        .map(|(note, whom)| format!("<li>{}{}</li>\n", esc(whom), esc(note)))
        .collect::<Vec<_>>()
        .concat();
    format!("<section>\n<h2>Notes</h2>\n<ul>\n{items}</ul>\n</section>\n")
}
