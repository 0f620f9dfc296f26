//! Everything about each series, folded.

use toll_analysis::results::{Analysis, Cell, InstrumentResult, SeriesResult};
use toll_core::axes::ORDER;

use super::escape::esc;
use super::series_table::interval;
use crate::format;
use crate::view::{self, Failed};

/// All series, one fold each.
pub(super) fn section(analysis: &Analysis) -> String {
    if analysis.series.is_empty() {
        return String::new();
    }
    let folds: String = analysis
        .series
        .iter()
        .enumerate()
        .map(|(at, series)| fold(at, series))
        .collect();
    format!("<section>\n<h2>Details</h2>\n{folds}</section>\n")
}

/// A failure as a card, with the end of its log.
pub(super) fn failure(failed: &Failed<'_>) -> String {
    let log = &failed.failure.log_tail;
    let log = if log.is_empty() {
        String::new()
    } else {
        format!("<pre>{}</pre>\n", esc(&log.join("\n")))
    };
    format!(
        "<article class=\"card finding certain\">\n<h3><b>{}</b>: {}</h3>\n{log}<p class=\"small muted\"><code>{}</code></p>\n</article>\n",
        esc(&failed.name()),
        esc(&failed.failure.to_string()),
        esc(&failed.failure.code)
    )
}

fn fold(at: usize, series: &SeriesResult) -> String {
    let state = if series.error.is_some() {
        " <span class=\"failed\">failed</span>"
    } else {
        ""
    };
    let failures: String = view::failed_in(series).iter().map(failure).collect();
    let instruments: String = series
        .instruments
        .iter()
        .map(|(name, result)| instrument(name, result))
        .collect();
    format!(
        "<details class=\"card\" id=\"series-{at}\">\n<summary>{}{state}</summary>\n<p>{}</p>\n{failures}{instruments}{}{}{}{}{}</details>\n",
        esc(&series.label),
        esc(&series.about),
        axes(series),
        list("Notes", &series.notes),
        list("Switched off", &series.switched_off),
        pre("Server", &series.server_command),
        pre("Lock", &series.lock.join("\n")),
    )
}

fn axes(series: &SeriesResult) -> String {
    let mut known: Vec<(&str, &str)> = ORDER
        .iter()
        .map(|axis| (*axis, series.axes.get(axis)))
        .collect();
    known.extend(series.axes.iter().filter(|(axis, _)| !ORDER.contains(axis)));
    known.push(("style", &series.style));
    super::machine::definitions(
        known
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    )
}

fn list(title: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items
        .iter()
        .map(|item| format!("<li>{}</li>", esc(item)))
        .collect::<Vec<_>>()
        .concat();
    format!("<h4>{title}</h4>\n<ul>{items}</ul>\n")
}

fn pre(title: &str, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("<h4>{title}</h4>\n<pre>{}</pre>\n", esc(text))
    }
}

/// A column of the table of cells: its head and what it shows.
type CellColumn = (&'static str, fn(&Cell) -> Option<String>);

const CELL_COLUMNS: [CellColumn; 13] = [
    ("n", |cell| Some(cell.middlewares.to_string())),
    ("server CPU µs", |cell| {
        cell.server_cpu_us.as_ref().map(interval)
    }),
    ("requests/s", |cell| {
        let rate = interval(cell.requests_per_s.as_ref()?);
        Some(if cell.requests_per_s_believed {
            rate
        } else {
            format!("<span class=\"muted\">({rate})</span>")
        })
    }),
    ("p50 ms", |cell| {
        Some(format::millis(cell.latency.as_ref()?.p50_us))
    }),
    ("p90 ms", |cell| {
        Some(format::millis(cell.latency.as_ref()?.p90_us))
    }),
    ("p99 ms", |cell| {
        Some(format::millis(cell.latency.as_ref()?.p99_us))
    }),
    ("server busy", |cell| {
        cell.server_utilisation.map(format::percent)
    }),
    ("generator busy", |cell| {
        cell.client_utilisation.map(format::percent)
    }),
    ("Little’s law", |cell| {
        cell.littles_law_ratio.map(format::significant)
    }),
    ("memory", |cell| cell.resident_bytes.map(format::bytes)),
    ("requests", |cell| Some(format::count(cell.requests))),
    ("slices, rounds", |cell| {
        Some(format!("{}, {}", cell.slices, cell.rounds))
    }),
    ("errors", |cell| Some(errors(cell))),
];

fn errors(cell: &Cell) -> String {
    if let Some(failure) = &cell.error {
        return format!(
            "<span class=\"failed\">{}</span>",
            esc(&failure.to_string())
        );
    }
    let counted: Vec<String> = cell
        .errors
        .iter()
        .map(|(class, count)| format!("{} {}", format::count(*count), esc(class)))
        .collect();
    if counted.is_empty() {
        "0".to_owned()
    } else {
        counted.join(", ")
    }
}

fn instrument(name: &str, result: &InstrumentResult) -> String {
    let heads: String = CELL_COLUMNS
        .iter()
        .map(|(head, _)| format!("<th scope=\"col\">{head}</th>"))
        .collect::<Vec<_>>()
        .concat();
    let row = |cell: &Cell| {
        let fields = CELL_COLUMNS
            .iter()
            .map(|(_, field)| field(cell).unwrap_or_else(|| format::NONE.to_owned()));
        format!(
            "<tr>{}</tr>\n",
            fields
                .map(|field| format!("<td>{field}</td>"))
                .collect::<Vec<_>>()
                .concat()
        )
    };
    let rows: String = result.cells.iter().map(row).collect();
    format!(
        "<h4>{}</h4>\n<p>{}</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cells\">\n\
         <table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n",
        esc(name),
        model(result)
    )
}

/// The fitted model in one line.
fn model(result: &InstrumentResult) -> String {
    let terms = [
        ("base", result.base.as_ref(), "µs"),
        ("first layer, extra", result.first_layer.as_ref(), "µs"),
        ("toll per layer", result.toll.as_ref(), "µs"),
        (
            "curvature",
            result.shape.curvature.as_ref(),
            "µs per layer²",
        ),
    ];
    let known = terms.iter().filter_map(|(name, estimate, unit)| {
        Some(format!("{name} {} {unit}", interval((*estimate)?)))
    });
    let mut words: Vec<String> = known.collect();
    words.push(format!("shape: {}", view::shape_word(result.shape.kind)));
    words.push(format!("{} rounds", result.rounds));
    words.join(" · ")
}
