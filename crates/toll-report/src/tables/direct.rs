//! `direct`: what the application costs where it is awaited without a server.

use std::fmt::Write as _;

use toll_analysis::results::{Analysis, Cell};

use super::cost::{self, BAR, BASE, FIRST_LAYER, LABEL, ROUNDS, SHAPE, SHARE, TOLL};
use super::{Align, Column, Entry, Part, Role, Row, Table};
use crate::format;
use crate::view;

use Align::{Left, Right};

/// Wall time above this many times the CPU time is worth a word: something sleeps or blocks.
const WAITS: f64 = 1.3;

pub(super) static TABLE: Table = Table {
    instrument: "direct",
    about,
    columns: &COLUMNS,
    marks: |analysis| cost::marks(&TABLE, analysis),
};

const COLUMNS: [Column; 10] = [
    LABEL,
    BASE,
    FIRST_LAYER,
    TOLL,
    BAR,
    SHARE,
    Column {
        name: "× plain",
        unit: "ASGI layer",
        aligns: &[Right],
        rank: 2,
        entry: plain_layers,
    },
    Column {
        name: "wall µs",
        unit: "{levels}",
        aligns: &[Right, Left, Right],
        rank: 5,
        entry: wall,
    },
    SHAPE,
    ROUNDS,
];

fn about(analysis: &Analysis) -> String {
    let drivers = || {
        TABLE
            .results(analysis)
            .filter_map(|result| result.driver.as_ref())
    };
    let own = format::micros_range(drivers().map(|driver| driver.request_us));
    let plain = format::micros_range(drivers().filter_map(|driver| driver.reference_layer_us));
    let mut out = "awaited in-process, no server".to_owned();
    if let Some(own) = own {
        let _ = write!(out, "; the driver's own {own} µs is in the base");
    }
    if let Some(plain) = plain {
        let _ = write!(out, ", a plain ASGI layer costs {plain} µs here");
    }
    out
}

/// The toll in layers that only add a header.
fn plain_layers(row: &Row<'_>) -> Entry {
    let known = row.result.and_then(|result| {
        let reference_us = result.driver.as_ref()?.reference_layer_us?;
        Some(result.toll.as_ref()?.estimate / reference_us)
    });
    match known {
        Some(times) if times.is_finite() => {
            Entry::of(format!("{}×", format::two_digits(times)), Role::Plain).sorted(times)
        }
        _ => Entry::missing(),
    }
}

fn wall(row: &Row<'_>) -> Entry {
    let ends = row.result.and_then(view::ends);
    if !ends.is_some_and(|(first, last)| waits(first) || waits(last)) {
        return Entry::blank();
    }
    let entry = cost::from_to(row, |cell| {
        let role = if waits(cell) { Role::Warn } else { Role::Plain };
        let wall_us = cell.wall_us.as_ref()?.estimate;
        Some(Part::new(format::micros(wall_us), role))
    });
    let last = ends.and_then(|(_, last)| last.wall_us.as_ref());
    match last {
        Some(wall_us) => entry.sorted(wall_us.estimate),
        None => entry,
    }
}

fn waits(cell: &Cell) -> bool {
    let (Some(wall), Some(cpu)) = (&cell.wall_us, &cell.cpu_us) else {
        return false;
    };
    wall.estimate >= cpu.estimate * WAITS
}

/// Whether any request takes materially longer than it works.
pub(crate) fn any_waits(analysis: &Analysis) -> bool {
    TABLE
        .results(analysis)
        .flat_map(|result| &result.cells)
        .any(waits)
}
