//! Requests that failed while a cell was measured.

use super::{Case, finding};
use crate::cell::added;
use crate::results::{Cell, Confidence, Finding};
use crate::words::{listed, percent};

/// One finding for the whole series.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let cells: Vec<&Cell> = case
        .load
        .cells
        .iter()
        .filter(|cell| !cell.errors.is_empty())
        .collect();
    let failed = added(cells.iter().flat_map(|cell| cell.errors.values().copied()));
    if failed == 0 {
        return Vec::new();
    }
    let all = added(cells.iter().map(|cell| cell.requests).chain([failed]));
    let levels: Vec<u32> = cells.iter().map(|cell| cell.middlewares).collect();
    let share = percent(failed as f64 / all as f64);
    let title = format!(
        "{failed} of {all} requests ({share}) failed with {} middlewares.",
        listed(&levels)
    );
    let by_cell: Vec<String> = cells
        .iter()
        .map(|cell| format!("{}: {}", cell.middlewares, classes(cell)))
        .collect();
    vec![finding(
        "errors",
        Confidence::Certain,
        title,
        format!(
            "By number of middlewares: {}. Failed requests never count as answered.",
            by_cell.join("; ")
        ),
        "The server's CPU time for failed requests is spread over the right ones: find out why they failed before \
         believing these cells.",
    )]
}

fn classes(cell: &Cell) -> String {
    let classes: Vec<String> = cell
        .errors
        .iter()
        .map(|(class, count)| format!("{class} {count}"))
        .collect();
    classes.join(", ")
}
