//! The columns of `load`: the page has room for both ends of what a server did.

use toll_analysis::results::{Analysis, Cell, InstrumentResult};

use super::series_table::{Field, HtmlColumn, estimated, field, nothing};
use crate::format;
use crate::tables::{self, Row, Table};
use crate::view;

/// A column: its head, and its field for a series.
type LoadColumn = (&'static str, fn(&Row<'_>, &InstrumentResult) -> Field);

const LOAD: [LoadColumn; 11] = [
    ("base µs", |_, result| estimated(result.base.as_ref())),
    ("first layer, extra µs", |_, result| {
        estimated(result.first_layer.as_ref())
    }),
    ("toll per layer µs", |_, result| toll(result)),
    ("toll of base", |_, result| share(result)),
    ("shape", |row, _| field(&(tables::SHAPE.entry)(row))),
    ("requests/s, n = {low}", |_, result| {
        rate(view::ends(result).map(|(first, _)| first))
    }),
    ("requests/s, n = {high}", |_, result| {
        rate(view::ends(result).map(|(_, last)| last))
    }),
    ("p99 ms, n = {low}", |_, result| {
        p99(view::ends(result).map(|(first, _)| first))
    }),
    ("p99 ms, n = {high}", |_, result| {
        p99(view::ends(result).map(|(_, last)| last))
    }),
    ("memory, n = {high}", |_, result| {
        memory(view::ends(result).map(|(_, last)| last))
    }),
    ("rounds", |_, result| Field {
        html: result.rounds.to_string(),
        sort: Some(result.rounds as f64),
    }),
];

/// The columns, their heads with the numbers of middlewares.
pub(super) fn columns(analysis: &Analysis, table: &Table) -> Vec<HtmlColumn> {
    let results: Vec<_> = table.results(analysis).collect();
    let (low, high) =
        view::level_ends(&results).unwrap_or_else(|| ("0".to_owned(), "0".to_owned()));
    let level = |level: &str| match level {
        "lowest" | "highest" => format!("{level} n"),
        _ => format!("n\u{a0}=\u{a0}{level}"),
    };
    let column = |(head, field): &LoadColumn| {
        let field = *field;
        HtmlColumn {
            head: head
                .replace("n = {low}", &level(&low))
                .replace("n = {high}", &level(&high)),
            field: Box::new(move |row| {
                row.result.map_or_else(nothing, |result| field(row, result))
            }),
        }
    };
    LOAD.iter().map(column).collect()
}

fn toll(result: &InstrumentResult) -> Field {
    let Field { html, sort } = estimated(result.toll.as_ref());
    let mark = if result.precise || sort.is_none() {
        ""
    } else {
        "<abbr title=\"the interval is wider than was asked for\">*</abbr>"
    };
    Field {
        html: format!("<strong>{html}</strong>{mark}"),
        sort,
    }
}

fn share(result: &InstrumentResult) -> Field {
    match (&result.base, &result.toll) {
        (Some(base), Some(toll)) if base.estimate > 0.0 => {
            let share = toll.estimate / base.estimate;
            Field {
                html: format::percent(share),
                sort: Some(share),
            }
        }
        _ => nothing(),
    }
}

fn rate(cell: Option<&Cell>) -> Field {
    let Some((cell, rate)) = cell.and_then(|cell| Some((cell, cell.requests_per_s.as_ref()?)))
    else {
        return nothing();
    };
    let text = format::rate(rate.estimate);
    let html = if cell.requests_per_s_believed {
        text
    } else {
        format!("<span class=\"muted\">({text})</span>")
    };
    Field {
        html,
        sort: Some(rate.estimate),
    }
}

fn p99(cell: Option<&Cell>) -> Field {
    let latency = cell.and_then(|cell| cell.latency.as_ref());
    latency.map_or_else(nothing, |latency| Field {
        html: format::millis(latency.p99_us),
        sort: Some(latency.p99_us),
    })
}

fn memory(cell: Option<&Cell>) -> Field {
    let bytes = cell.and_then(|cell| cell.resident_bytes);
    bytes.map_or_else(nothing, |bytes| Field {
        html: format::bytes(bytes),
        sort: Some(bytes as f64),
    })
}
