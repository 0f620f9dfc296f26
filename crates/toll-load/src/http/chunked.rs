//! The chunked transfer coding (RFC 9112 §7.1), undone piece by piece.

use super::MAX_HEAD;
use crate::Fault;

/// A chunk size line, extensions included, is not longer than this.
const MAX_SIZE_LINE: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the hexadecimal digits; whether there was one already.
    Size {
        digits: bool,
    },
    /// Behind the digits: blanks or an extension, up to the line feed.
    Extension,
    Data,
    /// After the data of a chunk, before its line end.
    DataEnd,
    /// In the trailers; whether the current line is empty so far.
    Trailer {
        empty: bool,
    },
    Done,
}

/// Undoes the coding. Feed it what comes and take the data out.
#[derive(Debug, Clone)]
pub(crate) struct ChunkedDecoder {
    state: State,
    /// Bytes of the current chunk that are still to come; while in the size line, the size so far.
    left: u64,
    /// Length of the current size line, or of the trailers.
    line: usize,
}

impl ChunkedDecoder {
    pub(crate) fn new() -> ChunkedDecoder {
        ChunkedDecoder {
            state: State::Size { digits: false },
            left: 0,
            line: 0,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes `bytes`, hands the data in them to `data`, and returns how many bytes belong to this body.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        mut data: impl FnMut(&[u8]),
    ) -> Result<usize, Fault> {
        let mut at = 0;
        while at < bytes.len() && !self.is_done() {
            if self.state == State::Data {
                let take = (bytes.len() - at).min(usize::try_from(self.left).unwrap_or(usize::MAX));
                data(&bytes[at..at + take]);
                at += take;
                self.left -= take as u64;
                if self.left == 0 {
                    self.state = State::DataEnd;
                }
            } else {
                self.control(bytes[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    /// One byte that is no data.
    fn control(&mut self, byte: u8) -> Result<(), Fault> {
        self.line += 1;
        match self.state {
            State::Size { digits } => self.size(byte, digits),
            State::Extension if byte == b'\n' => {
                self.size_line_ends();
                Ok(())
            }
            State::Extension => bounded(self.line, MAX_SIZE_LINE),
            State::DataEnd => self.data_end(byte),
            State::Trailer { empty } => self.trailer(byte, empty),
            State::Data | State::Done => Ok(()),
        }
    }

    fn size(&mut self, byte: u8, digits: bool) -> Result<(), Fault> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            let shifted = self.left.checked_mul(16).ok_or(Fault::Framing)?;
            self.left = shifted + u64::from(digit);
            self.state = State::Size { digits: true };
            return bounded(self.line, MAX_SIZE_LINE);
        }
        match byte {
            _ if !digits => Err(Fault::Framing),
            b'\n' => {
                self.size_line_ends();
                Ok(())
            }
            b'\r' | b';' | b' ' | b'\t' => {
                self.state = State::Extension;
                Ok(())
            }
            _ => Err(Fault::Framing),
        }
    }

    fn size_line_ends(&mut self) {
        self.line = 0;
        self.state = if self.left == 0 {
            State::Trailer { empty: true }
        } else {
            State::Data
        };
    }

    fn data_end(&mut self, byte: u8) -> Result<(), Fault> {
        match byte {
            b'\r' if self.line == 1 => Ok(()),
            b'\n' => {
                *self = ChunkedDecoder::new();
                Ok(())
            }
            _ => Err(Fault::Framing),
        }
    }

    fn trailer(&mut self, byte: u8, empty: bool) -> Result<(), Fault> {
        self.state = match byte {
            b'\n' if empty => State::Done,
            b'\n' => State::Trailer { empty: true },
            b'\r' => State::Trailer { empty },
            _ => State::Trailer { empty: false },
        };
        bounded(self.line, MAX_HEAD)
    }
}

fn bounded(length: usize, most: usize) -> Result<(), Fault> {
    if length <= most {
        Ok(())
    } else {
        Err(Fault::Framing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<(Vec<u8>, usize, bool), Fault> {
        let (mut decoder, mut data) = (ChunkedDecoder::new(), Vec::new());
        let used = decoder.feed(bytes, |piece| data.extend_from_slice(piece))?;
        Ok((data, used, decoder.is_done()))
    }

    #[test]
    fn chunks_extensions_and_trailers() {
        let body = b"3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nx: y\r\n\r\n";
        assert_eq!(
            decode(body),
            Ok((b"abc0123456789".to_vec(), body.len(), true))
        );
        let followed = b"0\r\n\r\nHTTP/1.1";
        assert_eq!(decode(followed), Ok((Vec::new(), 5, true)));
        assert_eq!(decode(b"5\r\nab").map(|found| found.2), Ok(false));
    }

    #[test]
    fn nonsense_is_refused() {
        for body in [
            "\r\n",
            "g\r\n",
            "-1\r\n",
            "3\r\nabcd\r\n",
            "fffffffffffffffff\r\n",
            "3\r\nabc\r\r\n",
        ] {
            assert_eq!(decode(body.as_bytes()), Err(Fault::Framing), "{body:?}");
        }
    }

    #[test]
    fn endless_lines_are_refused() {
        let extension = [b"1;".to_vec(), vec![b'x'; MAX_SIZE_LINE]].concat();
        let zeros = vec![b'0'; MAX_SIZE_LINE + 1];
        let trailer = [b"0\r\n".to_vec(), vec![b'x'; MAX_HEAD + 1]].concat();
        for body in [extension, zeros, trailer] {
            assert_eq!(decode(&body), Err(Fault::Framing));
        }
    }
}
