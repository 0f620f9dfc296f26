//! `load`: what a server costs.

use toll_analysis::results::Analysis;

use super::cost::{self, BAR, BASE, FIRST_LAYER, LABEL, ROUNDS, SHAPE, SHARE, TOLL};
use super::{Align, Column, Entry, Part, Role, Row, Table};
use crate::format;
use crate::view;

use Align::{Left, Right};

pub(super) static TABLE: Table = Table {
    instrument: "load",
    about: |_| "a real server under HTTP load".to_owned(),
    columns: &COLUMNS,
    marks,
};

const COLUMNS: [Column; 10] = [
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
    cost::marks(&TABLE, analysis)
        .into_iter()
        .chain(doubted)
        .collect()
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
