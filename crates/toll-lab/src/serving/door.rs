//! Where a server listens: a port of 127.0.0.1, a unix socket, or a port of a container that is passed on from
//! 127.0.0.1; never anything else.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Mutex;

use toll_core::failure::{Failure, Stage};
use toll_core::server::Bind;
use toll_core::settings::Transport;
use toll_load::Target;

use crate::bench::{Bench, Station};

/// The port on which servers listen in containers with a network of their own.
const PORT_INSIDE: u16 = 8000;

/// Ports that were given to servers of this process. The kernel gives out the same free port twice if nobody has bound
/// it yet.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// Where a server listens.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    /// On a port of 127.0.0.1.
    Port(u16),
    /// On a unix socket.
    Socket(PathBuf),
    /// On a port of a container, reached at a port of 127.0.0.1.
    Published {
        /// The port in the container.
        inside: u16,
        /// The port here.
        outside: u16,
    },
}

impl Door {
    /// A door of its own for one cell.
    ///
    /// # Errors
    /// No port is free, or there can be no folder for the socket.
    pub(super) fn new(bench: &Bench, station: &Station, middlewares: u32) -> Result<Self, Failure> {
        let no_door = |error: io::Error| {
            let message = format!("no way to the server can be opened: {error}");
            Failure::new(Stage::Start, "no-port", message)
        };
        let door = match bench.settings.transport {
            Transport::Unix => bench
                .socket(&format!("{}-{middlewares}", station.series))
                .map(Self::Socket),
            Transport::Tcp | Transport::Host => free_port().map(Self::Port),
            Transport::Published => free_port().map(|outside| Self::Published {
                inside: station.port.unwrap_or(PORT_INSIDE),
                outside,
            }),
        };
        door.map_err(no_door)
    }

    /// Whether somebody listens there.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Port(port) | Self::Published { outside: port, .. } => {
                TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok()
            }
            Self::Socket(path) => UnixStream::connect(path).is_ok(),
        }
    }

    /// Whether it is a port that the server itself binds, which another program may have.
    pub(super) fn is_port(&self) -> bool {
        matches!(self, Self::Port(_))
    }

    /// What the server is told.
    pub(super) fn bind(&self) -> Bind {
        let tcp = |host: Ipv4Addr, port: u16| Bind::Tcp {
            host: host.to_string(),
            port,
        };
        match self {
            Self::Port(port) => tcp(Ipv4Addr::LOCALHOST, *port),
            Self::Published { inside, .. } => tcp(Ipv4Addr::UNSPECIFIED, *inside),
            Self::Socket(path) => Bind::Unix {
                socket: path.display().to_string(),
            },
        }
    }

    /// Where the load generator goes.
    pub(super) fn target(&self, path: &str) -> Target {
        match self {
            Self::Port(port) | Self::Published { outside: port, .. } => {
                at_port(*port).with_path(path)
            }
            Self::Socket(socket) => Target::unix(socket).with_path(path),
        }
    }

    /// Where a load generator in the same network as the server goes.
    pub(super) fn target_inside(&self, path: &str) -> Target {
        match self {
            Self::Published { inside, .. } => at_port(*inside).with_path(path),
            _ => self.target(path),
        }
    }

    /// The socket, if it is one.
    pub(crate) fn socket(&self) -> Option<&PathBuf> {
        match self {
            Self::Socket(path) => Some(path),
            _ => None,
        }
    }
}

fn at_port(port: u16) -> Target {
    Target::tcp((Ipv4Addr::LOCALHOST, port).into())
}

/// A port that is free at this moment and was not given out before. Another program may take it before the server
/// does; then the server is started again with another.
fn free_port() -> io::Result<u16> {
    // A thread that panicked while it held the set has left a set.
    let mut given = GIVEN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    loop {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        if given.insert(port) {
            return Ok(port);
        }
        // After some thousands of servers all have been given out once.
        if given.len() > 10_000 {
            given.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_listens_beyond_loopback_but_in_a_network_of_its_own() {
        let host = |door: Door| match door.bind() {
            Bind::Tcp { host, port } => format!("{host}:{port}"),
            Bind::Unix { socket } => socket,
        };
        assert_eq!(host(Door::Port(4_000)), "127.0.0.1:4000");
        assert_eq!(host(Door::Socket("/a/s".into())), "/a/s");
        let published = Door::Published {
            inside: 8_000,
            outside: 4_001,
        };
        assert_eq!(host(published.clone()), "0.0.0.0:8000");
        let url = |target: Target| target.to_string();
        assert_eq!(url(published.target("/")), "http://127.0.0.1:4001/");
        assert_eq!(url(published.target_inside("/")), "http://127.0.0.1:8000/");
    }

    #[test]
    fn no_port_is_given_out_twice() {
        let ports: BTreeSet<u16> = (0..300).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 300);
    }
}
