//! Bringing up the servers of a round, several at a time, on all cores: nothing is measured yet.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use toll_core::failure::{Failure, Stage};

use super::sitting::Failures;
use crate::bench::{Bench, CellKey, Station};
use crate::serving::{Living, Progress, Rising};

/// Servers that are on their way up at once. Their start is mostly CPU; more would only wait.
const AT_ONCE: usize = 4;
const PAUSE: Duration = Duration::from_millis(3);

/// What came of bringing up the cells of a round.
#[derive(Default)]
pub(super) struct Risen {
    /// Cells that answer rightly.
    pub(super) living: Vec<Living>,
    /// Cells that do not, with the reason. Cells that were not even tried are in neither list.
    pub(super) failed: Failures,
}

/// Starts one server for each level and checks its first answer. The lowest level comes first: if
/// even that server does not start, no layer is to blame, and the others are not tried.
pub(super) fn rise(bench: &Bench, station: &Station, levels: &[u32], hash_seed: u32) -> Risen {
    let mut waiting: VecDeque<u32> = levels.iter().copied().collect();
    let mut rising: Vec<Rising> = Vec::new();
    let mut risen = Risen::default();
    while !(waiting.is_empty() && rising.is_empty()) {
        if bench.aborted() || risen.is_hopeless(levels) {
            break;
        }
        while rising.len() < AT_ONCE {
            let Some(level) = waiting.pop_front() else {
                break;
            };
            match Rising::start(bench, station, level, hash_seed) {
                Ok(started) => rising.push(started),
                Err(failure) => risen.failed.push(((station.series, level), failure)),
            }
        }
        rising.retain_mut(|server| !bench.aborted() && risen.keep_looking(server));
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
            Progress::Failed(failure) => self.failed.push((server.key(), failure)),
        }
        false
    }

    /// Whether nothing can come of the series: no server lives, and the lowest level did not start,
    /// or no level is left.
    pub(super) fn is_hopeless(&self, levels: &[u32]) -> bool {
        let lowest = levels.iter().min();
        let unable = |((_, level), failure): &(CellKey, Failure)| {
            Some(level) == lowest && failure.stage == Stage::Start
        };
        self.living.is_empty()
            && (self.failed.iter().any(unable) || self.failed.len() == levels.len())
    }
}
