//! A writer that is killed in the middle leaves whole blocks: all that it had committed.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{LEVELS, block, facts, header};
use toll_core::sample::{Block, Instrument};
use toll_store::Store;

/// Where the child finds its file.
const FILE: &str = "TOLL_STORE_TEST_FILE";
/// How many committed blocks are waited for before the child is killed.
const ENOUGH: usize = 10;
/// Each kill comes a little later after a commit than the one before, so that some of them meet
/// the writer in the middle of a block.
const KILLS: u32 = 12;
const LATER: Duration = Duration::from_micros(130);

/// The blocks that the writer stores, in turn by each instrument.
fn numbered(number: u32) -> Block {
    let instruments = Instrument::ALL.len() as u32;
    Block {
        instrument: Instrument::ALL[(number % instruments) as usize],
        ..block(0, number / instruments, 0)
    }
}

/// How many blocks are stored.
fn blocks(store: &Store) -> usize {
    let progress = store.progress().unwrap();
    progress[0].instruments.values().map(Vec::len).sum()
}

/// Not a test of its own: the writer that the test below starts and kills, again and again.
#[test]
#[ignore = "started by the test below, which kills it"]
fn writer() {
    let path = std::env::var_os(FILE).expect("only the test below starts this");
    let mut store = Store::open(Path::new(&path)).unwrap();
    store.begin_session().unwrap();
    let first = blocks(&store) as u32;
    // Bounded, so that it ends by itself should nobody kill it.
    for number in first..first + 20_000 {
        store.record_block(&numbered(number)).unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "committed {number}")
            .and_then(|()| out.flush())
            .unwrap();
        store.update_session(1.0, 0.5).unwrap();
    }
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--ignored", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the writer when it is well under way; gives the number of blocks that it knew were committed.
fn kill_under_way(mut child: Child, delay: Duration) -> usize {
    let mut committed = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        committed += usize::from(line.unwrap().contains("committed "));
        if committed == ENOUGH {
            std::thread::sleep(delay);
            child.kill().unwrap();
        }
    }
    assert!(
        !child.wait().unwrap().success(),
        "the writer ended before it was killed"
    );
    assert!(committed >= ENOUGH, "the writer never got under way");
    committed
}

/// Every stored block is there as it was given, and there are no others. Gives their number.
fn whole_blocks(store: &Store) -> usize {
    let stored = blocks(store);
    let series = store.load_series(0).unwrap();
    assert_eq!(series.instruments.len(), Instrument::ALL.len());
    for (instrument, cells) in &series.instruments {
        let given: Vec<Block> = (0..stored as u32)
            .map(numbered)
            .filter(|block| block.instrument == *instrument)
            .collect();
        assert_eq!(cells.len(), LEVELS.len());
        for (index, cell) in cells.iter().enumerate() {
            let slices = given.iter().map(|block| &block.slices[index].1);
            assert!(cell.slices.iter().eq(slices));
        }
    }
    stored
}

#[test]
fn killing_the_writer_loses_no_committed_block_and_leaves_no_part_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.sqlite");
    Store::create(&path, &header())
        .unwrap()
        .put_series(0, &facts("a"))
        .unwrap();
    let mut stored = 0;
    for kill in 1..=KILLS {
        let committed = stored + kill_under_way(start(&path), LATER * kill);
        // A reader sees it all at once, before any writer has cleaned up.
        stored = whole_blocks(&Store::open_for_reading(&path).unwrap());
        let lost_its_word = stored == committed + 1;
        assert!(
            stored == committed || lost_its_word,
            "{stored} stored, {committed} committed"
        );
        // The dead writer's lock file is still there, and does not lock.
        let run = Store::open(&path).unwrap().load().unwrap();
        assert!(run.interrupted);
        assert_eq!(
            (run.wall_s, run.tool_cpu_s),
            (f64::from(kill), f64::from(kill) / 2.0)
        );
    }
    let connection = rusqlite::Connection::open(&path).unwrap();
    let health: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(health, "ok");
}
