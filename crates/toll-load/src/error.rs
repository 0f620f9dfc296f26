//! What can go wrong, in words for the person who reads them.

use crate::Fault;
use std::io;
use thiserror::Error;

/// Why a target cannot be understood.
#[derive(Debug, Error)]
pub enum TargetError {
    /// The scheme is missing or not one of ours.
    #[error(
        "`{0}` is no target: write http://host:port/path, ws://host:port/path for a WebSocket, or unix:/path/to.sock:/path for a unix socket"
    )]
    Scheme(String),
    /// TLS is not spoken here.
    #[error(
        "`{0}` asks for TLS, which is not measured here: use the plain http:// address of the server"
    )]
    Tls(String),
    /// The part between `//` and the path is not an address.
    #[error(
        "`{0}` has no usable host and port: write it as http://127.0.0.1:8000/path (IPv6 as [::1]:8000)"
    )]
    Authority(String),
    /// The path of a unix socket is missing.
    #[error("`{0}` names no socket file: write unix:/path/to.sock:/path")]
    Socket(String),
    /// The path holds bytes that cannot be sent in a request line.
    #[error(
        "the path `{0}` has spaces or control characters: percent-encode them (a space is %20)"
    )]
    Path(String),
    /// The host name does not resolve.
    #[error("cannot resolve `{host}`: {source}; use an address such as 127.0.0.1")]
    Resolve {
        /// The host as written.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
}

/// Why load could not be sent. Wrong or missing answers are not errors of this kind: they are counted, see
/// [`Errors`](crate::Errors).
#[derive(Debug, Error)]
pub enum LoadError {
    /// No connection could be made at the start.
    #[error("cannot connect to {target}: {source}; is the server running and listening there?")]
    Connect {
        /// The target as written.
        target: String,
        /// What the system said.
        source: io::Error,
    },
    /// The single exchange of [`Session::exchange`](crate::Session::exchange) had no well-formed answer.
    #[error("no well-formed answer from {target}: {fault}; look at the log of the server")]
    Exchange {
        /// The target as written.
        target: String,
        /// What was wrong.
        fault: Fault,
    },
    /// The server does not speak WebSocket at this path.
    #[error(
        "{target} refused the WebSocket with status {status}; is there a WebSocket at this path, and does the server support them?"
    )]
    Refused {
        /// The target as written.
        target: String,
        /// The status of its answer.
        status: u16,
    },
    /// A body that is too long to be kept.
    #[error(
        "the answer of {target} is longer than {limit} bytes and is not kept: ask for a smaller one"
    )]
    BodyTooLarge {
        /// The target as written.
        target: String,
        /// The most that is kept.
        limit: usize,
    },
    /// A request that cannot be written as HTTP/1.1.
    #[error("this request cannot be sent: {0}")]
    Request(String),
    /// A plan or configuration that makes no sense.
    #[error("this load cannot be sent: {0}")]
    Plan(String),
    /// The system refused what the event loop needs.
    #[error("the system refused {what}: {source}; check the limit of open files (`ulimit -n`)")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The thread could not be bound to a core.
    #[error(
        "cannot pin the thread to core {core}: {source}; choose one of the cores this process may use (`nproc`, `taskset -p $$`)"
    )]
    Pin {
        /// The core asked for.
        core: usize,
        /// What the system said.
        source: io::Error,
    },
    /// A histogram that cannot be written or read.
    #[error("histogram: {0}; it must be the base64 of an HdrHistogram V2 encoding")]
    Histogram(String),
    /// A worker thread ended by a panic, which is a bug.
    #[error("a worker thread panicked; please report this with the command that led to it")]
    Panicked,
}

impl LoadError {
    pub(crate) fn system(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> LoadError {
        move |errno| LoadError::System {
            what,
            source: errno.into(),
        }
    }
}
