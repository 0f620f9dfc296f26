//! Beginning exchanges: planning, connecting, writing; and what happens when a connection fails.

use super::Worker;
use super::slot::Task;
use crate::clock::now_ns;
use crate::http::Answer;
use crate::net::{Interest, SEND, connected};
use crate::tally::Times;
use crate::{Fault, LoadError};
use rustix::io::Errno;

/// How long until a full queue of a unix socket is tried again: the system does not tell when there is room.
const FULL_QUEUE_PAUSE_NS: u64 = 1_000_000;
const FIRST_PAUSE_NS: u64 = 1_000_000;
const LONGEST_PAUSE_NS: u64 = 100_000_000;

impl Worker {
    /// The connection is free, or will be at `free_ns`: sends its next request, waits for it to become due, or rests.
    pub(super) fn plan_next(&mut self, index: usize, free_ns: u64) -> Result<(), LoadError> {
        let slot = &mut self.slots[index];
        let due = slot.arrivals.due(free_ns);
        // A backlog may still be sent for as long as one request may take; then it is left unsent.
        let closing = self.until_ns.saturating_add(self.errand.timeout_ns);
        if due >= self.until_ns || self.now_ns >= closing || self.budget == 0 {
            self.set_task(index, Task::Resting);
            return Ok(());
        }
        if !matches!(slot.task, Task::Waiting(_)) {
            slot.times.free_ns = free_ns;
        }
        let start = due.max(free_ns);
        if start <= self.now_ns {
            return self.begin(index, due);
        }
        self.timers.push(std::cmp::Reverse((start, index)));
        self.set_task(index, Task::Waiting(start));
        Ok(())
    }

    fn begin(&mut self, index: usize, due: u64) -> Result<(), LoadError> {
        self.budget -= 1;
        let slot = &mut self.slots[index];
        slot.arrivals.advance();
        slot.times = Times {
            intended_ns: due,
            started_ns: self.now_ns,
            free_ns: slot.times.free_ns,
        };
        slot.written = 0;
        slot.ask = self.turn;
        self.turn = (self.turn + 1) % self.errand.asks.len();
        let template = self.memories[slot.ask].template.as_ref();
        slot.answer
            .restart(self.errand.asks[slot.ask].standard(template, true));
        if slot.socket.is_some() {
            self.launch(index)
        } else {
            slot.deadline_ns = self.now_ns.saturating_add(self.errand.connect_timeout_ns);
            self.set_task(index, Task::Connecting);
            self.begin_connection(index)
        }
    }

    /// The request goes out on a connection that is there.
    pub(super) fn launch(&mut self, index: usize) -> Result<(), LoadError> {
        let slot = &mut self.slots[index];
        slot.deadline_ns = slot.times.started_ns.saturating_add(self.errand.timeout_ns);
        self.tally.starts(slot.times);
        self.set_task(index, Task::InFlight);
        self.write(index)
    }

    /// Writes as much of the request as the socket takes.
    pub(super) fn write(&mut self, index: usize) -> Result<(), LoadError> {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else {
            return Ok(());
        };
        let wire = &self.errand.asks[slot.ask].wire;
        let rest = &wire[slot.written..];
        match rustix::net::send(socket, rest, SEND) {
            Ok(written) => {
                slot.written += written;
                self.tally.bytes_out += written as u64;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => return self.fail(index, Fault::Closed),
        }
        let unfinished = slot.written < wire.len();
        if unfinished != slot.watches_write {
            slot.watches_write = unfinished;
            let interest = if unfinished {
                Interest::ReadWrite
            } else {
                Interest::Read
            };
            self.poller.change(index, socket, interest)?;
        }
        Ok(())
    }

    pub(super) fn begin_connection(&mut self, index: usize) -> Result<(), LoadError> {
        match self.errand.endpoint.begin() {
            Ok(socket) => {
                self.poller.add(index, &socket, Interest::ReadWrite)?;
                self.slots[index].socket = Some(socket);
                self.tally.reconnects += 1;
                Ok(())
            }
            Err(Errno::AGAIN) => {
                self.timers.push(std::cmp::Reverse((
                    self.now_ns + FULL_QUEUE_PAUSE_NS,
                    index,
                )));
                Ok(())
            }
            Err(_) => self.fail(index, Fault::Connect),
        }
    }

    /// The connection that was being made is there, or has failed.
    pub(super) fn on_connection(&mut self, index: usize) -> Result<(), LoadError> {
        self.now_ns = now_ns();
        let Some(socket) = &self.slots[index].socket else {
            return Ok(());
        };
        if connected(socket).is_err() {
            return self.fail(index, Fault::Connect);
        }
        self.poller.change(index, socket, Interest::Read)?;
        self.open(index)
    }

    /// The exchange is lost, and the connection with it.
    pub(super) fn fail(&mut self, index: usize, fault: Fault) -> Result<(), LoadError> {
        self.hang_up(index);
        self.tally.wrong(fault, self.now_ns);
        let slot = &mut self.slots[index];
        slot.failures = slot.failures.saturating_add(1);
        let pause = pause_ns(slot.failures);
        self.plan_next(index, self.now_ns + pause)
    }

    /// Gives the connection up; the next request makes a new one.
    pub(super) fn hang_up(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.socket.take().is_some() {
            slot.answer = Answer::new(self.errand.protocol);
            slot.watches_write = false;
            self.poller.forget(index);
        }
    }

    /// Makes the connection of a slot and waits for it.
    pub(super) fn connect_slot(&mut self, index: usize) -> Result<(), LoadError> {
        let made = self.errand.endpoint.connect(self.errand.connect_timeout_ns);
        let socket = made.map_err(|errno| LoadError::Connect {
            target: self.errand.name.clone(),
            source: errno.into(),
        })?;
        self.open_channel(index, &socket)?;
        self.poller.add(index, &socket, Interest::Read)?;
        self.slots[index].socket = Some(socket);
        Ok(())
    }
}

/// How long a connection waits after it failed so many times in a row: the first time not at all, then 1 ms, doubling
/// up to 100 ms.
fn pause_ns(failures: u32) -> u64 {
    match failures {
        0 | 1 => 0,
        more => (FIRST_PAUSE_NS << (more - 2).min(10)).min(LONGEST_PAUSE_NS),
    }
}
