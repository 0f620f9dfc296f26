//! Millions of damaged answers, the same ones for the same seed, held against a second reading of the standard.
//!
//! `TOLL_FUZZ_INPUTS` says how many, `TOLL_FUZZ_SEED` which ones, `TOLL_FUZZ_FIRST` from which number on: the message of
//! a failure names all three.

mod mutate;
mod oracle;
mod random;
mod shapes;
mod trial;
mod ways;

use super::{Answer, Standard};
use crate::target::Protocol;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use trial::{Census, Connections, try_one};

/// Inputs in one test; builds without optimisation read them some ten times as slowly.
const INPUTS: u64 = if cfg!(debug_assertions) {
    20_000
} else {
    200_000
};
/// No input takes anywhere near as long.
const PATIENCE: Duration = Duration::from_secs(20);

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}

/// Runs in a thread of its own, so that an endless loop is found as well.
fn work_off(seed: u64, first: u64, count: u64) -> Census {
    let at = Arc::new(AtomicU64::new(first));
    let shown = at.clone();
    let work = std::thread::spawn(move || {
        let (mut connections, mut census) = (Connections::new(), Census::default());
        for number in first..first + count {
            shown.store(number, Ordering::Relaxed);
            try_one(seed, number, &mut connections, &mut census);
        }
        census
    });
    let (mut last, mut since) = (first, Instant::now());
    while !work.is_finished() {
        std::thread::sleep(Duration::from_millis(5));
        let now = at.load(Ordering::Relaxed);
        if now != last {
            (last, since) = (now, Instant::now());
        }
        assert!(
            since.elapsed() < PATIENCE,
            "TOLL_FUZZ_SEED={seed} TOLL_FUZZ_FIRST={last} hangs"
        );
    }
    work.join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[test]
fn damaged_answers_are_read_by_the_standard_in_every_way() {
    let seed = setting("TOLL_FUZZ_SEED", 1);
    let count = setting("TOLL_FUZZ_INPUTS", INPUTS);
    let start = Instant::now();
    let census = work_off(seed, setting("TOLL_FUZZ_FIRST", 0), count);
    let took = start.elapsed().as_secs_f64();
    let rate = count as f64 / took;
    if std::env::var_os("TOLL_FUZZ_INPUTS").is_some() {
        let _ = writeln!(
            std::io::stderr(),
            "{count} inputs in {took:.1} s, {rate:.0}/s: {census:?}"
        );
    }
    // The damage is neither so slight nor so great that one kind would hardly be met.
    if count >= 10_000 {
        let least = count / 200;
        let met = [
            census.whole,
            census.short,
            census.torn,
            census.malformed,
            census.right,
        ];
        assert!(met.iter().all(|kind| *kind > least), "{census:?}");
        assert!(census.with_template > count / 2, "{census:?}");
    }
}

#[test]
fn a_long_answer_is_not_kept() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 33554432\r\n\r\n";
    let piece = vec![b'x'; 65_536];
    let standard = Standard {
        template: None,
        body: None,
        date_matters: false,
        answers_head: false,
        keep: true,
    };
    let mut answer = Answer::new(Protocol::Http);
    answer.restart(standard);
    answer.take(head, standard).unwrap();
    for _ in 0..512 {
        answer.take(&piece, standard).unwrap();
    }
    assert!(answer.capacities().1 < 1 << 20, "{:?}", answer.capacities());
    assert!(answer.make_template(200, standard).is_none());
}
