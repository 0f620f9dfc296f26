//! What is stored comes back as it was.

mod common;

use std::path::PathBuf;

use common::{LEVELS, block, facts, header};
use proptest::prelude::*;
use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::{Block, Instrument, Slice};
use toll_core::settings::Settings;
use toll_store::{Header, Store, StoreError};

fn new_run() -> (tempfile::TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.sqlite");
    let store = Store::create(&path, &header()).unwrap();
    (folder, path, store)
}

fn failure(stage: Stage, message: &str) -> Failure {
    Failure::new(stage, "server-exited", message)
        .with_log(vec!["line \"one\"".into(), "line\ntwo".into()])
}

/// The block as another instrument reads it.
fn by(instrument: Instrument, block: Block) -> Block {
    let slices = block.slices.into_iter().map(|(level, mut slice)| {
        let value = slice.readings.get(Metric::Ok).unwrap() + 1_000 * (instrument as i64 + 1);
        slice.readings = [(Metric::Ok, value)].into_iter().collect();
        slice.latency_histogram = None;
        (level, slice)
    });
    Block {
        instrument,
        slices: slices.collect(),
        ..block
    }
}

/// Two series with blocks out of order and a failure each, in a session that came to its end.
fn a_whole_run() -> (tempfile::TempDir, Store, [Block; 7]) {
    let (folder, path, mut store) = new_run();
    store.begin_session().unwrap();
    for (place, framework) in ["starlette", "falcon"].into_iter().enumerate() {
        store.put_series(place, &facts(framework)).unwrap();
    }
    let blocks = [
        by(Instrument::Counts, block(0, 0, 0)),
        block(0, 0, 0),
        block(1, 0, 0),
        by(Instrument::Direct, block(0, 1, 0)),
        by(Instrument::Direct, block(0, 0, 0)),
        block(0, 0, 1),
        block(0, 1, 0),
    ];
    for block in &blocks {
        store.record_block(block).unwrap();
    }
    store.record_failure(1, None, &died()).unwrap();
    let cell = Some((Instrument::Direct, 5));
    store.record_failure(0, cell, &miscounted()).unwrap();
    store.end_session(1.5, 0.25, false).unwrap();
    drop(store);
    (folder, Store::open_for_reading(&path).unwrap(), blocks)
}

fn died() -> Failure {
    failure(Stage::Start, "it died")
}

fn miscounted() -> Failure {
    failure(Stage::Verify, "three layers, not five")
}

#[test]
fn the_header_and_the_time_of_a_run_come_back() {
    let (_folder, store, _) = a_whole_run();
    assert_eq!(store.header().unwrap(), header());
    let run = store.load().unwrap();
    assert_eq!(
        (run.suite.as_str(), run.seed, run.quick),
        ("today", u64::MAX, true)
    );
    assert_eq!(
        (run.wall_s, run.tool_cpu_s, run.interrupted),
        (1.5, 0.25, false)
    );
    assert_eq!(
        (&run.settings, &run.host, &run.remarks),
        (&header().settings, &header().host, &header().remarks)
    );
}

#[test]
fn the_facts_of_a_series_come_back() {
    let (_folder, store, _) = a_whole_run();
    let series = &store.load().unwrap().series[0];
    let given = facts("starlette");
    assert_eq!(
        (&series.axes, &series.planned_axes),
        (&given.axes, &given.planned_axes)
    );
    assert_eq!(
        (&series.notes, &series.lock, &series.switched_off),
        (&given.notes, &given.lock, &given.switched_off)
    );
    assert_eq!(
        (&series.style, &series.about, &series.server_command),
        (&given.style, &given.about, &given.server_command)
    );
    assert_eq!(series.hidden_layers, given.hidden_layers);
    assert_eq!(
        format!("{:?}", store.load_series(0).unwrap()),
        format!("{series:?}")
    );
}

#[test]
fn the_cells_of_a_series_come_back_with_their_slices() {
    let (_folder, store, blocks) = a_whole_run();
    let series = &store.load().unwrap().series[0];
    assert!(series.instruments.keys().eq(&Instrument::ALL));
    for (instrument, cells) in &series.instruments {
        let levels: Vec<u32> = cells.iter().map(|cell| cell.middlewares).collect();
        assert_eq!(levels, LEVELS);
        let mut measured: Vec<&Block> = blocks
            .iter()
            .filter(|block| (block.series, block.instrument) == (0, *instrument))
            .collect();
        measured.sort_by_key(|block| (block.round, block.block));
        for (index, cell) in cells.iter().enumerate() {
            let slices = measured.iter().map(|block| &block.slices[index].1);
            assert!(cell.slices.iter().eq(slices), "{instrument:?}: {cell:?}");
        }
    }
}

