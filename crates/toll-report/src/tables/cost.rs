//! Columns of a cost in microseconds, which `load` and `direct` have in common.

use toll_analysis::results::{Analysis, Cell, Estimate, InstrumentResult, ShapeKind};

use super::{Align, Column, Entry, Part, Role, Row, Table};
use crate::format;
use crate::view;

use Align::{Left, Right};

pub(super) const LABEL: Column = Column {
    name: "series",
    unit: "",
    aligns: &[Left],
    rank: 0,
    entry: label,
};

pub(super) const BASE: Column = Column {
    name: "base",
    unit: "µs",
    aligns: &[Right],
    rank: 1,
    entry: base,
};

pub(super) const FIRST_LAYER: Column = Column {
    name: "first layer",
    unit: "extra µs",
    aligns: &[Right],
    rank: 4,
    entry: first_layer,
};

pub(super) const TOLL: Column = Column {
    name: "toll per layer",
    unit: "µs",
    aligns: &[Right, Left, Left],
    rank: 0,
    entry: toll,
};

pub(super) const BAR: Column = Column {
    name: "",
    unit: "",
    aligns: &[Left],
    rank: 8,
    entry: bar,
};

pub(super) const SHARE: Column = Column {
    name: "of base",
    unit: "",
    aligns: &[Right],
    rank: 7,
    entry: share,
};

pub(crate) const SHAPE: Column = Column {
    name: "shape",
    unit: "",
    aligns: &[Left],
    rank: 3,
    entry: shape,
};

pub(super) const ROUNDS: Column = Column {
    name: "rounds",
    unit: "",
    aligns: &[Right],
    rank: 6,
    entry: rounds,
};

fn label(row: &Row<'_>) -> Entry {
    Entry::of(row.series.label.as_str(), Role::Plain)
}

fn base(row: &Row<'_>) -> Entry {
    let base = row.result.and_then(|result| result.base.as_ref());
    base.map_or_else(Entry::missing, |base| {
        Entry::of(format::micros(base.estimate), Role::Plain).sorted(base.estimate)
    })
}

fn first_layer(row: &Row<'_>) -> Entry {
    let Some(extra) = row.result.and_then(|result| result.first_layer.as_ref()) else {
        return Entry::missing();
    };
    let sign = if extra.estimate > 0.0 { "+" } else { "" };
    let seen = format::bounds(extra).is_some_and(|(low, high)| low > 0.0 || high < 0.0);
    let role = if seen { Role::Plain } else { Role::Dim };
    Entry::of(format!("{sign}{}", format::spread(extra).value), role).sorted(extra.estimate)
}

fn toll(row: &Row<'_>) -> Entry {
    if view::failed_here(row.series, row.result) {
        return Entry::of("failed", Role::Bad);
    }
    let Some((result, toll)) = row
        .result
        .and_then(|result| Some((result, result.toll.as_ref()?)))
    else {
        return Entry::missing();
    };
    let written = format::spread(toll);
    let mark = if result.precise { "" } else { "*" };
    Entry::new(vec![
        Part::new(written.value, Role::Strong),
        Part::new(written.interval, Role::Interval),
        Part::new(mark, Role::Warn),
    ])
    .sorted(toll.estimate)
}

fn bar(row: &Row<'_>) -> Entry {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    const CELLS: f64 = 8.0;
    let toll = row.result.and_then(toll_value).unwrap_or(0.0).max(0.0);
    if row.highest_toll <= 0.0 {
        return Entry::blank();
    }
    let eighths = (toll / row.highest_toll * CELLS * 8.0).round() as usize;
    let text = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    Entry::of(text, Role::Hint)
}

fn share(row: &Row<'_>) -> Entry {
    let known = row
        .result
        .and_then(|result| Some((result.base.as_ref()?, result.toll.as_ref()?)));
    match known {
        Some((base, toll)) if base.estimate > 0.0 => {
            let share = toll.estimate / base.estimate;
            Entry::of(format::percent(share), Role::Plain).sorted(share)
        }
        _ => Entry::missing(),
    }
}

fn shape(row: &Row<'_>) -> Entry {
    let Some(result) = row.result else {
        return Entry::missing();
    };
    let shape = &result.shape;
    let role = match shape.kind {
        ShapeKind::Linear => Role::Plain,
        ShapeKind::Flat => Role::Good,
        ShapeKind::Superlinear => Role::Bad,
        ShapeKind::Step => Role::Warn,
        ShapeKind::Unclear => Role::Dim,
    };
    Entry::of(view::shape_words(shape), role).sorted(f64::from(shape.kind as u8))
}

fn rounds(row: &Row<'_>) -> Entry {
    row.result.map_or_else(Entry::missing, |result| {
        Entry::of(result.rounds.to_string(), Role::Plain).sorted(result.rounds as f64)
    })
}

/// A value of the first cell, an arrow, and that of the last.
pub(super) fn from_to(row: &Row<'_>, value: impl Fn(&Cell) -> Option<Part>) -> Entry {
    let Some((first, last)) = row.result.and_then(view::ends) else {
        return Entry::missing();
    };
    let missing = || Part::new(format::NONE, Role::Dim);
    let (from, to) = (value(first), value(last));
    if from.is_none() && to.is_none() {
        return Entry::missing();
    }
    if first.middlewares == last.middlewares {
        return Entry::new(vec![from.unwrap_or_else(missing)]);
    }
    Entry::new(vec![
        from.unwrap_or_else(missing),
        Part::new("→", Role::Dim),
        to.unwrap_or_else(missing),
    ])
}

/// The value of a toll that can be compared with others.
pub(super) fn toll_value(result: &InstrumentResult) -> Option<f64> {
    result
        .toll
        .as_ref()
        .map(|Estimate { estimate, .. }| *estimate)
        .filter(|toll| toll.is_finite())
}

/// What the marks at a toll mean, where one bears them.
pub(super) fn marks(table: &Table, analysis: &Analysis) -> Vec<String> {
    let precision = (analysis.run.settings.precision * 1000.0).round() / 10.0;
    let tolls = || {
        let results = table.results(analysis);
        results.filter(|result| result.toll.is_some())
    };
    let wide = tolls().any(|result| !result.precise).then(|| {
        format!("* interval wider than the ±{precision} % of the toll that was asked for")
    });
    let is_bent = |result: &InstrumentResult| result.shape.kind == ShapeKind::Superlinear;
    let mean = tolls()
        .any(is_bent)
        .then(|| "superlinear: the toll is the mean over the levels".to_owned());
    wide.into_iter().chain(mean).collect()
}
