//! Requests that failed while a cell was measured.

use super::{Case, finding};
use crate::cell::added;
use crate::results::{Cell, Confidence, Finding};
use crate::words::{listed, percent};

/// One finding for each instrument.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    case.timed()
        .filter_map(|(instrument, judged)| of_cells(&judged.result.cells, &case.suffix(instrument)))
        .collect()
}

fn of_cells(cells: &[Cell], suffix: &str) -> Option<Finding> {
    let cells: Vec<&Cell> = cells
        .iter()
        .filter(|cell| !cell.errors.is_empty())
        .collect();
    let failed = added(cells.iter().flat_map(|cell| cell.errors.values().copied()));
    if failed == 0 {
        return None;
    }
    let all = added(cells.iter().map(|cell| cell.requests).chain([failed]));
    let levels: Vec<u32> = cells.iter().map(|cell| cell.middlewares).collect();
    let share = percent(failed as f64 / all as f64);
    let title = format!(
        "{failed} of {all} requests ({share}) failed with {} middlewares{suffix}.",
        listed(&levels)
    );
    let by_cell: Vec<String> = cells
        .iter()
        .map(|cell| format!("{}: {}", cell.middlewares, classes(cell)))
        .collect();
    Some(finding(
        "errors",
        Confidence::Certain,
        title,
        format!(
            "By number of middlewares: {}. Failed requests never count as answered.",
            by_cell.join("; ")
        ),
        "The CPU time of failed requests is spread over the right ones: find out why they failed before believing \
         these cells.",
    ))
}

fn classes(cell: &Cell) -> String {
    let classes: Vec<String> = cell
        .errors
        .iter()
        .map(|(class, count)| format!("{class} {count}"))
        .collect();
    classes.join(", ")
}
