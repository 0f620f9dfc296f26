//! Readiness on Linux: epoll, level-triggered, each socket registered once.

use super::{Interest, Ready};
use crate::LoadError;
use crate::clock::timespec;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::{AsFd, OwnedFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use std::mem::MaybeUninit;

/// The most events that one call returns.
const BATCH: usize = 256;
/// The token of the timer.
const TIMER: u64 = u64::MAX;

pub(crate) struct Poller {
    epoll: OwnedFd,
    ready: Vec<Ready>,
    /// Ends waits. The timeout of `epoll_wait` counts in milliseconds on older kernels, is subject to timer slack, and
    /// sets and cancels a kernel timer with every call; this one is exact and only set when the deadline changes.
    timer: OwnedFd,
    armed_ns: u64,
}

impl Poller {
    pub(crate) fn new() -> Result<Poller, LoadError> {
        let epoll =
            epoll::create(epoll::CreateFlags::CLOEXEC).map_err(LoadError::system("an epoll"))?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)
            .map_err(LoadError::system("a timer"))?;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), EventFlags::IN)
            .map_err(LoadError::system("to watch a timer"))?;
        Ok(Poller {
            epoll,
            ready: Vec::with_capacity(BATCH),
            timer,
            armed_ns: 0,
        })
    }

    pub(crate) fn add(
        &mut self,
        token: usize,
        socket: impl AsFd,
        interest: Interest,
    ) -> Result<(), LoadError> {
        epoll::add(
            &self.epoll,
            socket,
            EventData::new_u64(token as u64),
            flags(interest),
        )
        .map_err(LoadError::system("to watch a socket"))
    }

    pub(crate) fn change(
        &mut self,
        token: usize,
        socket: impl AsFd,
        interest: Interest,
    ) -> Result<(), LoadError> {
        epoll::modify(
            &self.epoll,
            socket,
            EventData::new_u64(token as u64),
            flags(interest),
        )
        .map_err(LoadError::system("to watch a socket"))
    }

    /// Closing a socket takes it off the epoll by itself.
    #[expect(clippy::unused_self, reason = "the pollers have one shape")]
    pub(crate) fn forget(&mut self, _token: usize) {}

    /// Waits until something is ready or the clock shows `until_ns`; an interruption ends the wait early.
    pub(crate) fn wait(&mut self, now_ns: u64, until_ns: u64) -> Result<(), LoadError> {
        self.ready.clear();
        let timeout = if until_ns <= now_ns {
            Some(timespec(0))
        } else {
            self.arm(until_ns)?;
            None
        };
        // Not kept between calls: events can hold pointers, so they would tie the poller to its thread.
        let mut events = [MaybeUninit::<Event>::uninit(); BATCH];
        match epoll::wait(&self.epoll, &mut events, timeout.as_ref()) {
            Ok((events, _)) => self.ready.extend(events.iter().filter_map(ready)),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(LoadError::system("to wait for sockets")(errno)),
        }
        Ok(())
    }

    /// Setting the timer also takes back that it has gone off.
    fn arm(&mut self, until_ns: u64) -> Result<(), LoadError> {
        if until_ns != self.armed_ns {
            let once = Itimerspec {
                it_interval: timespec(0),
                it_value: timespec(until_ns),
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &once)
                .map_err(LoadError::system("a timer"))?;
            self.armed_ns = until_ns;
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.ready.len()
    }

    pub(crate) fn get(&self, index: usize) -> Ready {
        self.ready[index]
    }
}

fn ready(event: &Event) -> Option<Ready> {
    let (token, flags) = (event.data.u64(), event.flags);
    let ended = flags.intersects(EventFlags::HUP | EventFlags::ERR);
    (token != TIMER).then(|| Ready {
        token: token as usize,
        readable: ended || flags.contains(EventFlags::IN),
        writable: ended || flags.contains(EventFlags::OUT),
    })
}

fn flags(interest: Interest) -> EventFlags {
    match interest {
        Interest::Read => EventFlags::IN,
        Interest::ReadWrite => EventFlags::IN | EventFlags::OUT,
    }
}
