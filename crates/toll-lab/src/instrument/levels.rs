//! `middlewares = "auto"`: so many layers that together they cost a few times what the base costs.
//!
//! With too few, the toll drowns in the noise of the base; with too many, most of the time goes into
//! measuring what is known already, and some frameworks meet Python's recursion limit.

use std::time::Duration;

use toll_core::failure::Failure;
use toll_core::levels::{LEVEL_MAX, spread};
use toll_stats::quantile::median;

use crate::bench::{Bench, Station};
use crate::driving::{Cell, Manner, Nursery};

/// What the layers are to cost, in bases: between two and four.
const LAYERS_PER_BASE: f64 = 3.0;
/// The fewest layers at the top: fewer do not tell a bend from a first layer.
const FEWEST: u32 = 5;
/// Slices of a probe; its median counts.
const SLICES: usize = 5;
const WARM_UP: Duration = Duration::from_millis(30);

/// Tries the application with more and more layers and chooses the levels.
///
/// # Errors
/// Not even the application without layers works.
pub fn choose_levels(bench: &Bench, station: &Station) -> Result<Vec<u32>, Failure> {
    let hash_seed = (bench.seed as u32).max(1);
    let mut nursery = Nursery::start(bench, station, hash_seed, "auto", bench.cores.server)?;
    let mut cost_us = |middlewares: u32| -> Result<f64, Failure> {
        let cell = nursery.cell(middlewares, Manner::PLAIN)?;
        probe(bench, cell)
    };
    let base_us = cost_us(0)?;
    let wanted_us = base_us * (1.0 + LAYERS_PER_BASE);
    let (mut below, mut most) = ((0, base_us), FEWEST);
    loop {
        let cost_us = match cost_us(most) {
            Ok(cost_us) => cost_us,
            // What an application cannot bear, mostly for recursion, is as high as one can go.
            Err(failure) if is_ceiling(&failure) && !bench.aborted() => {
                return Ok(spread(below.0));
            }
            Err(failure) => return Err(failure),
        };
        if cost_us >= wanted_us || most == LEVEL_MAX {
            return Ok(spread(between(below, (most, cost_us), wanted_us)));
        }
        below = (most, cost_us);
        most = (most * 2).min(LEVEL_MAX);
    }
}

/// Whether it is the application that failed, and not our patience or the machine.
fn is_ceiling(failure: &Failure) -> bool {
    const CEILINGS: [&str; 4] = ["app-raised", "not-built", "wrong-answer", "app-exited"];
    CEILINGS.contains(&failure.code.as_str())
}

/// The number of layers at which the cost is reached, between two that were tried.
fn between(low: (u32, f64), high: (u32, f64), wanted_us: f64) -> u32 {
    let share = (wanted_us - low.1) / (high.1 - low.1);
    let layers = f64::from(low.0) + share.clamp(0.0, 1.0) * f64::from(high.0 - low.0);
    (layers.round() as u32).max(FEWEST)
}

/// CPU of one request, µs.
fn probe(bench: &Bench, mut cell: Cell<'_>) -> Result<f64, Failure> {
    cell.begin()?;
    cell.verify()?;
    cell.bind(bench.cores.server)?;
    cell.warm_up(WARM_UP)?;
    let mut costs_us = Vec::new();
    for _ in 0..SLICES {
        let timed = cell.slice(bench.settings.direct_slice_ms)?;
        costs_us.push(timed.cpu_ns as f64 / timed.requests.max(1) as f64 / 1e3);
    }
    Ok(median(&costs_us).unwrap_or(f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_lies_where_the_cost_is_reached() {
        assert_eq!(between((40, 100.0), (80, 200.0), 150.0), 60);
        assert_eq!(between((40, 100.0), (80, 120.0), 150.0), 80);
        assert_eq!(between((0, 10.0), (5, 500.0), 40.0), FEWEST);
    }
}
