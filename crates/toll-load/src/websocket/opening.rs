//! The opening handshake (RFC 6455 §4).

use super::SWITCHING_PROTOCOLS;
use crate::http::{Head, MAX_HEAD, fields};
use crate::{Fault, Request};

/// The key and its answer in the example of RFC 6455 §1.3. A fresh one for each connection would only serve to tell
/// caches apart.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The request that asks for the upgrade: path and headers of `request`, and what belongs to the handshake.
pub(crate) fn opening_request(request: &Request) -> Request {
    let plain = Request {
        method: "GET".into(),
        body: Vec::new(),
        ..request.clone()
    };
    plain
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", KEY)
}

/// How far the handshake has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// More bytes are to come.
    More,
    /// Messages can be sent.
    Yes,
    /// The server answered with another status, or with 101 and the wrong accept key.
    Refused { status: u16 },
}

/// Judges the bytes that have come so far in answer to [`opening_request`].
///
/// # Errors
/// [`Fault::Framing`] where they are no head of an answer, or a message follows before one was asked for.
pub(crate) fn accepted(bytes: &[u8]) -> Result<Opened, Fault> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() > MAX_HEAD {
            Err(Fault::Framing)
        } else {
            Ok(Opened::More)
        };
    };
    let head = &bytes[..end + 4];
    let status = Head::parse(head, false)?.status;
    if status != SWITCHING_PROTOCOLS {
        return Ok(Opened::Refused { status });
    }
    let has_key = fields(head)?
        .iter()
        .any(|(name, value)| name == "sec-websocket-accept" && value == ACCEPT);
    match (has_key, bytes.len() == head.len()) {
        (true, true) => Ok(Opened::Yes),
        (true, false) => Err(Fault::Framing),
        (false, _) => Ok(Opened::Refused { status }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn the_right_answer_opens() {
        assert_eq!(accepted(YES), Ok(Opened::Yes));
        assert_eq!(accepted(&YES[..YES.len() - 1]), Ok(Opened::More));
    }

    #[test]
    fn other_answers_do_not() {
        let wrong = String::from_utf8(YES.to_vec())
            .unwrap()
            .replace("s3pP", "xxxx");
        let refused = |status| Ok(Opened::Refused { status });
        assert_eq!(accepted(wrong.as_bytes()), refused(101));
        assert_eq!(
            accepted(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"),
            refused(403)
        );
        assert_eq!(accepted(&[YES, b"\x81\x00"].concat()), Err(Fault::Framing));
        assert_eq!(accepted(&vec![b'x'; MAX_HEAD + 1]), Err(Fault::Framing));
    }
}
