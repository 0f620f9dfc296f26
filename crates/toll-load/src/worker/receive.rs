//! Taking answers in and judging them.

use super::Worker;
use crate::clock::now_ns;
use crate::http::{Head, Taken};
use crate::net::RECEIVE;
use crate::{Fault, LoadError};
use rustix::io::Errno;

impl Worker {
    /// One receive, one look at the clock. What is left in the socket is told again by the poller.
    pub(super) fn receive(&mut self, index: usize) -> Result<(), LoadError> {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else {
            return Ok(());
        };
        let received = rustix::net::recv(socket, &mut *self.buffer, RECEIVE);
        self.now_ns = now_ns();
        let length = match received {
            Ok((0, _)) => return self.ended(index, true),
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(_) => return self.ended(index, false),
        };
        self.tally.bytes_in += length as u64;
        let ask = slot.ask;
        let memory = &self.memories[ask];
        let standard =
            self.errand.asks[ask].standard(memory.template.as_ref(), !memory.is_hopeless());
        let taken = slot.answer.take(&self.buffer[..length], standard);
        if let Ok(Taken::Known { status }) = taken {
            self.memories[ask].unlike = 0;
            return self.right(index, status);
        }
        match taken {
            _ if !self.send_pongs(index) => self.fail(index, Fault::Closed),
            Ok(Taken::Read(head)) => self.complete(index, head, head.keep_alive),
            Ok(_) => Ok(()),
            Err(fault) => self.fail(index, fault),
        }
    }

    /// The connection was closed (`orderly`) or reset.
    fn ended(&mut self, index: usize, orderly: bool) -> Result<(), LoadError> {
        let ask = self.slots[index].ask;
        let standard = self.errand.asks[ask].standard(self.memories[ask].template.as_ref(), false);
        match self.slots[index].answer.end(orderly, standard) {
            Ok(head) => self.complete(index, head, false),
            Err(fault) => self.fail(index, fault),
        }
    }

    /// A whole answer that was read in full.
    fn complete(&mut self, index: usize, head: Head, stays: bool) -> Result<(), LoadError> {
        let slot = &self.slots[index];
        let standard = self.errand.asks[slot.ask].standard(None, false);
        let body_is_right = slot.answer.body_is_right(standard);
        let headers = || slot.answer.fields();
        let verdict = self
            .errand
            .expectation
            .judge(head.status, headers, body_is_right);
        if !stays {
            self.hang_up(index);
        }
        match verdict {
            Ok(()) => {
                if stays {
                    self.learn(index, head.status);
                }
                self.right(index, head.status)
            }
            Err(fault) => {
                self.tally.status(head.status);
                self.tally.wrong(fault, self.now_ns);
                self.freed(index)
            }
        }
    }

    fn right(&mut self, index: usize, status: u16) -> Result<(), LoadError> {
        if self.is_early(index) {
            return self.fail(index, Fault::Framing);
        }
        let (times, now_ns) = (self.slots[index].times, self.now_ns);
        // The next request first: the server works while this thread counts.
        let next = self.freed(index);
        self.tally.right(status, times, now_ns);
        next
    }

    /// The answer came before the request was sent whole: a refusal may, a right answer belongs to something else.
    fn is_early(&self, index: usize) -> bool {
        let slot = &self.slots[index];
        slot.written < self.errand.asks[slot.ask].wire.len()
    }

    /// The answer is there, whatever it was, so the connection can send again.
    fn freed(&mut self, index: usize) -> Result<(), LoadError> {
        self.slots[index].failures = 0;
        if self.is_early(index) {
            self.hang_up(index);
        }
        self.plan_next(index, self.now_ns)
    }

    /// Remembers a right answer, if it is another one than the one that is remembered. When it is always another one,
    /// nothing is remembered any more.
    fn learn(&mut self, index: usize, status: u16) {
        let ask = self.slots[index].ask;
        let memory = &mut self.memories[ask];
        let hopeless = memory.is_hopeless();
        let standard = self.errand.asks[ask].standard(memory.template.as_ref(), !hopeless);
        let settled = if hopeless {
            memory.template.is_none()
        } else {
            self.slots[index].answer.is_known(standard)
        };
        if settled {
            return;
        }
        for slot in self.slots.iter_mut().filter(|slot| slot.ask == ask) {
            if hopeless || slot.answer.is_amid_template() {
                // That part was right before, so reading it again finds no fault.
                let _ = slot.answer.leave_template(standard);
            }
        }
        memory.unlike += 1;
        memory.template = if hopeless {
            None
        } else {
            self.slots[index].answer.make_template(status, standard)
        };
    }
}
