//! Sockets and readiness, without anything of HTTP.

mod endpoint;
#[cfg(target_os = "linux")]
mod epoll;
#[cfg(any(test, not(target_os = "linux")))]
mod poll;
mod socket;

#[cfg(target_os = "linux")]
pub(crate) use epoll::Poller;
#[cfg(not(target_os = "linux"))]
pub(crate) use poll::Poller;

pub(crate) use endpoint::Endpoint;
pub(crate) use socket::{RECEIVE, SEND, connected, wait_readable, wait_writable};

/// What to be told about a socket. Being level-triggered is part of the contract of every poller: what was not read is
/// told again, so that nobody has to read until nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    ReadWrite,
}

/// A socket that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) token: usize,
    /// Something to read, or the end, or an error: reading tells.
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

#[cfg(test)]
mod tests;
