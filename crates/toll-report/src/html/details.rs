//! Everything about each series, folded.

use toll_analysis::results::{
    Analysis, Cell, Driver, Estimate, InstrumentResult, SeriesResult, ShapeSource,
};
use toll_core::axes::ORDER;

use super::escape::esc;
use super::matrix::matrix;
use super::series_table::{interval, shape_html};
use crate::failed::{self, Failed};
use crate::format;
use crate::tables::TABLES;

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
    format!("<section id=\"details\">\n<h2>Details</h2>\n{folds}</section>\n")
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
    let failures: String = failed::failed_in(series).iter().map(failure).collect();
    // Those that there is a table for, in its order.
    let instruments: String = TABLES
        .iter()
        .filter_map(|table| series.instruments.get_key_value(table.instrument))
        .map(|(name, result)| instrument(name, result))
        .collect();
    format!(
        "<details class=\"card\" id=\"series-{at}\">\n<summary>{}{state}</summary>\n<p>{}</p>\n{failures}{instruments}{}{}{}{}{}{}</details>\n",
        esc(&series.label),
        esc(&series.about),
        axes(series),
        list("Hidden layers, outermost first", &series.hidden_layers),
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

const CELL_COLUMNS: [CellColumn; 17] = [
    ("n", |cell| Some(cell.middlewares.to_string())),
    ("server CPU µs", |cell| {
        cell.server_cpu_us.as_ref().map(interval)
    }),
    ("CPU µs", |cell| cell.cpu_us.as_ref().map(interval)),
    ("wall µs", |cell| cell.wall_us.as_ref().map(interval)),
    ("requests/s", |cell| {
        let rate = interval(cell.requests_per_s.as_ref()?);
        Some(if cell.requests_per_s_believed {
            rate
        } else {
            format!("<span class=\"muted\">({rate})</span>")
        })
    }),
    (
        "p99 of 20 ms windows /s (what the original plotted)",
        |cell| Some(format::rate(cell.window_rate?.p99_requests_per_s)),
    ),
    ("÷ requests/s", |cell| {
        Some(format!("{:.2}", cell.window_rate?.over_rate))
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
    let cells = if result.cells.iter().any(|cell| !cell.counts.is_empty()) {
        matrix(result)
    } else {
        cells(&result.cells)
    };
    let driver = result.driver.as_ref().map(driver).unwrap_or_default();
    format!(
        "<h4>{}</h4>\n<p>{}</p>\n{driver}{cells}",
        esc(name),
        model(result)
    )
}

/// One row for each cell; columns in which no cell says anything are left out.
fn cells(cells: &[Cell]) -> String {
    let said = |(_, field): &&CellColumn| cells.iter().any(|cell| field(cell).is_some());
    let columns: Vec<&CellColumn> = CELL_COLUMNS.iter().filter(said).collect();
    let heads: String = columns
        .iter()
        .map(|(head, _)| format!("<th scope=\"col\">{head}</th>"))
        .collect::<Vec<_>>()
        .concat();
    let row = |cell: &Cell| {
        let fields: String = columns
            .iter()
            .map(|(_, field)| field(cell).unwrap_or_else(|| format::NONE.to_owned()))
            .map(|field| format!("<td>{field}</td>"))
            .collect::<Vec<_>>()
            .concat();
        format!("<tr>{fields}</tr>\n")
    };
    let rows: String = cells.iter().map(row).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cells\">\n\
         <table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

/// What is not the application's.
fn driver(driver: &Driver) -> String {
    let reference = driver.reference_layer_us.map(|reference_us| {
        format!(
            " A plain ASGI layer that adds a header costs {} µs here.",
            format::micros(reference_us)
        )
    });
    format!(
        "<p>The driver itself costs {} µs per request: it is in every base, and in no toll.{}</p>\n",
        format::micros(driver.request_us),
        reference.unwrap_or_default()
    )
}

/// The fitted model in one line.
fn model(result: &InstrumentResult) -> String {
    let terms = [
        ("base", result.base.as_ref(), ""),
        ("first layer, extra", result.first_layer.as_ref(), ""),
        ("toll per layer", result.toll.as_ref(), ""),
        ("curvature", result.shape.curvature.as_ref(), " per layer²"),
    ];
    let known = terms.iter().filter_map(|(name, estimate, per)| {
        let estimate = (*estimate)?;
        Some(format!("{name} {} {}{per}", term(estimate), unit(estimate)))
    });
    let mut words: Vec<String> = known.collect();
    let by = match result.shape.by {
        ShapeSource::Counts => " by exact counts",
        ShapeSource::Fit => "",
    };
    words.push(format!("shape: {}{by}", shape_html(&result.shape)));
    let plural = if result.rounds == 1 { "" } else { "s" };
    words.push(format!("{} round{plural}", result.rounds));
    words.join(" · ")
}

/// An estimate; without an interval where it is exact.
fn term(estimate: &Estimate) -> String {
    if estimate.unit != "us" && format::bounds(estimate).is_none_or(|(low, high)| low == high) {
        format::exact(estimate.estimate)
    } else {
        interval(estimate)
    }
}

fn unit(estimate: &Estimate) -> String {
    match estimate.unit.as_str() {
        "us" => "µs".to_owned(),
        "calls" => "Python calls".to_owned(),
        other => esc(other),
    }
}
