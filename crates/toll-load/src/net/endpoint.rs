//! One address that connections are made to.

use super::socket::{connected, stream_socket, wait_writable};
use crate::clock::now_ns;
use crate::target::Address;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, sockopt};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// How long to wait before a full queue of a unix socket is tried again; the system does not tell when there is room.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(1);

/// A single address, ready to be connected to.
#[derive(Debug, Clone)]
pub(crate) enum Endpoint {
    Tcp(SocketAddr),
    Unix(SocketAddrUnix),
}

impl Endpoint {
    /// The endpoints of a target, in the order in which they are to be tried.
    pub(crate) fn all(address: &Address) -> io::Result<Vec<Endpoint>> {
        match address {
            Address::Tcp(addresses) => Ok(addresses.iter().copied().map(Endpoint::Tcp).collect()),
            Address::Unix(socket) => Ok(vec![Endpoint::Unix(SocketAddrUnix::new(socket)?)]),
        }
    }

    /// Begins a connection. It has been made once the socket is writable and [`connected`] agrees.
    pub(crate) fn begin(&self) -> Result<OwnedFd, Errno> {
        let socket = stream_socket(self.family())?;
        let begun = match self {
            Endpoint::Tcp(address) => {
                sockopt::set_tcp_nodelay(&socket, true)?;
                rustix::net::connect(&socket, address)
            }
            Endpoint::Unix(address) => rustix::net::connect(&socket, address),
        };
        match begun {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
            Err(errno) => Err(errno),
        }
    }

    /// Makes a connection and waits for it.
    pub(crate) fn connect(&self, timeout_ns: u64) -> Result<OwnedFd, Errno> {
        let deadline = now_ns().saturating_add(timeout_ns);
        loop {
            match self.begin() {
                Ok(socket) => return finish(socket, deadline),
                Err(Errno::AGAIN) if now_ns() < deadline => std::thread::sleep(FULL_QUEUE_PAUSE),
                Err(Errno::AGAIN) => return Err(Errno::TIMEDOUT),
                Err(errno) => return Err(errno),
            }
        }
    }

    fn family(&self) -> AddressFamily {
        match self {
            Endpoint::Tcp(SocketAddr::V4(_)) => AddressFamily::INET,
            Endpoint::Tcp(SocketAddr::V6(_)) => AddressFamily::INET6,
            Endpoint::Unix(_) => AddressFamily::UNIX,
        }
    }
}

fn finish(socket: OwnedFd, deadline: u64) -> Result<OwnedFd, Errno> {
    loop {
        let left = deadline.saturating_sub(now_ns());
        if wait_writable(&socket, left)? {
            return connected(&socket).map(|()| socket);
        }
        if left == 0 {
            return Err(Errno::TIMEDOUT);
        }
    }
}
