//! Reads one message from whatever pieces it comes in, and answers pings on the way.

use super::SWITCHING_PROTOCOLS;
use super::frame::{FrameHead, Opcode, pong};
use crate::Fault;
use crate::http::{BodySink, Head, Step};

/// The longest head of a frame.
const MAX_FRAME_HEAD: usize = 10;
/// Pings that may wait for their answers; a server that sends more without end is not served.
const MAX_PONGS: usize = 64 * 1024;

/// The frames of one connection. Between two messages a control frame may be on its way, so its state outlives them.
#[derive(Debug, Default)]
pub(crate) struct MessageReader {
    /// The beginning of a frame's head.
    head: Vec<u8>,
    /// The frame whose payload is being read, and what is left of it.
    frame: Option<(FrameHead, u64)>,
    control: Vec<u8>,
    /// A data frame has come, and its message is not complete.
    amid_message: bool,
    complete: bool,
    /// A control frame came with this message.
    mixed: bool,
    pongs: Vec<u8>,
}

impl MessageReader {
    /// Ready for the next message.
    pub(crate) fn reset(&mut self) {
        self.complete = false;
        // A control frame may be half read.
        self.mixed = !self.is_between_frames();
    }

    /// Whether nothing but the message itself has come.
    pub(crate) fn is_plain(&self) -> bool {
        !self.mixed
    }

    /// Nothing has come since the last message ended, so that the next byte begins a frame.
    pub(crate) fn is_between_frames(&self) -> bool {
        self.head.is_empty() && self.frame.is_none() && !self.amid_message
    }

    /// Frames to be sent: answers to pings.
    pub(crate) fn take_pongs(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pongs)
    }

    /// Takes the next piece. It is all taken, or it is bad framing: after a message only control frames may follow.
    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut impl BodySink) -> Result<Step, Fault> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.frame {
                None => self.take_head(rest)?,
                Some((frame, left)) => self.take_payload(frame, left, rest, sink)?,
            };
        }
        if self.complete {
            Ok(Step::Done {
                used: bytes.len(),
                head: Head::of_message(SWITCHING_PROTOCOLS),
            })
        } else {
            Ok(Step::More)
        }
    }

    /// Takes bytes that came between two messages. `false`: they are more than control frames.
    pub(crate) fn take_idle(&mut self, bytes: &[u8]) -> bool {
        struct Nothing;
        impl BodySink for Nothing {
            fn take(&mut self, _: &[u8]) {}
        }
        self.reset();
        matches!(self.feed(bytes, &mut Nothing), Ok(Step::More)) && !self.amid_message
    }

    fn take_head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Fault> {
        let before = self.head.len();
        let room = MAX_FRAME_HEAD - before;
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let Some((frame, taken)) = FrameHead::read(&self.head)? else {
            return Ok(&[]);
        };
        self.head.clear();
        self.begins(frame)?;
        self.frame = Some((frame, frame.length));
        if frame.length == 0 {
            self.ends(frame)?;
        }
        Ok(&bytes[taken - before..])
    }

    /// Data frames come in their order: a message is one text or binary frame and its continuations (§5.4).
    fn begins(&mut self, frame: FrameHead) -> Result<(), Fault> {
        if frame.opcode.is_control() {
            self.mixed = true;
            return Ok(());
        }
        let continues = frame.opcode == Opcode::Continuation;
        if self.complete || continues != self.amid_message {
            return Err(Fault::Framing);
        }
        self.amid_message = true;
        Ok(())
    }

    fn take_payload<'a>(
        &mut self,
        frame: FrameHead,
        left: u64,
        bytes: &'a [u8],
        sink: &mut impl BodySink,
    ) -> Result<&'a [u8], Fault> {
        let take = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let (payload, rest) = bytes.split_at(take);
        if frame.opcode.is_control() {
            self.control.extend_from_slice(payload);
        } else {
            sink.take(payload);
        }
        let left = left - take as u64;
        self.frame = Some((frame, left));
        if left == 0 {
            self.ends(frame)?;
        }
        Ok(rest)
    }

    fn ends(&mut self, frame: FrameHead) -> Result<(), Fault> {
        self.frame = None;
        match frame.opcode {
            Opcode::Close => return Err(Fault::Closed),
            Opcode::Ping => self.pongs.extend(pong(&self.control)),
            Opcode::Continuation | Opcode::Text | Opcode::Binary if frame.is_final => {
                self.amid_message = false;
                self.complete = true;
            }
            _ => {}
        }
        self.control.clear();
        if self.pongs.len() > MAX_PONGS {
            return Err(Fault::Framing);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Kept(Vec<u8>);

    impl BodySink for Kept {
        fn take(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }

    /// "hel" + a ping in between + "lo", and a pong behind.
    const FRAGMENTED: &[u8] = b"\x01\x03hel\x89\x02hi\x80\x02lo\x8a\x00";

    fn read(pieces: &[&[u8]]) -> Result<(Step, Vec<u8>, Vec<u8>), Fault> {
        let (mut reader, mut kept) = (MessageReader::default(), Kept(Vec::new()));
        let mut last = Step::More;
        for piece in pieces {
            last = reader.feed(piece, &mut kept)?;
        }
        Ok((last, kept.0, reader.take_pongs()))
    }

    proptest! {
        #[test]
        fn any_split_reads_the_same(mut cuts in prop::collection::vec(0_usize..=FRAGMENTED.len(), 0..8)) {
            cuts.extend([0, FRAGMENTED.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &FRAGMENTED[pair[0]..pair[1]]).collect();
            let (step, body, pongs) = read(&pieces).unwrap();
            let done = matches!(step, Step::Done { .. });
            prop_assert!(done);
            prop_assert_eq!(body, b"hello");
            prop_assert_eq!(pongs, pong(b"hi"));
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(read(&[first, second]).is_ok(), read(&[&bytes]).is_ok());
        }
    }

    #[test]
    fn a_second_message_and_a_stray_continuation_are_bad_framing() {
        assert_eq!(read(&[b"\x81\x01a\x81\x01b"]).unwrap_err(), Fault::Framing);
        assert_eq!(read(&[b"\x80\x01a"]).unwrap_err(), Fault::Framing);
        assert_eq!(read(&[b"\x01\x01a\x81\x01b"]).unwrap_err(), Fault::Framing);
    }

    #[test]
    fn a_close_frame_ends_it() {
        assert_eq!(read(&[b"\x88\x02\x03\xe8"]).unwrap_err(), Fault::Closed);
    }

    #[test]
    fn endless_pings_are_not_answered() {
        let flood = b"\x89\x00".repeat(MAX_PONGS);
        assert_eq!(read(&[&flood]).unwrap_err(), Fault::Framing);
    }

    #[test]
    fn a_control_frame_in_parts_reaches_into_the_next_message() {
        let (mut reader, mut kept) = (MessageReader::default(), Kept(Vec::new()));
        let first = reader.feed(b"\x81\x01a\x89\x02h", &mut kept).unwrap();
        assert!(matches!(first, Step::Done { .. }) && !reader.is_between_frames());
        reader.reset();
        let second = reader.feed(b"i\x81\x01b", &mut kept).unwrap();
        assert!(matches!(second, Step::Done { .. }) && reader.is_between_frames());
        assert_eq!((kept.0, reader.take_pongs()), (b"ab".to_vec(), pong(b"hi")));
    }
}
