//! The table of all series, which the page's script makes sortable.

use toll_analysis::results::{Analysis, Cell, Estimate, InstrumentResult, SeriesResult};

use super::escape::esc;
use crate::format;
use crate::plot::palette;
use crate::view;

/// One cell: what is shown, and the number that it is sorted by.
struct Field {
    html: String,
    sort: Option<f64>,
}

/// A column: its head, and its field for a series.
struct Column {
    head: &'static str,
    field: fn(&InstrumentResult) -> Field,
}

const COLUMNS: [Column; 11] = [
    Column {
        head: "base µs",
        field: |result| estimated(result.base.as_ref()),
    },
    Column {
        head: "first layer, extra µs",
        field: |result| estimated(result.first_layer.as_ref()),
    },
    Column {
        head: "toll per layer µs",
        field: |result| toll(result),
    },
    Column {
        head: "toll of base",
        field: |result| share(result),
    },
    Column {
        head: "shape",
        field: |result| shape(result),
    },
    Column {
        head: "requests/s, n = {low}",
        field: |result| rate(view::ends(result).map(|(first, _)| first)),
    },
    Column {
        head: "requests/s, n = {high}",
        field: |result| rate(view::ends(result).map(|(_, last)| last)),
    },
    Column {
        head: "p99 ms, n = {low}",
        field: |result| p99(view::ends(result).map(|(first, _)| first)),
    },
    Column {
        head: "p99 ms, n = {high}",
        field: |result| p99(view::ends(result).map(|(_, last)| last)),
    },
    Column {
        head: "memory, n = {high}",
        field: |result| memory(view::ends(result).map(|(_, last)| last)),
    },
    Column {
        head: "rounds",
        field: |result| Field {
            html: result.rounds.to_string(),
            sort: Some(result.rounds as f64),
        },
    },
];

/// The section with the table.
pub(super) fn section(analysis: &Analysis) -> String {
    if analysis.series.is_empty() {
        return "<section class=\"card\"><p>Nothing was measured: the suite has no series.</p></section>\n".to_owned();
    }
    let levels = view::levels(analysis);
    let levels = (
        levels.first().copied().unwrap_or(0),
        levels.last().copied().unwrap_or(0),
    );
    let heads: String = std::iter::once("series")
        .chain(COLUMNS.iter().map(|column| column.head))
        .map(|text| head(text, levels))
        .collect();
    let rows: String = analysis
        .series
        .iter()
        .enumerate()
        .map(|(at, series)| row(at, series))
        .collect();
    let note = if view::any_disbelieved(analysis) {
        "<p class=\"muted small\">Requests/s in brackets are not to be believed: the server was less than 90 % busy.</p>\n"
    } else {
        ""
    };
    format!(
        "<section>\n<h2>Series</h2>\n<div class=\"scroll card\" tabindex=\"0\" role=\"region\" aria-label=\"Table of the series\">\n\
         <table class=\"sortable\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n{note}</section>\n"
    )
}

fn head(text: &str, (low, high): (u32, u32)) -> String {
    let text = text
        .replace("{low}", &low.to_string())
        .replace("{high}", &high.to_string())
        .replace(" = ", "\u{a0}=\u{a0}");
    format!(
        "<th scope=\"col\"><button type=\"button\">{}</button></th>",
        esc(&text)
    )
}

fn row(at: usize, series: &SeriesResult) -> String {
    let colour = palette::look(at).colour;
    let label = format!(
        "<th scope=\"row\" data-sort=\"{}\"><a href=\"#series-{at}\"><span class=\"swatch\" style=\"background:{colour}\"></span>{}</a></th>",
        esc(&series.label),
        esc(&series.label)
    );
    let Some(result) = view::headline(series).filter(|_| series.error.is_none()) else {
        return format!(
            "<tr>{label}<td class=\"failed\" colspan=\"{}\" data-sort=\"\">failed</td></tr>\n",
            COLUMNS.len()
        );
    };
    let fields: String = COLUMNS
        .iter()
        .map(|column| cell(&(column.field)(result)))
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

fn nothing() -> Field {
    Field {
        html: format::NONE.to_owned(),
        sort: None,
    }
}

fn estimated(estimate: Option<&Estimate>) -> Field {
    estimate.map_or_else(nothing, |estimate| Field {
        html: interval(estimate),
        sort: Some(estimate.estimate),
    })
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

fn shape(result: &InstrumentResult) -> Field {
    let kind = result.shape.kind;
    Field {
        html: view::shape_word(kind).to_owned(),
        sort: Some(f64::from(kind as u8)),
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
