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
    /// In the blanks behind the digits.
    Blank,
    Extension,
    /// Behind the carriage return of a size line.
    SizeEnd,
    Data,
    /// After the data of a chunk, before its line end.
    DataEnd,
    /// The same, behind the carriage return.
    DataFeed,
    /// Where a trailer may begin.
    TrailerStart,
    TrailerName,
    TrailerValue,
    /// Behind the carriage return of a trailer.
    TrailerFeed,
    /// Behind the carriage return of the empty line at the end.
    LastFeed,
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
            State::Size { .. } | State::Blank | State::Extension | State::SizeEnd => {
                self.size_line(byte)?;
                bounded(self.line, MAX_SIZE_LINE)
            }
            State::DataEnd | State::DataFeed => self.data_end(byte),
            _ => {
                self.state = self.trailer(byte)?;
                bounded(self.line, MAX_HEAD)
            }
        }
    }

    fn size_line(&mut self, byte: u8) -> Result<(), Fault> {
        self.state = match (self.state, byte) {
            (State::Size { .. }, digit) if digit.is_ascii_hexdigit() => {
                self.left = with_digit(self.left, digit)?;
                State::Size { digits: true }
            }
            (State::Size { digits: false }, _) => return Err(Fault::Framing),
            (_, b'\n') => {
                self.line = 0;
                if self.left == 0 {
                    State::TrailerStart
                } else {
                    State::Data
                }
            }
            (State::SizeEnd, _) => return Err(Fault::Framing),
            (_, b'\r') => State::SizeEnd,
            (State::Extension, text) if is_text(text) => State::Extension,
            (State::Size { .. } | State::Blank, b' ' | b'\t') => State::Blank,
            (State::Size { .. } | State::Blank, b';') => State::Extension,
            _ => return Err(Fault::Framing),
        };
        Ok(())
    }

    fn data_end(&mut self, byte: u8) -> Result<(), Fault> {
        match (self.state, byte) {
            (State::DataEnd, b'\r') => self.state = State::DataFeed,
            (_, b'\n') => *self = ChunkedDecoder::new(),
            _ => return Err(Fault::Framing),
        }
        Ok(())
    }

    fn trailer(&self, byte: u8) -> Result<State, Fault> {
        match (self.state, byte) {
            (State::TrailerStart | State::LastFeed, b'\n') => Ok(State::Done),
            (State::TrailerStart, b'\r') => Ok(State::LastFeed),
            (State::TrailerName, b':') => Ok(State::TrailerValue),
            (State::TrailerStart | State::TrailerName, byte) if is_token(byte) => {
                Ok(State::TrailerName)
            }
            (State::TrailerValue | State::TrailerFeed, b'\n') => Ok(State::TrailerStart),
            (State::TrailerValue, b'\r') => Ok(State::TrailerFeed),
            (State::TrailerValue, text) if is_text(text) => Ok(State::TrailerValue),
            _ => Err(Fault::Framing),
        }
    }
}

fn with_digit(size: u64, digit: u8) -> Result<u64, Fault> {
    let value = char::from(digit).to_digit(16).ok_or(Fault::Framing)?;
    let shifted = size.checked_mul(16).ok_or(Fault::Framing)?;
    Ok(shifted + u64::from(value))
}

/// What a field value or an extension may consist of.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

/// What a field name may consist of (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
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
            "3\rxy\r\nabc\r\n",
            "3 x\r\nabc\r\n",
            "3;x\0\r\nabc\r\n",
            "0\r\n\r\r\n",
            "0\r\nno colon\r\n\r\n",
            "0\r\n: no name\r\n\r\n",
            "0\r\na: b\rc\r\n\r\n",
        ] {
            assert_eq!(decode(body.as_bytes()), Err(Fault::Framing), "{body:?}");
        }
    }

    #[test]
    fn endless_lines_are_refused() {
        let extension = [b"1;".to_vec(), vec![b'x'; MAX_SIZE_LINE]].concat();
        let zeros = vec![b'0'; MAX_SIZE_LINE + 1];
        let trailer = [b"0\r\nx:".to_vec(), vec![b'x'; MAX_HEAD]].concat();
        for body in [extension, zeros, trailer] {
            assert_eq!(decode(&body), Err(Fault::Framing));
        }
    }
}
