//! What happens on a connection before its first request, and between two of them: a WebSocket is opened, and its pings
//! are answered. Plain HTTP needs nothing of it.

use super::Worker;
use super::slot::{Idle, Task};
use crate::clock::now_ns;
use crate::net::{RECEIVE, SEND, wait_readable};
use crate::websocket::{Opened, accepted};
use crate::{Fault, LoadError};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// How often in a row control frames are taken in while no answer is awaited; a server that sends them without end must
/// not keep everything else from its turn.
const MOST_IDLE_LOOKS: usize = 16;

impl Worker {
    /// The connection that was being made is there.
    pub(super) fn open(&mut self, index: usize) -> Result<(), LoadError> {
        let Some(opening) = &self.errand.opening else {
            return self.launch(index);
        };
        let slot = &mut self.slots[index];
        slot.opening.clear();
        let Some(socket) = &slot.socket else {
            return Ok(());
        };
        // A handshake is far shorter than the empty buffer of a new socket.
        match rustix::net::send(socket, opening, SEND) {
            Ok(written) if written == opening.len() => {
                self.tally.bytes_out += written as u64;
                self.set_task(index, Task::Opening);
                Ok(())
            }
            _ => self.fail(index, Fault::Connect),
        }
    }

    /// Something has come in answer to the opening.
    pub(super) fn on_opening(&mut self, index: usize) -> Result<(), LoadError> {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else {
            return Ok(());
        };
        let received = rustix::net::recv(socket, &mut *self.buffer, RECEIVE);
        self.now_ns = now_ns();
        let length = match received {
            Ok((length @ 1.., _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Ok(_) | Err(_) => return self.fail(index, Fault::Connect),
        };
        self.tally.bytes_in += length as u64;
        slot.opening.extend_from_slice(&self.buffer[..length]);
        match accepted(&slot.opening) {
            Ok(Opened::More) => Ok(()),
            Ok(Opened::Yes) => self.launch(index),
            Ok(Opened::Refused { .. }) | Err(_) => self.fail(index, Fault::Connect),
        }
    }

    /// Opens a connection and waits for it.
    pub(super) fn open_channel(&mut self, index: usize, socket: &OwnedFd) -> Result<(), LoadError> {
        let Some(opening) = &self.errand.opening else {
            return Ok(());
        };
        let complaint = |errno: Errno| LoadError::Connect {
            target: self.errand.name.clone(),
            source: errno.into(),
        };
        rustix::net::send(socket, opening, SEND).map_err(complaint)?;
        let deadline_ns = now_ns().saturating_add(self.errand.connect_timeout_ns);
        let mut seen = Vec::new();
        loop {
            let left_ns = deadline_ns.saturating_sub(now_ns());
            if left_ns == 0 {
                return Err(complaint(Errno::TIMEDOUT));
            }
            wait_readable(socket, left_ns).map_err(complaint)?;
            match rustix::net::recv(socket, &mut *self.buffer, RECEIVE) {
                Ok((0, _)) => return Err(complaint(Errno::CONNRESET)),
                Ok((length, _)) => seen.extend_from_slice(&self.buffer[..length]),
                Err(Errno::AGAIN | Errno::INTR) => continue,
                Err(errno) => return Err(complaint(errno)),
            }
            match accepted(&seen) {
                Ok(Opened::More) => {}
                Ok(Opened::Yes) => {
                    self.slots[index].opening = seen;
                    return Ok(());
                }
                Ok(Opened::Refused { status }) => {
                    return Err(LoadError::Refused {
                        target: self.errand.name.clone(),
                        status,
                    });
                }
                Err(_) => return Err(complaint(Errno::PROTO)),
            }
        }
    }

    /// Answers the pings that have come. `false`: they could not be sent whole, and half a pong garbles what follows.
    pub(super) fn send_pongs(&mut self, index: usize) -> bool {
        let slot = &mut self.slots[index];
        let pongs = slot.answer.take_pongs();
        let (Some(socket), false) = (&slot.socket, pongs.is_empty()) else {
            return true;
        };
        let sent = rustix::net::send(socket, &pongs, SEND);
        self.tally.bytes_out += sent.unwrap_or(0) as u64;
        sent == Ok(pongs.len())
    }

    /// What has happened on a connection that awaits no answer; pings are answered.
    pub(super) fn idle(&mut self, index: usize) -> Idle {
        for _ in 0..MOST_IDLE_LOOKS {
            let seen = self.slots[index].idle();
            if seen != Idle::Unasked || !self.takes_idle(index) {
                return seen;
            }
        }
        Idle::Unasked
    }

    fn takes_idle(&mut self, index: usize) -> bool {
        let slot = &mut self.slots[index];
        let (Some(socket), Some(_)) = (&slot.socket, &self.errand.opening) else {
            return false;
        };
        let Ok((length, _)) = rustix::net::recv(socket, &mut *self.buffer, RECEIVE) else {
            return false;
        };
        self.tally.bytes_in += length as u64;
        slot.answer.take_idle(&self.buffer[..length]) && self.send_pongs(index)
    }
}
