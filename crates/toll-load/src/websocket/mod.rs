//! WebSocket (RFC 6455) as a client sees it: the opening handshake, messages out, messages in.

mod frame;
mod message;
mod opening;

pub(crate) use frame::message;
pub(crate) use message::MessageReader;
pub(crate) use opening::{Opened, accepted, opening_request};

/// The status of an accepted handshake, which stands for every message on that connection.
pub(crate) const SWITCHING_PROTOCOLS: u16 = 101;
