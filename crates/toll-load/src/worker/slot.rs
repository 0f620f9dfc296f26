//! One connection and the request on it.

use crate::arrivals::Arrivals;
use crate::http::Answer;
use crate::net::RECEIVE;
use crate::tally::Times;
use crate::target::Protocol;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::RecvFlags;

/// What a slot is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Nothing more to do in this drive.
    Resting,
    /// Sends, or tries again, at this moment.
    Waiting(u64),
    /// A request wants to be sent, and the connection for it is being made.
    Connecting,
    /// The connection is there, and what opens it was sent.
    Opening,
    /// A request is sent, or being sent, and its answer awaited.
    InFlight,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) socket: Option<OwnedFd>,
    pub(super) task: Task,
    pub(super) arrivals: Arrivals,
    pub(super) times: Times,
    /// When the request, or the making of the connection, has taken too long.
    pub(super) deadline_ns: u64,
    /// Which of the requests it is.
    pub(super) ask: usize,
    /// What has come in answer to the opening of the connection.
    pub(super) opening: Vec<u8>,
    /// Bytes of the request that are sent.
    pub(super) written: usize,
    /// The poller tells when more can be written; only after a short write.
    pub(super) watches_write: bool,
    pub(super) answer: Answer,
    /// Connections lost in a row.
    pub(super) failures: u32,
}

impl Slot {
    pub(super) fn new(protocol: Protocol) -> Slot {
        Slot {
            socket: None,
            task: Task::Resting,
            arrivals: Arrivals::Closed,
            times: Times::default(),
            deadline_ns: u64::MAX,
            ask: 0,
            opening: Vec::new(),
            written: 0,
            watches_write: false,
            answer: Answer::new(protocol),
            failures: 0,
        }
    }

    /// What has happened on the connection while no answer was awaited.
    pub(super) fn idle(&self) -> Idle {
        let Some(socket) = &self.socket else {
            return Idle::Closed;
        };
        match rustix::net::recv(socket, &mut [0_u8; 1], RECEIVE | RecvFlags::PEEK) {
            Err(Errno::AGAIN | Errno::INTR) => Idle::Quiet,
            Ok((1.., _)) => Idle::Unasked,
            Ok(_) | Err(_) => Idle::Closed,
        }
    }
}

/// What has happened on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle {
    Quiet,
    /// The server has closed it, or it was never made.
    Closed,
    /// Bytes came that nobody had asked for.
    Unasked,
}
