//! `counts`: what happens in one request, to the unit.

use std::collections::BTreeSet;

use toll_analysis::results::{Analysis, Cell, CountToll, InstrumentResult, ShapeKind};

use super::cost::{self, LABEL, SHAPE};
use super::names::count_of;
use super::{Align, Column, Entry, Part, Role, Row, Table};
use crate::format;
use crate::view;

use Align::{Left, Right};

pub(super) static TABLE: Table = Table {
    instrument: "counts",
    about,
    columns: &COLUMNS,
    marks,
};

const COLUMNS: [Column; 10] = [
    LABEL,
    Column {
        name: "calls",
        unit: "base",
        aligns: &[Right],
        rank: 5,
        entry: |row| base(row, "python_calls"),
    },
    Column {
        name: "calls",
        unit: "per layer",
        aligns: &[Right],
        rank: 0,
        entry: calls,
    },
    Column {
        name: "instructions",
        unit: "per layer",
        aligns: &[Right],
        rank: 6,
        entry: |row| toll(row, "instructions", Role::Plain),
    },
    Column {
        name: "tasks",
        unit: "per layer",
        aligns: &[Right],
        rank: 1,
        entry: |row| toll(row, "tasks", Role::Warn),
    },
    Column {
        name: "tasks",
        unit: "{levels}",
        aligns: &[Right, Left, Right],
        rank: 3,
        entry: tasks,
    },
    Column {
        name: "thread hops",
        unit: "per layer",
        aligns: &[Right],
        rank: 4,
        entry: |row| some_toll(row, "thread_hops", Role::Bad),
    },
    Column {
        name: "callbacks",
        unit: "per layer",
        aligns: &[Right],
        rank: 7,
        entry: |row| toll(row, "loop_callbacks", Role::Plain),
    },
    Column {
        name: "messages",
        unit: "sent/received",
        aligns: &[Right],
        rank: 8,
        entry: messages,
    },
    Column { rank: 2, ..SHAPE },
];

fn about(analysis: &Analysis) -> String {
    let exact = if causes(analysis).is_empty() {
        "exact"
    } else {
        "exact where they are not marked ~"
    };
    format!("events per request, {exact}")
}

fn marks(analysis: &Analysis) -> Vec<String> {
    let causes = causes(analysis);
    let differs = (!causes.is_empty()).then(|| {
        let causes: Vec<String> = causes.into_iter().collect();
        format!("~ differs between equal requests: {}", causes.join(", "))
    });
    let bent = TABLE
        .results(analysis)
        .flat_map(|result| result.counts.values())
        .any(|toll| toll.shape.kind == ShapeKind::Superlinear);
    let mean = bent.then(|| {
        "per layer: the mean over the levels where the count grows faster than the layers"
            .to_owned()
    });
    differs.into_iter().chain(mean).collect()
}

/// Why counts of the table differ between equal requests; empty where none does.
fn causes(analysis: &Analysis) -> BTreeSet<String> {
    let named = NAMES_SHOWN.iter().copied();
    let counts = named.flat_map(|name| {
        TABLE
            .results(analysis)
            .flat_map(|result| &result.cells)
            .filter_map(move |cell| cell.counts.get(name))
    });
    counts
        .filter(|count| count.low != count.high)
        .map(|count| count.cause.clone().unwrap_or_else(|| "unknown".to_owned()))
        .collect()
}

/// The counts that the table shows.
const NAMES_SHOWN: [&str; 7] = [
    "python_calls",
    "instructions",
    "tasks",
    "thread_hops",
    "loop_callbacks",
    SENT,
    RECEIVED,
];

const SENT: &str = "layer_messages_sent";
const RECEIVED: &str = "layer_messages_received";

fn base(row: &Row<'_>, name: &str) -> Entry {
    let base = of(row, name).and_then(|toll| toll.base);
    base.map_or_else(Entry::missing, |base| {
        let differs = row
            .result
            .and_then(|result| result.cells.first())
            .is_some_and(|cell| differs(std::slice::from_ref(cell), name));
        Entry::of(marked(base, differs), Role::Plain).sorted(base)
    })
}

fn calls(row: &Row<'_>) -> Entry {
    if view::failed_here(row.series, row.result) {
        return Entry::of("failed", Role::Bad);
    }
    toll(row, "python_calls", Role::Strong)
}

/// What a layer adds; in the given role where it adds anything.
fn toll(row: &Row<'_>, name: &str, role: Role) -> Entry {
    let Some((count, toll)) = of(row, name).and_then(|count| Some((count, count.toll?))) else {
        return Entry::missing();
    };
    let role = match count.shape.kind {
        ShapeKind::Superlinear => Role::Bad,
        _ if toll == 0.0 => Role::Dim,
        _ => role,
    };
    Entry::of(marked_toll(row, name, toll), role).sorted(toll)
}

/// The same, blank where layers add nothing.
fn some_toll(row: &Row<'_>, name: &str, role: Role) -> Entry {
    let adds = of(row, name).and_then(|count| count.toll);
    match adds {
        Some(toll) if toll != 0.0 => self::toll(row, name, role),
        _ => Entry::blank(),
    }
}

/// How many tasks a request has without layers and with the most of them, where layers add any.
fn tasks(row: &Row<'_>) -> Entry {
    if !row.result.is_some_and(|result| grows(result, "tasks")) {
        return Entry::blank();
    }
    cost::from_to(row, |cell| {
        let count = cell.counts.get("tasks")?;
        Some(Part::new(count_of(count), Role::Plain))
    })
}

fn messages(row: &Row<'_>) -> Entry {
    let adds = |name| of(row, name).and_then(|count| count.toll);
    let (Some(sent), Some(received)) = (adds(SENT), adds(RECEIVED)) else {
        return Entry::blank();
    };
    let text =
        [(SENT, sent), (RECEIVED, received)].map(|(name, toll)| marked_toll(row, name, toll));
    Entry::of(text.join(" / "), Role::Plain).sorted(sent + received)
}

fn of<'a>(row: &Row<'a>, name: &str) -> Option<&'a CountToll> {
    row.result?.counts.get(name)
}

/// What a layer adds, marked where the count differs between equal requests.
fn marked_toll(row: &Row<'_>, name: &str, toll: f64) -> String {
    let differs = row
        .result
        .is_some_and(|result| differs(&result.cells, name));
    marked(toll, differs)
}

fn marked(value: f64, differs: bool) -> String {
    let mark = if differs { "~" } else { "" };
    format!("{mark}{}", format::exact(value))
}

fn differs(cells: &[Cell], name: &str) -> bool {
    cells
        .iter()
        .filter_map(|cell| cell.counts.get(name))
        .any(|count| count.low != count.high)
}

/// Whether layers add to that count.
pub(crate) fn grows(result: &InstrumentResult, name: &str) -> bool {
    view::ends(result).is_some_and(|(first, last)| {
        let count = |cell: &Cell| cell.counts.get(name).map(|count| count.low);
        count(last) > count(first)
    })
}
