//! Bringing up the servers of a round, several at a time, on all cores: nothing is measured yet.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use toll_core::failure::Failure;

use crate::bench::{Bench, Station};
use crate::serving::{Living, Progress, Rising};

/// Servers that are on their way up at once. Their start is mostly CPU; more would only wait.
const AT_ONCE: usize = 4;
/// Cells that fail before any has come up, after which the others are not tried.
const HOPELESS: usize = 3;
const PAUSE: Duration = Duration::from_millis(3);

/// What came of bringing up the cells of a round.
#[derive(Default)]
pub(super) struct Risen {
    /// Cells that answer rightly.
    pub(super) living: Vec<Living>,
    /// Cells that do not, with the reason.
    pub(super) failed: Vec<(u32, Failure)>,
    /// Whether it was given up or stopped before every cell had been tried.
    pub(super) cut_short: bool,
}

/// Starts one server for each level, in the given order, and checks its first answer.
pub(super) fn rise(bench: &Bench, station: &Station, levels: &[u32], hash_seed: u32) -> Risen {
    let mut waiting: VecDeque<u32> = levels.iter().copied().collect();
    let mut rising: Vec<Rising> = Vec::new();
    let mut risen = Risen::default();
    while !(waiting.is_empty() && rising.is_empty()) {
        if bench.aborted() || (risen.living.is_empty() && risen.failed.len() >= HOPELESS) {
            risen.cut_short = true;
            break;
        }
        while rising.len() < AT_ONCE {
            let Some(level) = waiting.pop_front() else {
                break;
            };
            match Rising::start(bench, station, level, hash_seed) {
                Ok(started) => rising.push(started),
                Err(failure) => risen.failed.push((level, failure)),
            }
        }
        rising.retain_mut(|server| risen.keep_looking(server));
        thread::sleep(PAUSE);
    }
    risen
}

impl Risen {
    /// Looks at one server; says whether it must be looked at again.
    fn keep_looking(&mut self, server: &mut Rising) -> bool {
        match server.look() {
            Progress::Rising => return true,
            Progress::Up(living) => self.living.push(*living),
            Progress::Failed(failure) => self.failed.push((server.middlewares, failure)),
        }
        false
    }
}