#[test]
fn failures_come_back_where_they_happened() {
    let (_folder, store, _) = a_whole_run();
    let run = store.load().unwrap();
    assert_eq!(run.series[0].failure, None);
    assert_eq!(run.series[1].failure, Some(died()));
    for (instrument, cells) in &run.series[0].instruments {
        let failures = cells.iter().map(|cell| &cell.failures[..]);
        let last: &[Failure] = match instrument {
            Instrument::Direct => &[miscounted()],
            _ => &[],
        };
        assert!(failures.eq([&[], &[], last]));
    }
}

#[test]
fn the_newest_settings_hold_and_nothing_else_of_the_header_changes() {
    let (_folder, path, mut store) = new_run();
    let newest = Settings {
        budget_s: 3_600,
        precision: 0.1 + 0.2,
        ..header().settings
    };
    store.update_settings(&header().settings).unwrap();
    store.update_settings(&newest).unwrap();
    drop(store);
    let mut store = Store::open_for_reading(&path).unwrap();
    let expected = Header {
        settings: newest.clone(),
        ..header()
    };
    assert_eq!(store.header().unwrap(), expected);
    assert_eq!(store.load().unwrap().settings, newest);
    assert!(matches!(
        store.update_settings(&newest),
        Err(StoreError::ReadOnly { .. })
    ));
}

#[test]
fn progress_names_every_series_and_the_rounds_of_each_instrument() {
    let (_folder, _path, mut store) = new_run();
    store.put_series(0, &facts("a")).unwrap();
    store.put_series(2, &facts("b")).unwrap();
    for block in [
        block(2, 0, 0),
        by(Instrument::Counts, block(2, 0, 0)),
        block(2, 0, 1),
        block(2, 3, 0),
    ] {
        store.record_block(&block).unwrap();
    }
    let progress = store.progress().unwrap();
    let places: Vec<usize> = progress.iter().map(|of| of.series).collect();
    assert_eq!(places, [0, 2]);
    for of in &progress {
        assert!(of.instruments.keys().eq(&Instrument::ALL));
    }
    assert!(progress[0].instruments.values().all(Vec::is_empty));
    assert_eq!(progress[1].rounds(Instrument::Load), [(0, 2), (3, 1)]);
    assert_eq!(progress[1].rounds(Instrument::Counts), [(0, 1)]);
    assert_eq!(progress[1].rounds(Instrument::Direct), []);
}

#[test]
fn the_same_failure_is_there_once_until_it_is_cleared() {
    let (_folder, _path, mut store) = new_run();
    store.put_series(0, &facts("a")).unwrap();
    let (load, direct) = (Some((Instrument::Load, 1)), Some((Instrument::Direct, 1)));
    for cell in [None, None, load, direct, load, direct] {
        store
            .record_failure(0, cell, &failure(Stage::Start, "died"))
            .unwrap();
    }
    let renewed = failure(Stage::Start, "died").with_log(vec!["newer".into()]);
    store.record_failure(0, load, &renewed).unwrap();
    store
        .record_failure(0, load, &failure(Stage::Start, "died otherwise"))
        .unwrap();
    let series = store.load_series(0).unwrap();
    assert_eq!(series.failure, Some(failure(Stage::Start, "died")));
    assert_eq!(
        series.cells(Instrument::Load)[1].failures,
        [renewed, failure(Stage::Start, "died otherwise")]
    );
    assert_eq!(
        series.cells(Instrument::Direct)[1].failures,
        [failure(Stage::Start, "died")]
    );

    store.clear_failures().unwrap();
    let series = store.load_series(0).unwrap();
    assert_eq!(series.failure, None);
    let mut cells = series.instruments.values().flatten();
    assert!(cells.all(|cell| cell.failures.is_empty()));
}

