//! Making sockets and waiting for one of them.

use crate::clock::timespec;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, sockopt};

/// Never waits, and a closed connection is an error of `send`, not a signal.
#[cfg(not(target_vendor = "apple"))]
pub(crate) const SEND: SendFlags = SendFlags::NOSIGNAL.union(SendFlags::DONTWAIT);
/// Never waits. That no signal comes is set on the socket itself.
#[cfg(target_vendor = "apple")]
pub(crate) const SEND: SendFlags = SendFlags::DONTWAIT;
/// Never waits.
pub(crate) const RECEIVE: RecvFlags = RecvFlags::DONTWAIT;
/// A stream socket that does not block.
#[cfg(target_os = "linux")]
pub(super) fn stream_socket(family: AddressFamily) -> Result<OwnedFd, Errno> {
    use rustix::net::SocketFlags;
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    rustix::net::socket_with(family, SocketType::STREAM, flags, None)
}

/// A stream socket that does not block.
#[cfg(not(target_os = "linux"))]
pub(super) fn stream_socket(family: AddressFamily) -> Result<OwnedFd, Errno> {
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    #[cfg(target_vendor = "apple")]
    sockopt::set_socket_nosigpipe(&socket, true)?;
    Ok(socket)
}

/// Whether a connection that was being made has been made.
pub(crate) fn connected(socket: impl AsFd) -> Result<(), Errno> {
    sockopt::socket_error(socket).and_then(|pending| pending)
}

/// Waits for one socket; `false`: not in time.
pub(crate) fn wait_readable(socket: impl AsFd, timeout_ns: u64) -> Result<bool, Errno> {
    wait_for(socket, PollFlags::IN, timeout_ns)
}

/// Waits for one socket; `false`: not in time.
pub(crate) fn wait_writable(socket: impl AsFd, timeout_ns: u64) -> Result<bool, Errno> {
    wait_for(socket, PollFlags::OUT, timeout_ns)
}

fn wait_for(socket: impl AsFd, flags: PollFlags, timeout_ns: u64) -> Result<bool, Errno> {
    let mut watched = [PollFd::new(&socket, flags)];
    match poll(&mut watched, Some(&timespec(timeout_ns))) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}
