//! What can only be seen from inside: the pragmas, and a disk that is full.

use toll_core::axes::Axes;
use toll_core::metric::{Metric, Readings};
use toll_core::sample::{Block, Instrument, Slice};

use super::*;
use crate::series::SeriesFacts;

fn new_run() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("run.sqlite"), &Header::default()).unwrap();
    let facts = SeriesFacts {
        planned_axes: Axes::default(),
        axes: Axes::default(),
        style: String::new(),
        about: String::new(),
        notes: Vec::new(),
        lock: Vec::new(),
        server_command: String::new(),
        switched_off: Vec::new(),
        levels: vec![0],
        instruments: vec![Instrument::Load],
        hidden_layers: Vec::new(),
    };
    store.put_series(0, &facts).unwrap();
    (folder, store)
}

fn block(round: u32) -> Block {
    let readings: Readings = Metric::ALL
        .into_iter()
        .map(|metric| (metric, i64::from(round)))
        .collect();
    let slice = Slice {
        round,
        block: 0,
        position: 0,
        readings,
        latency_histogram: Some(vec![7; 4096]),
        error_classes: Vec::new(),
    };
    Block {
        series: 0,
        instrument: Instrument::Load,
        round,
        block: 0,
        slices: vec![(0, slice)],
    }
}

fn pragma(store: &Store, name: &str) -> String {
    let value: rusqlite::types::Value = store
        .connection
        .pragma_query_value(None, name, |row| row.get(0))
        .unwrap();
    match value {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn a_writer_has_the_promised_pragmas() {
    let (_folder, store) = new_run();
    assert_eq!(pragma(&store, "journal_mode"), "wal");
    assert_eq!(pragma(&store, "foreign_keys"), "1");
    assert_eq!(pragma(&store, "synchronous"), "1");
    assert_eq!(
        pragma(&store, "application_id"),
        schema::APPLICATION_ID.to_string()
    );
}

#[test]
fn a_full_disk_keeps_what_was_committed_and_lets_the_run_resume() {
    let (_folder, mut store) = new_run();
    let pages: i64 = pragma(&store, "page_count").parse().unwrap();
    store
        .connection
        .pragma_update(None, "max_page_count", pages + 20)
        .unwrap();
    let failed = (0..1000).find_map(|round| {
        store
            .record_block(&block(round))
            .err()
            .map(|error| (round, error))
    });
    let (stored, error) = failed.expect("20 pages hold 1000 blocks");
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains("asgi-toll run --resume"));

    let path = store.path().to_owned();
    drop(store);
    let mut store = Store::open(&path).unwrap();
    let progress = store.progress().unwrap();
    assert_eq!(progress[0].rounds(Instrument::Load).len(), stored as usize);
    store.record_block(&block(stored)).unwrap();
    let series = store.load_series(0).unwrap();
    assert_eq!(
        series.cells(Instrument::Load)[0].slices.len(),
        stored as usize + 1
    );
}

#[test]
fn a_newer_file_is_refused_with_both_versions() {
    let (_folder, store) = new_run();
    let path = store.path().to_owned();
    store
        .connection
        .pragma_update(None, "user_version", schema::newest() + 1)
        .unwrap();
    drop(store);
    for opened in [Store::open(&path), Store::open_for_reading(&path)] {
        let error = opened.unwrap_err();
        assert!(
            matches!(error, StoreError::Newer { found, known, .. } if (found, known) == (schema::newest() + 1, schema::newest()))
        );
        assert!(error.to_string().contains("newer asgi-toll"));
    }
}

#[test]
fn a_file_of_version_zero_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    for (name, open) in [
        ("a", Store::open as fn(&Path) -> Result<Store>),
        ("b", Store::open_for_reading),
    ] {
        let path = folder.path().join(name);
        let old = Connection::open(&path).unwrap();
        old.pragma_update(None, "application_id", schema::APPLICATION_ID)
            .unwrap();
        drop(old);
        let store = open(&path).unwrap();
        assert_eq!(
            schema::version(&store.connection).unwrap(),
            schema::newest()
        );
        assert!(store.progress().unwrap().is_empty());
        assert!(matches!(store.header(), Err(StoreError::Incomplete { .. })));
    }
}

#[test]
fn settings_that_were_never_stored_are_not_updated() {
    let (_folder, mut store) = new_run();
    store
        .connection
        .execute("DELETE FROM meta WHERE key = 'settings'", [])
        .unwrap();
    let error = store.update_settings(&Header::default().settings);
    assert!(matches!(
        error,
        Err(StoreError::Incomplete { key, .. }) if key == "settings"
    ));
}

#[test]
fn a_name_that_only_a_newer_tool_knows_is_not_dropped_in_silence() {
    let (_folder, mut store) = new_run();
    store.record_block(&block(0)).unwrap();
    store
        .connection
        .execute(
            "UPDATE reading SET metric = 'joules' WHERE metric = 'sent'",
            [],
        )
        .unwrap();
    let error = store.load().unwrap_err();
    assert!(
        matches!(&error, StoreError::UnknownName { what: "metric", name, .. } if name == "joules"),
        "{error}"
    );
}

#[test]
fn an_instrument_that_only_a_newer_tool_knows_is_not_dropped_in_silence() {
    let (_folder, store) = new_run();
    store
        .connection
        .execute("UPDATE series_instrument SET instrument = 'meter'", [])
        .unwrap();
    let unknown = |error| matches!(error, StoreError::UnknownName { what: "instrument", name, .. } if name == "meter");
    assert!(unknown(store.load_series(0).unwrap_err()));
    assert!(unknown(store.progress().unwrap_err()));
}

#[test]
fn a_damaged_text_is_called_damaged() {
    let (_folder, store) = new_run();
    store
        .connection
        .execute("UPDATE meta SET value = '{' WHERE key = 'settings'", [])
        .unwrap();
    assert!(matches!(store.header(), Err(StoreError::Corrupt { .. })));
}
