//! The loop: waits, serves what is ready, and looks at the time.

use super::Worker;
use super::slot::{Idle, Task};
use crate::arrivals::{Arrivals, Lane};
use crate::clock::now_ns;
use crate::net::Ready;
use crate::schedule::Schedule;
use crate::{Fault, LoadError};
use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often timeouts, the abort flag and the gauge are looked at.
const TICK_NS: u64 = 20_000_000;

/// Numbers that can be read while the worker works. It sets them now and then, not with every exchange.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    pub(crate) sent: AtomicU64,
    pub(crate) ok: AtomicU64,
    pub(crate) failed: AtomicU64,
}

/// What a worker is to do in one go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    pub(crate) schedule: Schedule,
    /// The schedule is shared by so many connections; the worker has those from `first_lane` on.
    pub(crate) lanes: u64,
    pub(crate) first_lane: u64,
    pub(crate) origin_ns: u64,
    /// No request that is due later is sent.
    pub(crate) until_ns: u64,
    /// The most requests to send.
    pub(crate) budget: u64,
    /// After so many failures in a row on every connection there is no hope.
    pub(crate) patience: u32,
    /// Never sleeps.
    pub(crate) spin: bool,
    pub(crate) abort: &'a AtomicBool,
    pub(crate) gauge: Option<&'a Gauge>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ending {
    /// Requests whose answers were still awaited: only after an abort or when giving up.
    pub(crate) in_flight: u64,
    /// Requests that the schedule wanted and that were never sent.
    pub(crate) unsent: u64,
    pub(crate) aborted: bool,
    pub(crate) gave_up: bool,
    /// The last look at the clock.
    pub(crate) ended_ns: u64,
}

impl Worker {
    /// Sends until the order is carried out and all answers are there.
    pub(crate) fn drive(&mut self, order: &Order<'_>) -> Result<Ending, LoadError> {
        self.start(order)?;
        let mut ending = Ending::default();
        let mut next_tick = self.now_ns + TICK_NS;
        while self.live > 0 {
            let until_ns = if order.spin {
                self.now_ns
            } else {
                self.next_wake(next_tick)
            };
            self.serve_ready(until_ns)?;
            self.run_timers()?;
            if self.now_ns >= next_tick {
                next_tick = self.now_ns + TICK_NS;
                self.was_idle = false;
                self.run_timeouts()?;
                ending.aborted = order.abort.load(Ordering::Relaxed);
                ending.gave_up = self
                    .slots
                    .iter()
                    .all(|slot| slot.failures >= order.patience);
                self.publish(order.gauge);
                if ending.aborted || ending.gave_up {
                    break;
                }
            }
        }
        Ok(self.finish(order, ending))
    }

    fn serve_ready(&mut self, until_ns: u64) -> Result<(), LoadError> {
        self.poller.wait(self.now_ns, until_ns)?;
        if self.poller.len() == 0 {
            let before_ns = std::mem::replace(&mut self.now_ns, now_ns());
            if self.was_idle {
                self.tally.idle_ns += self.now_ns - before_ns;
            }
        }
        // Of a wait that follows on work it is not known how much of it was still work.
        self.was_idle = self.poller.len() == 0;
        for event in 0..self.poller.len() {
            self.on_ready(self.poller.get(event))?;
        }
        Ok(())
    }

    fn start(&mut self, order: &Order<'_>) -> Result<(), LoadError> {
        self.timers.clear();
        self.until_ns = order.until_ns;
        self.budget = order.budget;
        self.turn = order.first_lane as usize % self.errand.asks.len();
        self.now_ns = now_ns();
        self.was_idle = false;
        for index in 0..self.slots.len() {
            let lane = Lane {
                index: order.first_lane + index as u64,
                of: order.lanes,
            };
            let slot = &mut self.slots[index];
            slot.arrivals = Arrivals::new(order.schedule, lane, order.origin_ns);
            slot.failures = 0;
            self.plan_next(index, self.now_ns)?;
        }
        Ok(())
    }

    /// What was cut short is hung up, so that nothing of it reaches the next drive.
    fn finish(&mut self, order: &Order<'_>, mut ending: Ending) -> Ending {
        let due_by = order.until_ns.min(self.now_ns);
        let mut unbegun = 0;
        for index in 0..self.slots.len() {
            let task = self.slots[index].task;
            ending.in_flight += u64::from(task == Task::InFlight);
            let unfinished = matches!(task, Task::InFlight | Task::Connecting | Task::Opening);
            // Its turn had come, but there was no connection yet to send it on.
            let waits_in_vain = order.schedule.is_open() && unfinished && task != Task::InFlight;
            unbegun += u64::from(waits_in_vain);
            let unasked = !unfinished && self.idle(index) == Idle::Unasked;
            self.tally.unasked += u64::from(unasked);
            if unasked || unfinished {
                self.hang_up(index);
            }
            self.set_task(index, Task::Resting);
            ending.unsent += self.slots[index].arrivals.missed(due_by);
        }
        ending.unsent = ending.unsent.min(self.budget) + unbegun;
        ending.ended_ns = self.now_ns;
        self.publish(order.gauge);
        ending
    }

    fn on_ready(&mut self, ready: Ready) -> Result<(), LoadError> {
        let index = ready.token;
        match self.slots[index].task {
            Task::InFlight => {
                if ready.readable {
                    self.receive(index)
                } else {
                    self.now_ns = now_ns();
                    self.write(index)
                }
            }
            Task::Connecting => self.on_connection(index),
            Task::Opening => self.on_opening(index),
            Task::Resting | Task::Waiting(_) => {
                self.now_ns = now_ns();
                let seen = self.idle(index);
                self.tally.unasked += u64::from(seen == Idle::Unasked);
                if seen != Idle::Quiet {
                    self.hang_up(index);
                }
                Ok(())
            }
        }
    }

    fn next_wake(&self, next_tick: u64) -> u64 {
        self.timers
            .peek()
            .map_or(next_tick, |Reverse((at, _))| next_tick.min(*at))
    }

    fn run_timers(&mut self) -> Result<(), LoadError> {
        while let Some(Reverse((at, index))) = self.timers.peek().copied() {
            if at > self.now_ns {
                break;
            }
            self.timers.pop();
            self.was_idle = false;
            match self.slots[index].task {
                Task::Waiting(due) if due == at => self.plan_next(index, self.now_ns)?,
                Task::Connecting if self.slots[index].socket.is_none() => {
                    self.begin_connection(index)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn run_timeouts(&mut self) -> Result<(), LoadError> {
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            if slot.deadline_ns > self.now_ns {
                continue;
            }
            match slot.task {
                Task::InFlight => self.fail(index, Fault::Timeout)?,
                Task::Connecting | Task::Opening => self.fail(index, Fault::Connect)?,
                Task::Resting | Task::Waiting(_) => {}
            }
        }
        Ok(())
    }

    fn publish(&self, gauge: Option<&Gauge>) {
        if let Some(gauge) = gauge {
            gauge.sent.store(self.tally.sent, Ordering::Relaxed);
            gauge.ok.store(self.tally.ok, Ordering::Relaxed);
            gauge.failed.store(self.tally.failed, Ordering::Relaxed);
        }
    }
}
