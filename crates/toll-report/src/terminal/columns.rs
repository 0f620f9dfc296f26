//! The columns of the table, as data: a new one is a line here.

use toll_analysis::results::{Cell, Estimate, InstrumentResult, SeriesResult, ShapeKind};

use super::paint::{Role, clean};
use crate::format;
use crate::view;

/// What every cell of the table may look at.
pub(super) struct Row<'a> {
    pub(super) series: &'a SeriesResult,
    pub(super) result: Option<&'a InstrumentResult>,
    /// The highest toll of the table, µs.
    pub(super) highest_toll_us: f64,
}

/// Which way a part of a cell is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// One part of a cell; parts of one column stand under one another.
pub(super) struct Part {
    pub(super) text: String,
    pub(super) role: Role,
}

/// One column.
pub(super) struct Column {
    /// The first line of the head.
    pub(super) name: &'static str,
    /// The second line: the unit.
    pub(super) unit: &'static str,
    /// How the parts are pushed.
    pub(super) aligns: &'static [Align],
    /// Who leaves first when there is no room: the highest number. 0 stays.
    pub(super) rank: u8,
    /// The parts for one series; fewer parts than `aligns` where there is less to say.
    pub(super) parts: fn(&Row<'_>) -> Vec<Part>,
}

use Align::{Left, Right};

/// All columns from left to right.
pub(super) const COLUMNS: [Column; 10] = [
    Column {
        name: "series",
        unit: "",
        aligns: &[Left],
        rank: 0,
        parts: label,
    },
    Column {
        name: "base",
        unit: "µs",
        aligns: &[Right],
        rank: 1,
        parts: base,
    },
    Column {
        name: "first layer",
        unit: "extra µs",
        aligns: &[Right],
        rank: 4,
        parts: first_layer,
    },
    Column {
        name: "toll per layer",
        unit: "µs",
        aligns: &[Right, Left, Left],
        rank: 0,
        parts: toll,
    },
    Column {
        name: "",
        unit: "",
        aligns: &[Left],
        rank: 8,
        parts: bar,
    },
    Column {
        name: "of base",
        unit: "",
        aligns: &[Right],
        rank: 7,
        parts: share,
    },
    Column {
        name: "shape",
        unit: "",
        aligns: &[Left],
        rank: 3,
        parts: shape,
    },
    Column {
        name: "requests/s",
        unit: "{levels}",
        aligns: &[Right, Left, Right],
        rank: 2,
        parts: rates,
    },
    Column {
        name: "p99 ms",
        unit: "{levels}",
        aligns: &[Right, Left, Right],
        rank: 5,
        parts: p99,
    },
    Column {
        name: "rounds",
        unit: "",
        aligns: &[Right],
        rank: 6,
        parts: rounds,
    },
];

fn part(text: impl Into<String>, role: Role) -> Part {
    Part {
        text: text.into(),
        role,
    }
}

fn nothing() -> Vec<Part> {
    vec![part(format::NONE, Role::Dim)]
}

fn label(row: &Row<'_>) -> Vec<Part> {
    vec![part(clean(&row.series.label), Role::Plain)]
}

fn base(row: &Row<'_>) -> Vec<Part> {
    let base = row.result.and_then(|result| result.base.as_ref());
    base.map_or_else(nothing, |base| {
        vec![part(format::micros(base.estimate), Role::Plain)]
    })
}

fn first_layer(row: &Row<'_>) -> Vec<Part> {
    let Some(extra) = row.result.and_then(|result| result.first_layer.as_ref()) else {
        return nothing();
    };
    let sign = if extra.estimate > 0.0 { "+" } else { "" };
    let seen = format::bounds(extra).is_some_and(|(low, high)| low > 0.0 || high < 0.0);
    let decimals = format::spread(extra).value;
    vec![part(
        format!("{sign}{decimals}"),
        if seen { Role::Plain } else { Role::Dim },
    )]
}

fn toll(row: &Row<'_>) -> Vec<Part> {
    if row.series.error.is_some() {
        return vec![part("failed", Role::Bad)];
    }
    let Some(result) = row.result else {
        return nothing();
    };
    let Some(toll) = &result.toll else {
        return nothing();
    };
    let written = format::spread(toll);
    let mark = if result.precise { "" } else { "*" };
    vec![
        part(written.value, Role::Strong),
        part(written.interval, Role::Plain),
        part(mark, Role::Warn),
    ]
}

fn bar(row: &Row<'_>) -> Vec<Part> {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    const CELLS: f64 = 8.0;
    let toll = row
        .result
        .and_then(|result| result.toll.as_ref())
        .map_or(0.0, |toll| toll.estimate.max(0.0));
    if row.highest_toll_us <= 0.0 || !toll.is_finite() {
        return Vec::new();
    }
    let eighths = (toll / row.highest_toll_us * CELLS * 8.0).round() as usize;
    vec![part(
        format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]),
        Role::Hint,
    )]
}

fn share(row: &Row<'_>) -> Vec<Part> {
    let Some(result) = row.result else {
        return nothing();
    };
    match (&result.base, &result.toll) {
        (Some(base), Some(toll)) if base.estimate > 0.0 => {
            vec![part(
                format::percent(toll.estimate / base.estimate),
                Role::Plain,
            )]
        }
        _ => nothing(),
    }
}

fn shape(row: &Row<'_>) -> Vec<Part> {
    let Some(result) = row.result else {
        return nothing();
    };
    let role = match result.shape.kind {
        ShapeKind::Linear => Role::Plain,
        ShapeKind::Flat => Role::Good,
        ShapeKind::Superlinear => Role::Bad,
        ShapeKind::Step => Role::Warn,
        ShapeKind::Unclear => Role::Dim,
    };
    vec![part(view::shape_word(result.shape.kind), role)]
}

fn rates(row: &Row<'_>) -> Vec<Part> {
    from_to(row, |cell| {
        let rate = cell.requests_per_s.as_ref()?;
        let text = format::rate(rate.estimate);
        Some(if cell.requests_per_s_believed {
            part(text, Role::Plain)
        } else {
            part(format!("({text})"), Role::Dim)
        })
    })
}

fn p99(row: &Row<'_>) -> Vec<Part> {
    from_to(row, |cell| {
        Some(part(
            format::millis(cell.latency.as_ref()?.p99_us),
            Role::Plain,
        ))
    })
}

/// A value of the first cell, an arrow, and that of the last.
fn from_to(row: &Row<'_>, value: impl Fn(&Cell) -> Option<Part>) -> Vec<Part> {
    let Some((first, last)) = row.result.and_then(view::ends) else {
        return nothing();
    };
    let missing = || part(format::NONE, Role::Dim);
    let (from, to) = (value(first), value(last));
    if from.is_none() && to.is_none() {
        return nothing();
    }
    if first.middlewares == last.middlewares {
        return vec![from.unwrap_or_else(missing)];
    }
    vec![
        from.unwrap_or_else(missing),
        part("→", Role::Dim),
        to.unwrap_or_else(missing),
    ]
}

fn rounds(row: &Row<'_>) -> Vec<Part> {
    row.result.map_or_else(nothing, |result| {
        vec![part(result.rounds.to_string(), Role::Plain)]
    })
}

/// The value of a toll that can be compared with others.
pub(super) fn toll_us(result: &InstrumentResult) -> Option<f64> {
    result
        .toll
        .as_ref()
        .map(|Estimate { estimate, .. }| *estimate)
        .filter(|toll| toll.is_finite())
}
