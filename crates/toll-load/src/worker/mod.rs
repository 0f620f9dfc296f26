//! One thread's share of the load: its connections and the loop that serves them.

mod drive;
mod errand;
mod opening;
mod receive;
mod send;
mod single;
mod slot;

pub(crate) use drive::{Ending, Gauge, Order};
pub(crate) use errand::{Errand, Wanted};

use crate::LoadError;
use crate::clock::now_ns;
use crate::http::Template;
use crate::net::Poller;
use crate::tally::Tally;
use slot::{Idle, Slot, Task};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// The most that one receive takes.
const BUFFER: usize = 64 * 1024;
/// How long bytes that nobody has asked for are waited for at the end of a run.
const LAST_WAIT: Duration = Duration::from_millis(20);
/// Answers in a row that may differ from the one before until they are taken to be always different.
const PATIENCE_WITH_TEMPLATES: u32 = 64;

/// What is remembered of the answers to one request.
#[derive(Debug, Default)]
struct Memory {
    template: Option<Template>,
    /// Answers that differed since the last one that did not.
    unlike: u32,
}

impl Memory {
    fn is_hopeless(&self) -> bool {
        self.unlike >= PATIENCE_WITH_TEMPLATES
    }
}

pub(crate) struct Worker {
    errand: Errand,
    poller: Poller,
    slots: Vec<Slot>,
    /// Moments at which slots want to be looked at. Those that have become void are skipped when they are due.
    timers: BinaryHeap<Reverse<(u64, usize)>>,
    /// For each request the answer that it had.
    memories: Vec<Memory>,
    /// The request whose turn it is.
    turn: usize,
    buffer: Box<[u8]>,
    pub(crate) tally: Tally,
    /// Nothing was ready when it was looked last.
    was_idle: bool,
    /// The last look at the clock.
    now_ns: u64,
    until_ns: u64,
    budget: u64,
    /// Slots that do not rest.
    live: usize,
}

impl Worker {
    /// With all its connections made.
    pub(crate) fn connect(
        errand: Errand,
        connections: usize,
        open_loop: bool,
    ) -> Result<Worker, LoadError> {
        let slots = (0..connections)
            .map(|_| Slot::new(errand.protocol))
            .collect();
        let memories = errand.asks.iter().map(|_| Memory::default()).collect();
        let mut worker = Worker {
            errand,
            poller: Poller::new()?,
            slots,
            timers: BinaryHeap::new(),
            memories,
            turn: 0,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            tally: Tally::new(open_loop)?,
            was_idle: false,
            now_ns: now_ns(),
            until_ns: 0,
            budget: 0,
            live: 0,
        };
        for index in 0..connections {
            worker.connect_slot(index)?;
        }
        Ok(worker)
    }

    pub(crate) fn connections(&self) -> usize {
        self.slots.len()
    }

    /// Replaces the connections that the server has closed while nobody used them. Stops at the first that cannot be
    /// made: the next drive will meet and count it.
    pub(crate) fn mend(&mut self) {
        for index in 0..self.slots.len() {
            self.slots[index].failures = 0;
            let seen = self.idle(index);
            self.tally.unasked += u64::from(seen == Idle::Unasked);
            if seen != Idle::Quiet {
                self.hang_up(index);
                if self.connect_slot(index).is_err() {
                    return;
                }
                self.tally.reconnects += 1;
            }
        }
    }

    /// After a run, bytes may still be on their way that nobody has asked for: waits a little for them.
    pub(crate) fn look_back(&mut self) {
        std::thread::sleep(LAST_WAIT);
        for index in 0..self.slots.len() {
            self.tally.unasked += u64::from(self.idle(index) == Idle::Unasked);
        }
    }

    fn set_task(&mut self, index: usize, task: Task) {
        let before = std::mem::replace(&mut self.slots[index].task, task);
        self.live += usize::from(task != Task::Resting);
        self.live -= usize::from(before != Task::Resting);
    }
}
