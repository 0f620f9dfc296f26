//! Files of older releases: they are read as they are, and continued after they were brought up to date.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{LEVELS, block, facts, header};
use rusqlite::Connection;
use toll_core::axes::Axes;
use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::{Block, Instrument, MeasuredRun, Slice};
use toll_store::{Header, Store, StoreError};

/// The first step, which is all that the first release knew.
const FIRST: &str = include_str!("../src/schema/001-run.sql");

/// Something in every table, by hand, as the first release stored it.
const DATA: &str = r#"
INSERT INTO session VALUES (1, 2.0, 0.5, 0), (2, 1.0, 0.25, 1);
INSERT INTO series VALUES (0, 'load', 'layer', 'a class', 'python -m uvicorn app:app'), (1, 'load', 'hook', 'a hook', '');
INSERT INTO series_axis VALUES (0, 1, 'version', 'latest'), (0, 0, 'version', '1.0'), (1, 0, 'version', '2.0');
INSERT INTO series_line VALUES (0, 'notes', 0, 'a note'), (0, 'lock', 0, 'anyio==4.0'), (0, 'lock', 1, 'starlette==1.0'),
    (0, 'switched_off', 0, 'access log');
INSERT INTO cell VALUES (1, 0, 'load', 0), (2, 0, 'load', 5), (3, 1, 'load', 1);
INSERT INTO unit VALUES (1, 0, 'load', 0, 0), (2, 0, 'load', 0, 1);
INSERT INTO slice VALUES (1, 1, 1, 1), (2, 1, 2, 0), (3, 2, 1, 0);
INSERT INTO reading VALUES (1, 'sent', 40), (1, 'server_cpu_ns', 9000000000000), (2, 'sent', 41), (3, 'sent', 42);
INSERT INTO latency VALUES (1, x'0102ff'), (3, x'');
INSERT INTO error_class VALUES (2, 0, 'timeout', 3), (2, 1, 'body', 1);
INSERT INTO failure VALUES (1, 0, 2, 'verify', 'layers-dropped', 'three, not five', '["a line"]'),
    (2, 1, NULL, 'start', 'server-exited', 'it died', '[]');
"#;

/// A run as the first release left it.
fn old_run(folder: &Path) -> PathBuf {
    let path = folder.join("run.sqlite");
    let old = Connection::open(&path).unwrap();
    old.pragma_update(None, "application_id", i32::from_be_bytes(*b"toll"))
        .unwrap();
    old.execute_batch(FIRST).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute_batch(DATA).unwrap();
    let header = header();
    for (key, value) in [
        ("suite", header.suite.clone()),
        ("plan_hash", header.plan_hash.clone()),
        ("plan", header.plan_json.clone()),
        ("tool_version", header.tool_version.clone()),
        ("started_at", header.started_at.clone()),
        ("seed", serde_json::to_string(&header.seed).unwrap()),
        ("settings", serde_json::to_string(&header.settings).unwrap()),
        ("host", serde_json::to_string(&header.host).unwrap()),
        ("remarks", serde_json::to_string(&header.remarks).unwrap()),
        ("quick", serde_json::to_string(&header.quick).unwrap()),
    ] {
        old.execute("INSERT INTO meta VALUES (?1, ?2)", [key, &value])
            .unwrap();
    }
    path
}

fn slice(block: u32, position: u32, readings: &[(Metric, i64)]) -> Slice {
    Slice {
        round: 0,
        block,
        position,
        readings: readings.iter().copied().collect(),
        latency_histogram: None,
        error_classes: Vec::new(),
    }
}

/// Everything of [`DATA`] and of the header is there.
fn assert_whole(header: &Header, run: &MeasuredRun) {
    assert_eq!(header, &common::header());
    assert_eq!(
        (run.wall_s, run.tool_cpu_s, run.interrupted),
        (3.0, 0.75, false)
    );
    assert_eq!(run.series.len(), 2);
    assert_facts(run);
    assert_cells(run);
}

