//! A single exchange whose answer is kept.

use super::Worker;
use crate::clock::now_ns;
use crate::http::{AnyReader, BodySink, Head, Step, fields};
use crate::net::{RECEIVE, SEND, wait_readable, wait_writable};
use crate::session::Response;
use crate::{Fault, LoadError};
use rustix::io::Errno;
use std::time::Duration;

/// The longest body that is kept.
const MAX_KEPT_BODY: usize = 64 * 1024 * 1024;

struct Kept {
    body: Vec<u8>,
    too_long: bool,
}

impl BodySink for Kept {
    fn take(&mut self, bytes: &[u8]) {
        self.too_long |= self.body.len() + bytes.len() > MAX_KEPT_BODY;
        if !self.too_long {
            self.body.extend_from_slice(bytes);
        }
    }
}

impl Worker {
    /// Sends the request once, on the first connection, and keeps the answer. Nothing is counted.
    pub(crate) fn exchange(&mut self) -> Result<Response, LoadError> {
        if self.slots[0].socket.is_none() {
            self.connect_slot(0)?;
        }
        let started_ns = now_ns();
        let mut kept = Kept {
            body: Vec::new(),
            too_long: false,
        };
        let answers_head = self.errand.asks[0].answers_head;
        let mut reader = AnyReader::new(self.errand.protocol, answers_head);
        let deadline_ns = started_ns.saturating_add(self.errand.timeout_ns);
        let outcome = self
            .send_all(&self.errand.asks[0].wire, deadline_ns)
            .and_then(|()| self.read_all(&mut reader, &mut kept, deadline_ns));
        let elapsed = Duration::from_nanos(now_ns() - started_ns);
        let pongs = reader.take_pongs();
        let ponged = pongs.is_empty() || self.send_all(&pongs, deadline_ns).is_ok();
        let stays = ponged && outcome.is_ok_and(|(_, stays)| stays);
        if !stays {
            self.hang_up(0);
        }
        let target = || self.errand.name.clone();
        if kept.too_long {
            return Err(LoadError::BodyTooLarge {
                target: target(),
                limit: MAX_KEPT_BODY,
            });
        }
        let complaint = |fault| LoadError::Exchange {
            target: target(),
            fault,
        };
        let (head, _) = outcome.map_err(complaint)?;
        // A message has no headers; what the server had to say, it said when it accepted.
        let headers = match self.errand.opening {
            Some(_) => fields(&self.slots[0].opening),
            None => reader.fields(),
        };
        let headers = headers.map_err(complaint)?;
        Ok(Response {
            status: head.status,
            headers,
            body: kept.body,
            elapsed,
        })
    }

    fn send_all(&self, mut rest: &[u8], deadline_ns: u64) -> Result<(), Fault> {
        let socket = self.slots[0].socket.as_ref().ok_or(Fault::Connect)?;
        while !rest.is_empty() {
            match rustix::net::send(socket, rest, SEND) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    wait_writable(socket, left(deadline_ns)?).map_err(|_| Fault::Closed)?;
                }
                Err(_) => return Err(Fault::Closed),
            }
        }
        Ok(())
    }

    /// The head, and whether the connection stays.
    fn read_all(
        &mut self,
        reader: &mut AnyReader,
        kept: &mut Kept,
        deadline_ns: u64,
    ) -> Result<(Head, bool), Fault> {
        let socket = self.slots[0].socket.as_ref().ok_or(Fault::Connect)?;
        loop {
            let time_left = left(deadline_ns)?;
            match rustix::net::recv(socket, &mut *self.buffer, RECEIVE) {
                Ok((0, _)) => return reader.end().map(|head| (head, false)),
                Ok((length, _)) => match reader.feed(&self.buffer[..length], kept)? {
                    Step::Done { used, head } if used == length => {
                        return Ok((head, head.keep_alive));
                    }
                    Step::Done { .. } => return Err(Fault::Framing),
                    Step::More if kept.too_long => return Err(Fault::Framing),
                    Step::More => {}
                },
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    wait_readable(socket, time_left).map_err(|_| Fault::Closed)?;
                }
                Err(_) => return Err(reader.end().err().unwrap_or(Fault::ShortBody)),
            }
        }
    }
}

fn left(deadline_ns: u64) -> Result<u64, Fault> {
    match deadline_ns.saturating_sub(now_ns()) {
        0 => Err(Fault::Timeout),
        left => Ok(left),
    }
}
