//! Where a server listens: a port of 127.0.0.1 or a unix socket, never anything else.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use toll_core::failure::{Failure, Stage};
use toll_core::server::Bind;
use toll_core::settings::Transport;
use toll_load::Target;

use crate::bench::{Bench, Station};

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) enum Door {
    /// On a port of 127.0.0.1.
    Port(u16),
    /// On a unix socket.
    Socket(PathBuf),
}

impl Door {
    /// A door of its own for one cell.
    ///
    /// # Errors
    /// No port is free.
    pub(super) fn new(bench: &Bench, station: &Station, middlewares: u32) -> Result<Self, Failure> {
        match bench.settings.transport {
            Transport::Unix => Ok(Self::Socket(
                bench
                    .sockets
                    .join(format!("{}-{middlewares}", station.series)),
            )),
            Transport::Tcp => free_port().map(Self::Port).map_err(|error| {
                Failure::new(
                    Stage::Start,
                    "no-port",
                    format!("no free port on 127.0.0.1: {error}"),
                )
            }),
        }
    }

    /// Whether somebody listens there.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Port(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok(),
            Self::Socket(path) => UnixStream::connect(path).is_ok(),
        }
    }

    /// Whether it is a port, which another program may take or have.
    pub(super) fn is_port(&self) -> bool {
        matches!(self, Self::Port(_))
    }

    /// What the server is told.
    pub(super) fn bind(&self) -> Bind {
        match self {
            Self::Port(port) => Bind::Tcp { port: *port },
            Self::Socket(path) => Bind::Unix {
                socket: path.display().to_string(),
            },
        }
    }

    /// Where the load generator goes.
    pub(super) fn target(&self, path: &str) -> Target {
        match self {
            Self::Port(port) => Target::tcp((Ipv4Addr::LOCALHOST, *port).into()).with_path(path),
            Self::Socket(socket) => Target::unix(socket).with_path(path),
        }
    }
}

/// A port that is free at this moment. Another program may take it before the server does; then
/// the server is started again with another.
fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()
        .map(|address| address.port())
}
