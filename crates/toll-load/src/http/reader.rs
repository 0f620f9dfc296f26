//! Reads one answer from whatever pieces it comes in.

use super::chunked::ChunkedDecoder;
use super::head::Framing;
use super::{Head, MAX_HEAD};
use crate::Fault;

/// Where the bytes of a body go; the transfer coding is already undone.
pub(crate) trait BodySink {
    fn take(&mut self, bytes: &[u8]);
}

#[derive(Debug)]
enum State {
    Head,
    Length { left: u64 },
    Chunked(ChunkedDecoder),
    UntilClose,
}

/// How far the answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// More bytes are to come.
    More,
    /// The answer is complete; so many bytes of the last piece belonged to it.
    Done { used: usize, head: Head },
}

/// Reads one answer. The head is stored, at most [`MAX_HEAD`] bytes of it; the body is passed on.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    answers_head: bool,
    state: State,
    head: Vec<u8>,
    parsed: Option<Head>,
    /// Bytes of interim heads that were skipped.
    skipped: usize,
}

impl ResponseReader {
    pub(crate) fn new(answers_head: bool) -> ResponseReader {
        ResponseReader {
            answers_head,
            state: State::Head,
            head: Vec::new(),
            parsed: None,
            skipped: 0,
        }
    }

    /// Whether the next answer is one to a `HEAD`, which has no body.
    pub(crate) fn set_answers_head(&mut self, answers_head: bool) {
        self.answers_head = answers_head;
    }

    /// Ready for the next answer; keeps its memory.
    pub(crate) fn reset(&mut self) {
        self.state = State::Head;
        self.head.clear();
        self.parsed = None;
        self.skipped = 0;
    }

    /// The bytes of the final head, once it is complete.
    pub(crate) fn head_bytes(&self) -> &[u8] {
        &self.head
    }

    #[cfg(test)]
    pub(super) fn head_capacity(&self) -> usize {
        self.head.capacity()
    }

    /// Takes the next piece.
    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut impl BodySink) -> Result<Step, Fault> {
        let mut used = 0;
        while let State::Head = self.state {
            match self.take_head(&bytes[used..])? {
                Some(taken) => used += taken,
                None => return Ok(Step::More),
            }
        }
        self.take_body(bytes, used, sink)
    }

    /// The connection was closed. Some bodies end like that.
    pub(crate) fn end(&mut self) -> Result<Head, Fault> {
        match (&self.state, self.parsed) {
            (State::UntilClose, Some(head)) => Ok(head),
            (State::Head, _) => Err(Fault::Closed),
            _ => Err(Fault::ShortBody),
        }
    }

    /// Adds to the head. `None`: it is not complete, and all bytes are taken.
    fn take_head(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        let before = self.head.len();
        let room = MAX_HEAD - self.skipped - before;
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if !starts_like_http(&self.head) {
            return Err(Fault::Framing);
        }
        let Some(end) = head_end(&self.head, before) else {
            return if bytes.len() >= room {
                Err(Fault::Framing)
            } else {
                Ok(None)
            };
        };
        self.head.truncate(end);
        let head = Head::parse(&self.head, self.answers_head)?;
        if head.is_interim() {
            self.skipped += end;
            self.head.clear();
        } else {
            self.parsed = Some(head);
            self.state = match head.framing {
                Framing::Length(left) => State::Length { left },
                Framing::Chunked => State::Chunked(ChunkedDecoder::new()),
                Framing::UntilClose => State::UntilClose,
            };
        }
        Ok(Some(end - before))
    }

    fn take_body(
        &mut self,
        bytes: &[u8],
        from: usize,
        sink: &mut impl BodySink,
    ) -> Result<Step, Fault> {
        let rest = &bytes[from..];
        let (taken, done) = match &mut self.state {
            State::Head => (0, false),
            State::Length { left } => {
                let take = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                if take > 0 {
                    sink.take(&rest[..take]);
                }
                *left -= take as u64;
                (take, *left == 0)
            }
            State::Chunked(decoder) => {
                let taken = decoder.feed(rest, |data| sink.take(data))?;
                (taken, decoder.is_done())
            }
            State::UntilClose => {
                if !rest.is_empty() {
                    sink.take(rest);
                }
                (rest.len(), false)
            }
        };
        match self.parsed {
            Some(head) if done => Ok(Step::Done {
                used: from + taken,
                head,
            }),
            _ => Ok(Step::More),
        }
    }
}

