//! The table of an instrument, which the page's script makes sortable.

use toll_analysis::results::{Analysis, Estimate, Shape};

use super::escape::esc;
use super::load_table;
use crate::format;
use crate::plot::palette;
use crate::tables::{Column, Entry, Part, Role, Row, Table};
use crate::view;

/// One cell: what is shown, and what it is sorted by.
pub(super) struct Field {
    pub(super) html: String,
    pub(super) sort: Option<f64>,
}

/// A column: its head, and its field for a series.
pub(super) struct HtmlColumn {
    pub(super) head: String,
    pub(super) field: Box<dyn Fn(&Row<'_>) -> Field>,
}

/// The table of one instrument, and its marks explained.
pub(super) fn table(analysis: &Analysis, table: &Table) -> String {
    let rows = table.rows(analysis);
    let columns = if table.instrument == "load" {
        load_table::columns(analysis, table)
    } else {
        columns(analysis, table, &rows)
    };
    let heads: String = std::iter::once("series")
        .chain(columns.iter().map(|column| column.head.as_str()))
        .map(head)
        .collect();
    let body: String = rows.iter().map(|at| row(at, &columns)).collect();
    let marks: String = marks(analysis, table)
        .iter()
        .map(|mark| format!("<p class=\"muted small\">{}</p>\n", esc(mark)))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "<div class=\"scroll card\" tabindex=\"0\" role=\"region\" aria-label=\"Table of the series\">\n\
         <table class=\"sortable\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</div>\n{marks}"
    )
}

/// The columns of the terminal, but for the label, the bar, and those that say nothing.
fn columns(analysis: &Analysis, table: &Table, rows: &[Row<'_>]) -> Vec<HtmlColumn> {
    let levels = view::level_range(analysis, table).replace(' ', "\u{a0}");
    let said = |column: &&Column| rows.iter().any(|row| !(column.entry)(row).parts.is_empty());
    let column = |column: &Column| {
        let entry = column.entry;
        HtmlColumn {
            head: column.head(&levels),
            field: Box::new(move |row| field(&entry(row))),
        }
    };
    table
        .columns
        .iter()
        .skip(1)
        .filter(|column| !column.name.is_empty())
        .filter(said)
        .map(column)
        .collect()
}

/// What the tables say as a field.
pub(super) fn field(entry: &Entry) -> Field {
    let part = |part: &Part| {
        let text = powered(&esc(&part.text));
        match part.role {
            _ if text.is_empty() => text,
            Role::Plain | Role::Hint => text,
            Role::Strong => format!("<strong>{text}</strong>"),
            Role::Interval => format!("<small>{text}</small>"),
            Role::Dim => format!("<span class=\"muted\">{text}</span>"),
            Role::Good => format!("<span class=\"good\">{text}</span>"),
            Role::Warn => format!("<span class=\"warn\">{text}</span>"),
            Role::Bad => format!("<span class=\"failed\">{text}</span>"),
        }
    };
    let parts: Vec<String> = entry.parts.iter().map(part).collect();
    Field {
        html: parts.join(" ").trim_end().to_owned(),
        sort: entry.sort,
    }
}

/// The page explains its own mark at a toll where it stands, and says of the others what the terminal says.
fn marks(analysis: &Analysis, table: &Table) -> Vec<String> {
    if table.instrument != "load" {
        return (table.marks)(analysis);
    }
    let doubted =
        "Requests/s in brackets are not to be believed: the server was less than 90 % busy.";
    view::any_disbelieved(analysis)
        .then(|| doubted.to_owned())
        .into_iter()
        .collect()
}

fn head(text: &str) -> String {
    format!(
        "<th scope=\"col\"><button type=\"button\">{}</button></th>",
        esc(text)
    )
}

fn row(row: &Row<'_>, columns: &[HtmlColumn]) -> String {
    let (at, label) = (row.at, esc(&row.series.label));
    let colour = palette::look(at).colour;
    let label = format!(
        "<th scope=\"row\" data-sort=\"{label}\"><a href=\"#series-{at}\"><span class=\"swatch\" style=\"background:{colour}\"></span>{label}</a></th>",
    );
    if row.result.is_none() || view::failed_here(row.series, row.result) {
        return format!(
            "<tr>{label}<td class=\"failed\" colspan=\"{}\" data-sort=\"\">failed</td></tr>\n",
            columns.len()
        );
    }
    let fields: String = columns
        .iter()
        .map(|column| cell(&(column.field)(row)))
        .collect();
    format!("<tr>{label}{fields}</tr>\n")
}

fn cell(field: &Field) -> String {
    let sort = field
        .sort
        .filter(|sort| sort.is_finite())
        .map(|sort| sort.to_string())
        .unwrap_or_default();
    format!("<td data-sort=\"{sort}\">{}</td>", field.html)
}

/// A number that is missing.
pub(super) fn nothing() -> Field {
    Field {
        html: format::NONE.to_owned(),
        sort: None,
    }
}

/// An estimate as a field.
pub(super) fn estimated(estimate: Option<&Estimate>) -> Field {
    estimate.map_or_else(nothing, |estimate| Field {
        html: interval(estimate),
        sort: Some(estimate.estimate),
    })
}

/// A shape with its power set high.
pub(super) fn shape_html(shape: &Shape) -> String {
    powered(&esc(&view::shape_words(shape)))
}

/// `n^1.9` with the power set high.
fn powered(text: &str) -> String {
    match text.rsplit_once("n^") {
        Some((before, power)) => format!("{before}n<sup>{power}</sup>"),
        None => text.to_owned(),
    }
}

/// An estimate with its interval set smaller.
pub(super) fn interval(estimate: &Estimate) -> String {
    let written = format::spread(estimate);
    let title = format!(
        "{} % interval",
        format::significant(estimate.confidence * 100.0)
    );
    format!(
        "{} <small title=\"{}\">{}</small>",
        esc(&written.value),
        esc(&title),
        esc(&written.interval)
    )
}
