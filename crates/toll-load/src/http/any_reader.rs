//! What reads an answer: HTTP, or the messages of a WebSocket.

use super::{BodySink, Head, ResponseReader, Step, fields};
use crate::Fault;
use crate::target::Protocol;
use crate::websocket::MessageReader;

#[derive(Debug)]
pub(crate) enum AnyReader {
    Http(ResponseReader),
    Message(MessageReader),
}

impl AnyReader {
    pub(crate) fn new(protocol: Protocol, answers_head: bool) -> AnyReader {
        match protocol {
            Protocol::Http => AnyReader::Http(ResponseReader::new(answers_head)),
            Protocol::WebSocket => AnyReader::Message(MessageReader::default()),
        }
    }

    /// Ready for the next answer.
    pub(crate) fn reset(&mut self) {
        match self {
            AnyReader::Http(reader) => reader.reset(),
            AnyReader::Message(reader) => reader.reset(),
        }
    }

    /// Whether the next answer is one to a `HEAD`.
    pub(crate) fn set_answers_head(&mut self, answers_head: bool) {
        if let AnyReader::Http(reader) = self {
            reader.set_answers_head(answers_head);
        }
    }

    /// Whether the next byte begins an answer, so that it can be compared with one seen before.
    pub(crate) fn is_at_a_start(&self) -> bool {
        match self {
            AnyReader::Http(_) => true,
            AnyReader::Message(reader) => reader.is_between_frames(),
        }
    }

    /// Whether the bytes of the answer that was read would mean the same if they came again.
    pub(crate) fn is_repeatable(&self) -> bool {
        match self {
            AnyReader::Http(_) => true,
            AnyReader::Message(reader) => reader.is_plain() && reader.is_between_frames(),
        }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut impl BodySink) -> Result<Step, Fault> {
        match self {
            AnyReader::Http(reader) => reader.feed(bytes, sink),
            AnyReader::Message(reader) => reader.feed(bytes, sink),
        }
    }

    /// Takes bytes that came while no answer was awaited: a server may ping at any time. `false`: they have no business
    /// there.
    pub(crate) fn take_idle(&mut self, bytes: &[u8]) -> bool {
        match self {
            AnyReader::Http(_) => false,
            AnyReader::Message(reader) => reader.take_idle(bytes),
        }
    }

    /// The connection was closed.
    pub(crate) fn end(&mut self) -> Result<Head, Fault> {
        match self {
            AnyReader::Http(reader) => reader.end(),
            AnyReader::Message(_) => Err(Fault::Closed),
        }
    }

    /// The bytes of the head; a message has none.
    pub(crate) fn head_bytes(&self) -> &[u8] {
        match self {
            AnyReader::Http(reader) => reader.head_bytes(),
            AnyReader::Message(_) => &[],
        }
    }

    #[cfg(test)]
    pub(super) fn head_capacity(&self) -> usize {
        match self {
            AnyReader::Http(reader) => reader.head_capacity(),
            AnyReader::Message(_) => 0,
        }
    }

    /// The headers; a message has none.
    pub(crate) fn fields(&self) -> Result<Vec<(String, Vec<u8>)>, Fault> {
        match self {
            AnyReader::Http(reader) => fields(reader.head_bytes()),
            AnyReader::Message(_) => Ok(Vec::new()),
        }
    }

    /// Bytes that the server waits for meanwhile.
    pub(crate) fn take_pongs(&mut self) -> Vec<u8> {
        match self {
            AnyReader::Http(_) => Vec::new(),
            AnyReader::Message(reader) => reader.take_pongs(),
        }
    }
}