/// Where the head ends: behind its first empty line. Only what was not looked at before is searched.
fn head_end(head: &[u8], before: usize) -> Option<usize> {
    let from = before.saturating_sub(3);
    head[from..]
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| from + at)
        .find_map(|at| {
            let line_before = &head[..at];
            let empty = line_before.ends_with(b"\n\r") || line_before.ends_with(b"\n");
            empty.then_some(at + 1)
        })
}

fn starts_like_http(head: &[u8]) -> bool {
    let start = b"HTTP/1.";
    let length = head.len().min(start.len());
    head[..length] == start[..length]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Default, PartialEq, Eq, Clone)]
    struct Kept(Vec<u8>);

    impl BodySink for Kept {
        fn take(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }

    /// What came of it: the head, the body, and the bytes left over.
    type Read = Result<(Head, Vec<u8>, usize), Fault>;

    fn read(pieces: &[&[u8]]) -> Read {
        let (mut reader, mut body) = (ResponseReader::new(false), Kept::default());
        let mut left: usize = pieces.iter().map(|piece| piece.len()).sum();
        for piece in pieces {
            match reader.feed(piece, &mut body)? {
                Step::Done { used, head } => return Ok((head, body.0, left - used)),
                Step::More => left -= piece.len(),
            }
        }
        reader.end().map(|head| (head, body.0, 0))
    }

    fn answers() -> Vec<(&'static [u8], &'static [u8])> {
        vec![
            (b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world", b"hello world"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\na: b\r\n\r\n", b"hello world"),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", b""),
            (b"HTTP/1.0 200 OK\r\nx: y\r\n\r\nuntil the end", b"until the end"),
            (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok"),
        ]
    }

    #[test]
    fn whole_answers() {
        for (bytes, body) in answers() {
            let (_, found, left) = read(&[bytes]).unwrap();
            assert_eq!((found.as_slice(), left), (body, 0));
        }
    }

    #[test]
    fn every_cut_off_answer_is_a_fault() {
        for (bytes, _) in answers()
            .into_iter()
            .filter(|(bytes, _)| !bytes.starts_with(b"HTTP/1.0"))
        {
            for end in 0..bytes.len() {
                let fault = read(&[&bytes[..end]]).unwrap_err();
                assert!(
                    matches!(fault, Fault::Closed | Fault::ShortBody),
                    "{end}: {fault}"
                );
            }
        }
    }

    #[test]
    fn extra_bytes_are_left_over() {
        let twice = b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n";
        assert_eq!(read(&[twice]).unwrap().2, twice.len() / 2);
    }

    #[test]
    fn endless_heads_are_refused() {
        let line = b"HTTP/1.1 200 OK\r\n".to_vec();
        let endless = [line.clone(), b"a: b\r\n".repeat(MAX_HEAD / 6 + 1)].concat();
        assert_eq!(read(&[&endless]), Err(Fault::Framing));
        let interim = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(MAX_HEAD / 27 + 2);
        assert_eq!(read(&[&interim]), Err(Fault::Framing));
        assert_eq!(read(&[b"garbage without an end"]), Err(Fault::Framing));
    }

    proptest! {
        #[test]
        fn any_split_reads_the_same(which in 0_usize..5, mut cuts in prop::collection::vec(0_usize..120, 0..12)) {
            let bytes = answers()[which].0;
            for cut in &mut cuts {
                *cut %= bytes.len();
            }
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..300) {
            let cut = cut.min(bytes.len());
            let whole = read(&[&bytes]);
            prop_assert_eq!(read(&[&bytes[..cut], &bytes[cut..]]).is_ok(), whole.is_ok());
        }

        #[test]
        fn damaged_answers_never_panic(
            which in 0_usize..5, damage in prop::collection::vec((0_usize..120, any::<u8>()), 1..6), cut in 0_usize..120,
        ) {
            let mut bytes = answers()[which].0.to_vec();
            let length = bytes.len();
            for (at, byte) in damage {
                bytes[at % length] = byte;
            }
            let whole = read(&[&bytes]);
            let (first, second) = bytes.split_at(cut % length);
            let split = read(&[first, second]);
            prop_assert_eq!(split.is_ok(), whole.is_ok());
            if let (Ok(split), Ok(whole)) = (split, whole) {
                prop_assert_eq!(split, whole);
            }
        }
    }
}
