//! Single frames (RFC 6455 §5.2).

use crate::Fault;

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
/// Payloads above this are not written into the second byte.
const SHORT: usize = 125;
/// Instead of a length: it follows in two bytes, or in eight.
const LENGTH_IN_TWO_BYTES: u8 = 0x7e;
const LENGTH_IN_EIGHT_BYTES: u8 = 0x7f;
/// The most that a control frame may carry (§5.5).
pub(super) const MAX_CONTROL: u64 = 125;
/// Masks keep proxies from being confused by chosen bytes (§10.3). Here both ends are known, so one mask serves all.
const MASK: [u8; 4] = [0x5a, 0x17, 0xc3, 0x81];

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    const ALL: [Opcode; 6] = [
        Opcode::Continuation,
        Opcode::Text,
        Opcode::Binary,
        Opcode::Close,
        Opcode::Ping,
        Opcode::Pong,
    ];

    fn from_bits(bits: u8) -> Option<Opcode> {
        Self::ALL.into_iter().find(|opcode| opcode.bits() == bits)
    }

    fn bits(self) -> u8 {
        self as u8
    }

    pub(super) fn is_control(self) -> bool {
        matches!(self, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }
}

/// The head of a frame from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHead {
    pub(super) is_final: bool,
    pub(super) opcode: Opcode,
    pub(super) length: u64,
}

impl FrameHead {
    /// Reads a head from the front of `bytes`, with the number of bytes it takes; `None`: it is not complete.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<(FrameHead, usize)>, Fault> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        let opcode = Opcode::from_bits(first & 0x0f).ok_or(Fault::Framing)?;
        // No extension was asked for, and a server masks nothing (§5.1).
        if first & RESERVED != 0 || second & MASKED != 0 {
            return Err(Fault::Framing);
        }
        let (length, taken) = match (second & 0x7f, rest) {
            (LENGTH_IN_TWO_BYTES, [high, low, ..]) => {
                (u64::from(u16::from_be_bytes([*high, *low])), 4)
            }
            (LENGTH_IN_EIGHT_BYTES, long) => match long.first_chunk() {
                Some(length) => (u64::from_be_bytes(*length), 10),
                None => return Ok(None),
            },
            (LENGTH_IN_TWO_BYTES, _) => return Ok(None),
            (short, _) => (u64::from(short), 2),
        };
        let is_final = first & FINAL != 0;
        if length > i64::MAX as u64 || opcode.is_control() && (!is_final || length > MAX_CONTROL) {
            return Err(Fault::Framing);
        }
        Ok(Some((
            FrameHead {
                is_final,
                opcode,
                length,
            },
            taken,
        )))
    }
}

/// A whole message as a client sends it: text where it is text, binary otherwise.
pub(crate) fn message(payload: &[u8]) -> Vec<u8> {
    let opcode = if std::str::from_utf8(payload).is_ok() {
        Opcode::Text
    } else {
        Opcode::Binary
    };
    masked(opcode, payload)
}

/// The answer to a ping.
pub(super) fn pong(payload: &[u8]) -> Vec<u8> {
    masked(Opcode::Pong, payload)
}

fn masked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![FINAL | opcode.bits()];
    match payload.len() {
        length @ 0..=SHORT => bytes.push(MASKED | length as u8),
        length @ ..=0xffff => {
            bytes.push(MASKED | LENGTH_IN_TWO_BYTES);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(MASKED | LENGTH_IN_EIGHT_BYTES);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    let hidden = payload.iter().zip(MASK.iter().cycle());
    bytes.extend(hidden.map(|(byte, mask)| byte ^ mask));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_read() {
        // §5.7: an unmasked "Hello", and a binary frame of 256 bytes.
        let hello = FrameHead {
            is_final: true,
            opcode: Opcode::Text,
            length: 5,
        };
        assert_eq!(FrameHead::read(b"\x81\x05Hello"), Ok(Some((hello, 2))));
        let (long, taken) = FrameHead::read(&[0x82, 0x7e, 1, 0]).unwrap().unwrap();
        assert_eq!((long.length, taken), (256, 4));
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        let bad: [&[u8]; 5] = [
            b"\x81\x85abcd",                             // masked
            b"\xc1\x05",                                 // a reserved bit
            b"\x83\x00",                                 // an unknown opcode
            b"\x09\x00",                                 // a control frame in parts
            b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", // a negative length
        ];
        assert!(bad.iter().all(|bytes| FrameHead::read(bytes).is_err()));
    }

    #[test]
    fn masking_is_undone_by_the_same_mask() {
        for length in [0, 5, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let bytes = message(&payload);
            let body = &bytes[bytes.len() - length..];
            let plain: Vec<u8> = body
                .iter()
                .zip(MASK.iter().cycle())
                .map(|(byte, mask)| byte ^ mask)
                .collect();
            assert_eq!(plain, payload);
            assert_eq!(bytes[1] & MASKED, MASKED);
        }
        assert_eq!(message(b"text")[0], 0x81);
        assert_eq!(message(b"\xff\xfe")[0], 0x82);
    }
}
