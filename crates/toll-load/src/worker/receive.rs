//! Taking answers in and judging them.

use super::{PATIENCE_WITH_TEMPLATES, Worker};
use crate::LoadError;
use crate::clock::now_ns;
use crate::http::{Head, Taken, fields};
use rustix::io::Errno;
use rustix::net::RecvFlags;

impl Worker {
    /// One receive, one look at the clock. What is left in the socket is told again by the poller.
    pub(super) fn receive(&mut self, index: usize) -> Result<(), LoadError> {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else {
            return Ok(());
        };
        let received = rustix::net::recv(socket, &mut *self.buffer, RecvFlags::empty());
        self.now_ns = now_ns();
        let length = match received {
            Ok((0, _)) => return self.ended(index, true),
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(_) => return self.ended(index, false),
        };
        self.tally.bytes_in += length as u64;
        let standard = self.errand.standard(
            self.template.as_ref(),
            self.unlike < PATIENCE_WITH_TEMPLATES,
        );
        match slot.answer.take(&self.buffer[..length], standard) {
            Ok(Taken::Known { status }) => {
                self.unlike = 0;
                self.right(index, status)
            }
            Ok(Taken::More) => Ok(()),
            Ok(Taken::Read(head)) => self.complete(index, head, head.keep_alive),
            Err(fault) => self.fail(index, fault),
        }
    }

    /// The connection was closed (`orderly`) or reset.
    fn ended(&mut self, index: usize, orderly: bool) -> Result<(), LoadError> {
        let standard = self.errand.standard(self.template.as_ref(), false);
        match self.slots[index].answer.end(orderly, standard) {
            Ok(head) => self.complete(index, head, false),
            Err(fault) => self.fail(index, fault),
        }
    }

    /// A whole answer that was read in full.
    fn complete(&mut self, index: usize, head: Head, stays: bool) -> Result<(), LoadError> {
        let answer = &self.slots[index].answer;
        let body_is_right = answer.body_is_right(self.errand.standard(None, false));
        let headers = || fields(answer.head_bytes());
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
        let (times, now_ns) = (self.slots[index].times, self.now_ns);
        // The next request first: the server works while this thread counts.
        let next = self.freed(index);
        self.tally.right(status, times, now_ns);
        next
    }

    /// The answer is there, whatever it was, so the connection can send again.
    fn freed(&mut self, index: usize) -> Result<(), LoadError> {
        let slot = &mut self.slots[index];
        slot.failures = 0;
        if slot.written < self.errand.wire.len() {
            self.hang_up(index); // answered before it was asked in full
        }
        self.plan_next(index, self.now_ns)
    }

    /// Remembers a right answer, if it is another one than the one that is remembered. When it is always another one,
    /// nothing is remembered any more.
    fn learn(&mut self, index: usize, status: u16) {
        let hopeless = self.unlike >= PATIENCE_WITH_TEMPLATES;
        let standard = self.errand.standard(self.template.as_ref(), !hopeless);
        let settled = if hopeless {
            self.template.is_none()
        } else {
            self.slots[index].answer.is_known(standard)
        };
        if settled {
            return;
        }
        for slot in &mut self.slots {
            if hopeless || slot.answer.is_amid_template() {
                // That part was right before, so reading it again finds no fault.
                let _ = slot.answer.leave_template(standard);
            }
        }
        self.unlike += 1;
        self.template = if hopeless {
            None
        } else {
            self.slots[index].answer.make_template(status)
        };
    }
}
