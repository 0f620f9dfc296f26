//! What is refused, and how it is said.

mod common;

use std::fs;
use std::path::Path;

use common::{block, facts, header};
use toll_core::failure::{Failure, Stage};
use toll_core::sample::{Block, Instrument};
use toll_store::{Origin, Result, Store, StoreError};

const OPENERS: [fn(&Path) -> Result<Store>; 2] = [Store::open, Store::open_for_reading];

#[test]
fn a_missing_file_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.sqlite");
    for open in OPENERS {
        let error = open(&path).unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }));
        assert!(error.to_string().contains(&path.display().to_string()));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database, but long enough to have a header\n".repeat(40);
    fs::write(&path, &text).unwrap();
    for open in OPENERS {
        assert!(matches!(
            open(&path).unwrap_err(),
            StoreError::NotARun { .. }
        ));
        assert!(matches!(
            open(folder.path()).unwrap_err(),
            StoreError::NotARun { .. }
        ));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    for open in OPENERS {
        assert!(matches!(
            open(&path).unwrap_err(),
            StoreError::NotARun { .. }
        ));
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.sqlite");
    fs::write(&path, "precious").unwrap();
    let error = Store::create(&path, &header()).unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }));
    assert!(error.to_string().contains("--resume"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("run.sqlite");
    let error = Store::create(&path, &header()).unwrap_err();
    assert!(matches!(error, StoreError::NoFolder { .. }));
    assert!(error.to_string().contains("nowhere` first"), "{error}");
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.sqlite");
    let mut writer = Store::create(&path, &header()).unwrap();
    writer.put_series(0, &facts("a")).unwrap();
    writer.record_block(&block(0, 0, 0)).unwrap();

    let error = Store::open(&path).unwrap_err();
    assert!(
        matches!(error, StoreError::Busy { process: Some(id), .. } if id == std::process::id()),
        "{error}"
    );
    let mut reader = Store::open_for_reading(&path).unwrap();
    assert_eq!(
        reader.progress().unwrap()[0].rounds(Instrument::Load),
        [(0, 1)]
    );
    writer.record_block(&block(0, 0, 1)).unwrap();
    assert_eq!(
        reader.progress().unwrap()[0].rounds(Instrument::Load),
        [(0, 2)]
    );
    assert!(matches!(
        reader.clear_failures(),
        Err(StoreError::ReadOnly { .. })
    ));

    drop(writer);
    Store::open(&path).unwrap();
}

#[test]
fn what_belongs_to_no_series_instrument_or_level_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("run.sqlite"), &header()).unwrap();
    let mut facts = facts("a");
    facts.instruments = vec![Instrument::Counts, Instrument::Load];
    store.put_series(0, &facts).unwrap();
    let died = Failure::new(Stage::Start, "server-exited", "it died");
    let direct = Instrument::Direct;

    for error in [
        store.add_levels(7, &[1]).unwrap_err(),
        store
            .set_hidden_layers(7, Origin::Framework, &[])
            .unwrap_err(),
        store.record_failure(7, None, &died).unwrap_err(),
        store
            .record_failure(7, Some((direct, 0)), &died)
            .unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::UnknownSeries { series: 7 }));
    }
    let strange = Block {
        instrument: direct,
        slices: Vec::new(),
        ..block(0, 0, 0)
    };
    for error in [
        store.record_block(&strange).unwrap_err(),
        store
            .record_failure(0, Some((direct, 0)), &died)
            .unwrap_err(),
    ] {
        assert!(
            matches!(error, StoreError::UnknownInstrument { series: 0, instrument } if instrument == direct)
        );
        assert!(error.to_string().contains("not measured by direct"));
    }
    let error = store
        .record_failure(0, Some((Instrument::Counts, 77)), &died)
        .unwrap_err();
    assert!(error.to_string().contains("no cell of counts with 77"));
}

#[test]
fn a_run_at_rest_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.sqlite");
    let mut store = Store::create(&path, &header()).unwrap();
    store.put_series(0, &facts("a")).unwrap();
    store.record_block(&block(0, 0, 0)).unwrap();
    drop(store);
    drop(Store::open_for_reading(&path).unwrap());
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["run.sqlite"]);
}

#[test]
fn a_damaged_file_is_called_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.sqlite");
    let mut store = Store::create(&path, &header()).unwrap();
    store.put_series(0, &facts("a")).unwrap();
    for round in 0..20 {
        store.record_block(&block(0, round, 0)).unwrap();
    }
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    // Everything after the first page, which holds the schema.
    bytes[4096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let error = Store::open_for_reading(&path).unwrap().load().unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}
