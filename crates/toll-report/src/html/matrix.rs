//! Every count of a series at every number of middlewares.

use toll_analysis::results::{Cell, InstrumentResult};

use super::escape::esc;
use super::series_table::shape_html;
use crate::format;
use crate::tables;

/// The counts as a matrix; nothing where nothing was counted.
pub(super) fn matrix(result: &InstrumentResult) -> String {
    let names = result.cells.iter().flat_map(|cell| cell.counts.keys());
    let names = tables::sort_names(names.map(String::as_str));
    if names.is_empty() {
        return String::new();
    }
    let levels: String = result
        .cells
        .iter()
        .map(|cell| format!("<th scope=\"col\">n\u{a0}=\u{a0}{}</th>", cell.middlewares))
        .collect::<Vec<_>>()
        .concat();
    let rows: String = names.iter().map(|name| row(name, result)).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Counts\">\n<table>\n\
         <thead><tr><th scope=\"col\">per request</th>{levels}<th scope=\"col\">per layer</th><th scope=\"col\">shape</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

fn row(name: &str, result: &InstrumentResult) -> String {
    let cells: String = result.cells.iter().map(|cell| field(name, cell)).collect();
    let known = result.counts.get(name);
    let toll = known.and_then(|count| count.toll).map(format::exact);
    let shape = known.map(|count| shape_html(&count.shape));
    let or_none = |text: Option<String>| text.unwrap_or_else(|| format::NONE.to_owned());
    format!(
        "<tr><th scope=\"row\">{}</th>{cells}<td>{}</td><td>{}</td></tr>\n",
        esc(&tables::name_of(name)),
        or_none(toll),
        or_none(shape)
    )
}

/// A count, with the reason where equal requests give different ones.
fn field(name: &str, cell: &Cell) -> String {
    if cell.error.is_some() {
        return "<td><span class=\"failed\">failed</span></td>".to_owned();
    }
    let Some(count) = cell.counts.get(name) else {
        return format!("<td>{}</td>", format::NONE);
    };
    let cause = match &count.cause {
        Some(cause) if count.low != count.high => format!("<br><small>{}</small>", esc(cause)),
        _ => String::new(),
    };
    format!("<td>{}{cause}</td>", tables::count_of(count))
}
