//! The questions about times, alone in a test binary so that no other test runs beside them. Tests share their machine, so
//! times have ten times the room of a report, and the far tail, which is the machine's, is not judged.

mod common;

use common::bench;
use toll_accuracy::generator::Own;
use toll_accuracy::{Row, Verdict, experiments};

const ATTEMPTS: u32 = 4;

/// A generator that never sleeps, beside a server that never sleeps, has no core to itself on the smallest machine: whatever
/// else wants to run takes it a slice of the scheduler, some milliseconds, away, and more than one request in a hundred sees that.
fn judged(row: &Row, spin: bool) -> bool {
    let the_machines = row.what.ends_with("furthest off") || spin && row.what.ends_with("p99");
    !the_machines
}

/// The rows that are out in the best of some attempts.
fn out(key: &str, spin: bool) -> Vec<Row> {
    let known = |experiment: &&experiments::Experiment| experiment.key == key;
    let experiment = experiments::ALL.iter().find(known).unwrap();
    let mut wrong = Vec::new();
    for _ in 0..ATTEMPTS {
        wrong = (experiment.ask)(&bench(), &Own { spin }).unwrap();
        assert!(wrong.iter().filter(|row| judged(row, spin)).count() > 4);
        wrong.retain(|row| judged(row, spin) && row.verdict == Verdict::Out);
        if wrong.is_empty() {
            break;
        }
    }
    wrong
}

#[test]
fn latencies_and_moments_of_sending_are_right() {
    for spin in [false, true] {
        for key in ["delays", "spacing"] {
            let wrong = out(key, spin);
            assert!(wrong.is_empty(), "{key}, spin {spin}: {wrong:#?}");
        }
    }
}
