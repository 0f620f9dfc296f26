//! What is known of a series may grow and change; what was measured of it stays.

mod common;

use common::{LEVELS, block, facts, header};
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_store::{Origin, SeriesFacts, Store};

fn new_run() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("run.sqlite"), &header()).unwrap();
    (folder, store)
}

/// The facts while it is not known yet at which levels the series is measured.
fn undecided(instruments: &[Instrument]) -> SeriesFacts {
    SeriesFacts {
        levels: Vec::new(),
        instruments: instruments.to_vec(),
        ..facts("a")
    }
}

/// Level and number of slices of each cell.
fn cells(series: &MeasuredSeries, instrument: Instrument) -> Vec<(u32, usize)> {
    let cells = series.cells(instrument).iter();
    cells
        .map(|cell| (cell.middlewares, cell.slices.len()))
        .collect()
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn putting_a_series_again_replaces_its_facts_and_keeps_its_measurements() {
    let (_folder, mut store) = new_run();
    store.put_series(0, &facts("a")).unwrap();
    store.record_block(&block(0, 0, 0)).unwrap();
    let before = format!("{:?}", store.load_series(0).unwrap());
    store.put_series(0, &facts("a")).unwrap();
    assert_eq!(format!("{:?}", store.load_series(0).unwrap()), before);

    let mut changed = facts("b");
    changed.lock.truncate(1);
    changed.levels = vec![1, 9];
    changed.instruments = vec![Instrument::Direct];
    store.put_series(0, &changed).unwrap();
    let series = store.load_series(0).unwrap();
    assert_eq!((&series.axes, &series.lock), (&changed.axes, &changed.lock));
    assert_eq!(
        cells(&series, Instrument::Load),
        [(0, 1), (1, 1), (5, 1), (9, 0)]
    );
    assert_eq!(
        cells(&series, Instrument::Direct),
        [(0, 0), (1, 0), (5, 0), (9, 0)]
    );
}

#[test]
fn an_instrument_without_levels_is_there() {
    let (_folder, mut store) = new_run();
    let instruments = [Instrument::Counts, Instrument::Load];
    store.put_series(0, &undecided(&instruments)).unwrap();
    let series = store.load_series(0).unwrap();
    assert!(series.instruments.keys().eq(&instruments));
    assert!(series.instruments.values().all(Vec::is_empty));
}

#[test]
fn levels_that_are_known_late_hold_for_every_instrument() {
    let late: [fn(&mut Store); 2] = [
        |store| store.add_levels(0, &LEVELS).unwrap(),
        |store| store.put_series(0, &facts("a")).unwrap(),
    ];
    for decide in late {
        let (_folder, mut store) = new_run();
        store.put_series(0, &undecided(&Instrument::ALL)).unwrap();
        decide(&mut store);
        store.record_block(&block(0, 0, 0)).unwrap();
        // Once more is no harm.
        decide(&mut store);
        let series = store.load_series(0).unwrap();
        for instrument in Instrument::ALL {
            let measured = usize::from(instrument == Instrument::Load);
            assert_eq!(
                cells(&series, instrument),
                LEVELS.map(|level| (level, measured))
            );
        }
    }
}

#[test]
fn hidden_layers_of_one_origin_leave_those_of_the_other_alone() {
    let (_folder, mut store) = new_run();
    let mut facts = facts("a");
    facts.hidden_layers = lines(&["server: s.One", "server: s.Two"]);
    store.put_series(0, &facts).unwrap();
    let hidden = |store: &Store| store.load_series(0).unwrap().hidden_layers;
    assert_eq!(hidden(&store), facts.hidden_layers);

    let found = lines(&["f.Outer", "f.Inner"]);
    let both = lines(&[
        "server: s.One",
        "server: s.Two",
        "framework: f.Outer",
        "framework: f.Inner",
    ]);
    for _ in 0..2 {
        store
            .set_hidden_layers(0, Origin::Framework, &found)
            .unwrap();
        assert_eq!(hidden(&store), both);
    }
    // What was found stays when the facts, which know nothing of it, are put again.
    store.put_series(0, &facts).unwrap();
    assert_eq!(hidden(&store), both);

    store
        .set_hidden_layers(0, Origin::Server, &lines(&["s.Three"]))
        .unwrap();
    let replaced = lines(&[
        "server: s.Three",
        "framework: f.Outer",
        "framework: f.Inner",
    ]);
    assert_eq!(hidden(&store), replaced);
    store.set_hidden_layers(0, Origin::Framework, &[]).unwrap();
    assert_eq!(hidden(&store), ["server: s.Three"]);
}