fn assert_facts(run: &MeasuredRun) {
    let [first, second] = &run.series[..] else {
        panic!("there are {} series", run.series.len());
    };
    let version = |version| Axes::default().with("version", version);
    assert_eq!(
        (&first.axes, &first.planned_axes, &second.axes),
        (&version("1.0"), &version("latest"), &version("2.0"))
    );
    assert_eq!(
        (
            &first.style[..],
            &first.about[..],
            &first.server_command[..]
        ),
        ("layer", "a class", "python -m uvicorn app:app")
    );
    assert_eq!((&second.style[..], &second.about[..]), ("hook", "a hook"));
    assert_eq!(first.notes, ["a note"]);
    assert_eq!(first.lock, ["anyio==4.0", "starlette==1.0"]);
    assert_eq!(first.switched_off, ["access log"]);
    assert!(first.hidden_layers.is_empty());
    let died = Failure::new(Stage::Start, "server-exited", "it died");
    assert_eq!((&first.failure, &second.failure), (&None, &Some(died)));
}

fn assert_cells(run: &MeasuredRun) {
    for (series, levels) in run.series.iter().zip([&[0, 5][..], &[1]]) {
        assert!(series.instruments.keys().eq(&[Instrument::Load]));
        let cells = series.cells(Instrument::Load).iter();
        assert!(
            cells
                .map(|cell| cell.middlewares)
                .eq(levels.iter().copied())
        );
    }
    let cells = run.series[0].cells(Instrument::Load);
    let base = [
        Slice {
            latency_histogram: Some(vec![1, 2, 255]),
            ..slice(
                0,
                1,
                &[(Metric::Sent, 40), (Metric::ServerCpuNs, 9_000_000_000_000)],
            )
        },
        Slice {
            latency_histogram: Some(Vec::new()),
            ..slice(1, 0, &[(Metric::Sent, 42)])
        },
    ];
    let five = [Slice {
        error_classes: vec![("timeout".into(), 3), ("body".into(), 1)],
        ..slice(0, 0, &[(Metric::Sent, 41)])
    }];
    assert_eq!(
        (&cells[0].slices[..], &cells[1].slices[..]),
        (&base[..], &five[..])
    );
    let dropped = Failure::new(Stage::Verify, "layers-dropped", "three, not five")
        .with_log(vec!["a line".into()]);
    assert_eq!(
        (&cells[0].failures[..], &cells[1].failures[..]),
        (&[][..], &[dropped][..])
    );
}

#[test]
fn an_old_run_is_read_whole_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = old_run(folder.path());
    let before = fs::read(&path).unwrap();
    let mut store = Store::open_for_reading(&path).unwrap();
    assert_whole(&store.header().unwrap(), &store.load().unwrap());
    assert_eq!(
        store.progress().unwrap()[0].rounds(Instrument::Load),
        [(0, 2)]
    );
    assert!(matches!(
        store.clear_failures(),
        Err(StoreError::ReadOnly { .. })
    ));
    drop(store);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_old_run_that_an_old_tool_is_writing_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = old_run(folder.path());
    let old = Connection::open(&path).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    old.execute("UPDATE session SET wall_s = 2.0 WHERE session_id = 1", [])
        .unwrap();
    fs::write(folder.path().join("run.sqlite.lock"), "4194304999\n").unwrap();
    let store = Store::open_for_reading(&path).unwrap();
    assert_whole(&store.header().unwrap(), &store.load().unwrap());
    old.execute("INSERT INTO session DEFAULT VALUES", [])
        .unwrap();
}

#[test]
fn an_old_run_is_brought_up_to_date_and_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = old_run(folder.path());
    let mut store = Store::open(&path).unwrap();
    assert_whole(&store.header().unwrap(), &store.load().unwrap());

    let mut next = block(0, 1, 0);
    next.slices.retain(|(level, _)| [0, 5].contains(level));
    store.record_block(&next).unwrap();
    let counted = Block {
        instrument: Instrument::Counts,
        ..next
    };
    assert!(matches!(
        store.record_block(&counted),
        Err(StoreError::UnknownInstrument { .. })
    ));
    store.put_series(1, &facts("b")).unwrap();
    drop(store);

    let run = Store::open_for_reading(&path).unwrap().load().unwrap();
    assert_eq!(run.series[0].cells(Instrument::Load)[1].slices.len(), 2);
    assert!(run.series[1].instruments.keys().eq(&Instrument::ALL));
    for cells in run.series[1].instruments.values() {
        assert!(cells.iter().map(|cell| cell.middlewares).eq(LEVELS));
    }
    let file = Connection::open(&path).unwrap();
    let health: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(health, "ok");
}
