//! An answer seen before, recognised by comparing bytes.
//!
//! A server under load sends the same answer again and again. Once one was read in full and found right, the next one
//! that has the same bytes is right too: status, framing and body at once, at the price of a memory comparison. The
//! value of a `date` header changes once a second but keeps its length, so it is left out of the comparison.

use std::ops::Range;

/// Longer answers are always read in full.
pub(crate) const MAX_TEMPLATE: usize = 256 * 1024;

/// The bytes of a right answer.
#[derive(Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    varying: Range<usize>,
    status: u16,
}

/// How a piece compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Followed {
    /// The same, up to the end of the answer and of the piece.
    Whole,
    /// The same so far.
    Part,
    /// Not the same, or more than the answer.
    Differs,
}

impl Template {
    /// `bytes`: the complete answer, whose final head is `head`. Its date may change, unless every byte matters.
    pub(crate) fn learn(
        bytes: Vec<u8>,
        head: &[u8],
        status: u16,
        date_matters: bool,
    ) -> Option<Template> {
        if bytes.len() > MAX_TEMPLATE {
            return None;
        }
        // Where interim answers came first, nothing is left out.
        let varying = if bytes.starts_with(head) && !date_matters {
            date_value(head)
        } else {
            0..0
        };
        Some(Template {
            bytes,
            varying,
            status,
        })
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The first bytes, which stand for an equal beginning when the rest turns out to differ.
    pub(crate) fn beginning(&self, length: usize) -> &[u8] {
        &self.bytes[..length]
    }

    /// Compares the next piece of an answer of which `at` bytes were the same.
    #[inline]
    pub(crate) fn follow(&self, at: usize, piece: &[u8]) -> Followed {
        let end = at + piece.len();
        if end > self.bytes.len() || !self.same(at, piece) {
            Followed::Differs
        } else if end == self.bytes.len() {
            Followed::Whole
        } else {
            Followed::Part
        }
    }

    #[inline]
    fn same(&self, at: usize, piece: &[u8]) -> bool {
        let end = at + piece.len();
        let before = self.varying.start.clamp(at, end);
        let after = self.varying.end.clamp(at, end);
        piece[..before - at] == self.bytes[at..before]
            && piece[after - at..] == self.bytes[after..end]
            && piece[before - at..after - at]
                .iter()
                .all(|byte| !byte.is_ascii_control())
    }
}

/// The value of the first `date` header.
fn date_value(head: &[u8]) -> Range<usize> {
    let name = b"\ndate:";
    let found = head
        .windows(name.len())
        .position(|window| window.eq_ignore_ascii_case(name));
    found.map_or(0..0, |at| {
        let start = at + name.len();
        let length = head[start..]
            .iter()
            .take_while(|byte| !byte.is_ascii_control())
            .count();
        start..start + length
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &[u8] =
        b"HTTP/1.1 200 OK\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\ncontent-length: 2\r\n\r\n";

    fn template() -> Template {
        Template::learn([HEAD, b"ok"].concat(), HEAD, 200, false).unwrap()
    }

    fn later() -> Vec<u8> {
        let text = String::from_utf8([HEAD, b"ok"].concat()).unwrap();
        text.replace("00:00:00", "00:00:01").into_bytes()
    }

    #[test]
    fn only_the_date_may_change() {
        assert_eq!(template().follow(0, &later()), Followed::Whole);
        assert_eq!(template().follow(0, &later()[..30]), Followed::Part);
        assert_eq!(
            template().follow(0, &[later(), b"x".to_vec()].concat()),
            Followed::Differs
        );
        let date = date_value(HEAD);
        for at in (0..later().len()).filter(|at| !date.contains(at)) {
            let mut other = later();
            other[at] ^= 1;
            assert_eq!(template().follow(0, &other), Followed::Differs, "{at}");
        }
    }

    #[test]
    fn the_date_may_not_hide_a_line_break() {
        let mut other = later();
        other[date_value(HEAD).start + 3] = b'\r';
        assert_eq!(template().follow(0, &other), Followed::Differs);
    }

    proptest! {
        #[test]
        fn any_split_follows(mut cuts in prop::collection::vec(0_usize..75, 0..8)) {
            let bytes = later();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut last = Followed::Part;
            for pair in cuts.windows(2) {
                prop_assert_ne!(last, Followed::Differs);
                last = template().follow(pair[0], &bytes[pair[0]..pair[1]]);
            }
            prop_assert!(last == Followed::Whole || cuts[cuts.len() - 2] == bytes.len());
        }
    }
}
