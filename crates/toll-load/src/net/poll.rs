//! Readiness on any other Unix: `poll`, which costs time per socket and call but works everywhere.

use super::{Interest, Ready};
use crate::LoadError;
use crate::clock::timespec;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, OwnedFd};
use std::collections::BTreeMap;

pub(crate) struct Poller {
    /// Own handles of the sockets, which live until [`Poller::forget`].
    sockets: BTreeMap<usize, (OwnedFd, PollFlags)>,
    ready: Vec<Ready>,
}

impl Poller {
    #[expect(clippy::unnecessary_wraps, reason = "the pollers have one shape")]
    pub(crate) fn new() -> Result<Poller, LoadError> {
        Ok(Poller {
            sockets: BTreeMap::new(),
            ready: Vec::new(),
        })
    }

    pub(crate) fn add(
        &mut self,
        token: usize,
        socket: impl AsFd,
        interest: Interest,
    ) -> Result<(), LoadError> {
        let own = socket.as_fd().try_clone_to_owned();
        let own = own.map_err(|source| LoadError::System {
            what: "to watch a socket",
            source,
        })?;
        self.sockets.insert(token, (own, flags(interest)));
        Ok(())
    }

    pub(crate) fn change(
        &mut self,
        token: usize,
        socket: impl AsFd,
        interest: Interest,
    ) -> Result<(), LoadError> {
        self.add(token, socket, interest)
    }

    pub(crate) fn forget(&mut self, token: usize) {
        self.sockets.remove(&token);
    }

    /// Waits until something is ready or the clock shows `until_ns`; an interruption ends the wait early.
    pub(crate) fn wait(&mut self, now_ns: u64, until_ns: u64) -> Result<(), LoadError> {
        self.ready.clear();
        let mut watched: Vec<PollFd<'_>> = self
            .sockets
            .values()
            .map(|(socket, flags)| PollFd::new(socket, *flags))
            .collect();
        match poll(
            &mut watched,
            Some(&timespec(until_ns.saturating_sub(now_ns))),
        ) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(LoadError::system("to wait for sockets")(errno)),
        }
        let found = self
            .sockets
            .keys()
            .zip(&watched)
            .map(|(token, seen)| ready(*token, seen.revents()));
        self.ready
            .extend(found.filter(|ready| ready.readable || ready.writable));
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.ready.len()
    }

    pub(crate) fn get(&self, index: usize) -> Ready {
        self.ready[index]
    }
}

fn ready(token: usize, seen: PollFlags) -> Ready {
    let ended = seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    Ready {
        token,
        readable: ended || seen.contains(PollFlags::IN),
        writable: ended || seen.contains(PollFlags::OUT),
    }
}

fn flags(interest: Interest) -> PollFlags {
    match interest {
        Interest::Read => PollFlags::IN,
        Interest::ReadWrite => PollFlags::IN | PollFlags::OUT,
    }
}
