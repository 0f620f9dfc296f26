//! Cells whose requests/s are not the server's doing.

use super::{Case, finding};
use crate::cell::SATURATED_FROM;
use crate::results::{Cell, Confidence, Finding, Saturated};
use crate::words::{listed, percent};

/// The load generator was the bottleneck.
pub(super) fn generator_limited(case: &Case<'_>) -> Vec<Finding> {
    let cells = held_up_by(case, Saturated::Generator);
    if cells.is_empty() {
        return Vec::new();
    }
    vec![finding(
        "generator-limited",
        Confidence::Certain,
        format!(
            "The load generator was the bottleneck with {} middlewares: requests/s there are its own.",
            levels(&cells)
        ),
        utilisation(&cells),
        "Give the load generator a faster core or the server fewer; the server's CPU per request holds nevertheless.",
    )]
}

/// Neither side was busy.
pub(super) fn not_saturated(case: &Case<'_>) -> Vec<Finding> {
    let cells = held_up_by(case, Saturated::Neither);
    if cells.is_empty() {
        return Vec::new();
    }
    vec![finding(
        "not-saturated",
        Confidence::Certain,
        format!(
            "The server was less than {:.0} % busy with {} middlewares: requests/s there are not believed.",
            SATURATED_FROM * 100.0,
            levels(&cells)
        ),
        utilisation(&cells),
        "Raise the number of connections, or look for what else runs on the server's core or what the requests wait \
         for; the server's CPU per request holds nevertheless.",
    )]
}

fn held_up_by<'a>(case: &Case<'a>, by: Saturated) -> Vec<&'a Cell> {
    case.load_cells()
        .iter()
        .filter(|cell| cell.saturated == Some(by))
        .collect()
}

fn levels(cells: &[&Cell]) -> String {
    listed(
        &cells
            .iter()
            .map(|cell| cell.middlewares)
            .collect::<Vec<_>>(),
    )
}

fn utilisation(cells: &[&Cell]) -> String {
    let told: Vec<String> = cells
        .iter()
        .map(|cell| {
            let share = |share: Option<f64>| share.map_or_else(|| "unknown".to_owned(), percent);
            format!(
                "{}: server {}, generator {}",
                cell.middlewares,
                share(cell.server_utilisation),
                share(cell.client_utilisation)
            )
        })
        .collect();
    format!(
        "Share of a core, by number of middlewares: {}.",
        told.join("; ")
    )
}