#[test]
fn a_block_is_stored_once_and_whole_or_not_at_all() {
    let (_folder, _path, mut store) = new_run();
    store.put_series(0, &facts("a")).unwrap();
    store.record_block(&block(0, 0, 0)).unwrap();
    let before = format!("{:?}", store.load().unwrap());

    assert!(matches!(
        store.record_block(&block(0, 0, 0)),
        Err(StoreError::BlockExists { .. })
    ));
    assert!(matches!(
        store.record_block(&block(4, 0, 0)),
        Err(StoreError::UnknownSeries { series: 4 })
    ));
    let mut stranger = block(0, 1, 0);
    stranger.slices[2].0 = 77;
    assert!(matches!(
        store.record_block(&stranger),
        Err(StoreError::UnknownCell {
            middlewares: 77,
            ..
        })
    ));
    let mut twice = block(0, 1, 0);
    twice.slices[2].0 = twice.slices[1].0;
    assert!(matches!(
        store.record_block(&twice),
        Err(StoreError::Inconsistent { .. })
    ));
    let mut elsewhere = block(0, 1, 0);
    elsewhere.slices[1].1.round = 8;
    assert!(matches!(
        store.record_block(&elsewhere),
        Err(StoreError::Inconsistent { .. })
    ));
    let mut endless = block(0, 1, 0);
    endless.slices[2].1.error_classes[0].1 = u64::MAX;
    assert!(store.record_block(&endless).is_err());

    assert_eq!(format!("{:?}", store.load().unwrap()), before);
}

#[test]
fn sessions_add_up_and_the_last_one_says_whether_the_run_was_interrupted() {
    let (_folder, path, mut store) = new_run();
    assert!(matches!(
        store.update_session(1.0, 1.0),
        Err(StoreError::NoSession)
    ));
    store.begin_session().unwrap();
    store.update_session(2.0, 0.5).unwrap();
    store.update_session(3.0, 0.75).unwrap();
    drop(store);

    let mut store = Store::open(&path).unwrap();
    let spent = |store: &Store| {
        let run = store.load().unwrap();
        (run.wall_s, run.tool_cpu_s, run.interrupted)
    };
    assert_eq!(spent(&store), (3.0, 0.75, true));
    store.begin_session().unwrap();
    store.end_session(1.0, 0.25, true).unwrap();
    assert_eq!(spent(&store), (4.0, 1.0, true));
    assert!(matches!(
        store.end_session(1.0, 1.0, false),
        Err(StoreError::NoSession)
    ));
    store.begin_session().unwrap();
    store.end_session(1.0, 0.0, false).unwrap();
    assert_eq!(spent(&store), (5.0, 1.0, false));
}

fn any_slice() -> impl Strategy<Value = Slice> {
    let readings =
        proptest::collection::btree_map(0..Metric::ALL.len(), any::<i64>(), 0..=Metric::ALL.len());
    let histogram = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..64));
    let classes = proptest::collection::vec((".{0,12}", 0..=i64::MAX as u64), 0..4);
    (readings, histogram, classes).prop_map(|(readings, latency_histogram, error_classes)| Slice {
        round: 0,
        block: 0,
        position: 0,
        readings: readings
            .into_iter()
            .map(|(index, value)| (Metric::ALL[index], value))
            .collect(),
        latency_histogram,
        error_classes,
    })
}

fn any_block() -> impl Strategy<Value = Block> {
    let order = Just(LEVELS.to_vec()).prop_shuffle();
    let slices = proptest::collection::vec(any_slice(), LEVELS.len());
    let place = (any::<u32>(), any::<u32>());
    let instrument = proptest::sample::select(Instrument::ALL.to_vec());
    (place, instrument, order, slices).prop_map(|((round, block), instrument, order, slices)| {
        let slices = order.into_iter().zip(slices).zip(0..);
        let placed = slices.map(|((level, slice), position)| {
            (
                level,
                Slice {
                    round,
                    block,
                    position,
                    ..slice
                },
            )
        });
        Block {
            series: 0,
            instrument,
            round,
            block,
            slices: placed.collect(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_readings_come_back(block in any_block()) {
        let (_folder, _path, mut store) = new_run();
        store.put_series(0, &facts("a")).unwrap();
        store.record_block(&block).unwrap();
        let series = store.load_series(0).unwrap();
        let mut expected = block.slices.clone();
        expected.sort_by_key(|(level, _)| *level);
        let loaded: Vec<(u32, Slice)> =
            series.cells(block.instrument).iter().flat_map(|cell| cell.slices.iter().map(|slice| (cell.middlewares, slice.clone()))).collect();
        prop_assert_eq!(loaded, expected);
    }
}
