//! `load`: what a server costs.

use toll_analysis::results::Analysis;

use super::cost::{self, BAR, BASE, FIRST_LAYER, LABEL, ROUNDS, SHAPE, SHARE, TOLL};
use super::{Align, Column, Entry, Part, Role, Row, Table};
use crate::facts::WINDOWS;
use crate::format;
use crate::view;

use Align::{Left, Right};

pub(super) static TABLE: Table = Table {
    instrument: "load",
    about: |_| "a real server under HTTP load".to_owned(),
    columns: &COLUMNS,
    marks,
};

const COLUMNS: [Column; 11] = [
    LABEL,
    BASE,
    FIRST_LAYER,
    TOLL,
    BAR,
    SHARE,
    SHAPE,
    Column {
        name: "requests/s",
        unit: "{levels}",
        aligns: &[Right, Left, Right],
        rank: 2,
        entry: rates,
    },
    Column {
        name: "windows p99/s",
        unit: "{levels}",
        aligns: &[Right, Left, Right],
        rank: 3,
        entry: windows,
    },
    Column {
        name: "p99 ms",
        unit: "{levels}",
        aligns: &[Right, Left, Right],
        rank: 5,
        entry: p99,
    },
    ROUNDS,
];

fn marks(analysis: &Analysis) -> Vec<String> {
    let doubted = view::any_disbelieved(analysis).then(|| {
        "( ) requests/s not to be believed: the server was less than 90 % busy".to_owned()
    });
    let windows = view::any_windows(analysis)
        .then(|| format!("windows p99/s: {WINDOWS}; × how many times the rate that was held"));
    cost::marks(&TABLE, analysis)
        .into_iter()
        .chain(doubted)
        .chain(windows)
        .collect()
}

fn windows(row: &Row<'_>) -> Entry {
    let cells = row.result.map_or(&[][..], |result| &result.cells);
    if cells.iter().all(|cell| cell.window_rate.is_none()) {
        return Entry::blank();
    }
    cost::from_to(row, |cell| {
        let windows = cell.window_rate?;
        let rate = format::rate(windows.p99_requests_per_s);
        let text = format!("{rate} ×{:.2}", windows.over_rate);
        Some(Part::new(text, Role::Plain))
    })
}

fn rates(row: &Row<'_>) -> Entry {
    cost::from_to(row, |cell| {
        let rate = cell.requests_per_s.as_ref()?;
        let text = format::rate(rate.estimate);
        Some(if cell.requests_per_s_believed {
            Part::new(text, Role::Plain)
        } else {
            Part::new(format!("({text})"), Role::Dim)
        })
    })
}

fn p99(row: &Row<'_>) -> Entry {
    cost::from_to(row, |cell| {
        let p99_us = cell.latency.as_ref()?.p99_us;
        Some(Part::new(format::millis(p99_us), Role::Plain))
    })
}
