//! One section for each instrument: what it is, its chart, its table.

use toll_analysis::results::Analysis;

use super::escape::esc;
use super::series_table;
use crate::tables::{self, Table};
use crate::view;

/// All sections, in the order in which an instrument speaks for a series.
pub(super) fn sections(analysis: &Analysis) -> String {
    if analysis.series.is_empty() {
        return "<section class=\"card\"><p>No series has numbers, so there is no chart.</p></section>\n\
                <section class=\"card\"><p>Nothing was measured: the suite has no series.</p></section>\n"
            .to_owned();
    }
    let section = |table: &&'static Table| section(analysis, table);
    tables::occurring(analysis).iter().map(section).collect()
}

/// Links to the sections of a page that has several.
pub(super) fn navigation(analysis: &Analysis) -> String {
    if !tables::headed(analysis) || analysis.series.is_empty() {
        return String::new();
    }
    let tables = tables::occurring(analysis);
    let instruments = tables
        .iter()
        .map(|table| (table.instrument, table.instrument));
    let findings = view::findings(analysis).len();
    let findings = (findings > 0).then_some(("findings", "findings"));
    let links: Vec<String> = instruments
        .chain(findings)
        .chain([("details", "details of each series")])
        .map(|(id, name)| format!("<a href=\"#{id}\">{name}</a>"))
        .collect();
    format!("<nav>{}</nav>\n", links.join(" · "))
}

fn section(analysis: &Analysis, table: &Table) -> String {
    let name = table.instrument;
    let (heading, between) = if tables::headed(analysis) {
        let about = esc(&(table.about)(analysis));
        (format!("<h2>{name}</h2>\n<p>{}</p>\n", capital(&about)), "")
    } else {
        (String::new(), "<h2>Series</h2>\n")
    };
    format!(
        "<section id=\"{name}\">\n{heading}{}{between}{}</section>\n",
        chart(analysis, table),
        series_table::table(analysis, table)
    )
}

/// A sentence begins with a capital letter and ends with a full stop.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.map_or_else(String::new, |first| format!("{first}{}.", chars.as_str()))
}

/// The script fills this in; without one the tables say the same.
fn chart(analysis: &Analysis, table: &Table) -> String {
    let drawn = table
        .results(analysis)
        .flat_map(|result| &result.cells)
        .any(view::has_numbers);
    if !drawn {
        return "<div class=\"card chart-card\"><p>No series has numbers, so there is no chart.</p></div>\n".to_owned();
    }
    format!(
        "<div class=\"card chart-card\" data-instrument=\"{}\">\n<div class=\"toggles\"></div>\n\
         <div class=\"chart\" role=\"img\" aria-label=\"The chosen quantity against the number of middlewares; the tables below hold the same numbers\"></div>\n\
         <p class=\"muted small hint\"></p>\n<noscript><p>The chart needs JavaScript; the tables do not.</p></noscript>\n</div>\n",
        table.instrument
    )
}
