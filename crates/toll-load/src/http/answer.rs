//! One answer on its way: compared with the template for as long as it is the same, read in full otherwise. What comes
//! of it does not depend on the way.

use super::template::{Followed, MAX_TEMPLATE, Template};
use super::{AnyReader, BodySink, Head, Step};
use crate::Fault;
use crate::target::Protocol;

/// What an answer is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standard<'a> {
    pub(crate) template: Option<&'a Template>,
    /// The expected body.
    pub(crate) body: Option<&'a [u8]>,
    /// The date is expected to have a certain value.
    pub(crate) date_matters: bool,
    /// It answers a `HEAD`, so it has no body.
    pub(crate) answers_head: bool,
    /// Answers that are read in full are kept, so that a template can be made of them.
    pub(crate) keep: bool,
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    More,
    /// Complete and the same as the template, so right.
    Known {
        status: u16,
    },
    /// Complete, and to be judged.
    Read(Head),
}

#[derive(Debug)]
pub(crate) struct Answer {
    /// So far the same as the template.
    following: bool,
    /// Bytes that were the same.
    matched: usize,
    reader: AnyReader,
    body: Body,
    kept: Vec<u8>,
    /// `kept` has all that came so far.
    kept_all: bool,
}

impl Answer {
    pub(crate) fn new(protocol: Protocol) -> Answer {
        Answer {
            following: false,
            matched: 0,
            reader: AnyReader::new(protocol, false),
            body: Body::new(),
            kept: Vec::new(),
            kept_all: true,
        }
    }

    /// A new one is to come.
    pub(crate) fn restart(&mut self, standard: Standard<'_>) {
        self.reader.set_answers_head(standard.answers_head);
        self.following = standard.template.is_some() && self.reader.is_at_a_start();
        self.matched = 0;
        if !self.following {
            self.read_anew();
        }
    }

    /// Takes the next piece. More bytes than the answer has are bad framing.
    #[inline]
    pub(crate) fn take(&mut self, piece: &[u8], standard: Standard<'_>) -> Result<Taken, Fault> {
        if self.following
            && let Some(template) = standard.template
        {
            match template.follow(self.matched, piece) {
                Followed::Whole => {
                    return Ok(Taken::Known {
                        status: template.status(),
                    });
                }
                Followed::Part => {
                    self.matched += piece.len();
                    return Ok(Taken::More);
                }
                Followed::Differs => {}
            }
        }
        self.leave_template(standard)?;
        self.read(piece, standard)
    }

    /// The connection was closed in an orderly way, or reset.
    pub(crate) fn end(&mut self, orderly: bool, standard: Standard<'_>) -> Result<Head, Fault> {
        self.leave_template(standard)?;
        let head = self.reader.end()?;
        if orderly {
            Ok(head)
        } else {
            Err(Fault::ShortBody)
        }
    }

    /// Whether a change of the template concerns this answer: a part of it was compared.
    pub(crate) fn is_amid_template(&self) -> bool {
        self.following && self.matched > 0
    }

    /// Stops comparing: the part that was the same is read in full.
    pub(crate) fn leave_template(&mut self, standard: Standard<'_>) -> Result<(), Fault> {
        if !std::mem::take(&mut self.following) {
            return Ok(());
        }
        self.read_anew();
        match standard.template {
            Some(template) => self
                .read(template.beginning(self.matched), standard)
                .map(|_| ()),
            None => Ok(()),
        }
    }

    /// Whether the body that was read is the expected one.
    pub(crate) fn body_is_right(&self, standard: Standard<'_>) -> bool {
        self.body.is_right(standard.body)
    }

    /// The headers of the answer that was read.
    pub(crate) fn fields(&self) -> Result<Vec<(String, Vec<u8>)>, Fault> {
        self.reader.fields()
    }

    /// Bytes that the server waits for meanwhile.
    pub(crate) fn take_pongs(&mut self) -> Vec<u8> {
        self.reader.take_pongs()
    }

    /// Takes bytes that came while no answer was awaited. `false`: they have no business there.
    pub(crate) fn take_idle(&mut self, bytes: &[u8]) -> bool {
        self.reader.take_idle(bytes)
    }

    /// Whether the answer that was read is the same as the template.
    pub(crate) fn is_known(&self, standard: Standard<'_>) -> bool {
        self.kept_all
            && standard
                .template
                .is_some_and(|template| template.follow(0, &self.kept) == Followed::Whole)
    }

    /// A template of the answer that was read and kept; none if it is too long or was not kept from its beginning to its
    /// end.
    pub(crate) fn make_template(
        &mut self,
        status: u16,
        standard: Standard<'_>,
    ) -> Option<Template> {
        if !self.kept_all || !self.reader.is_repeatable() {
            return None;
        }
        Template::learn(
            std::mem::take(&mut self.kept),
            self.reader.head_bytes(),
            status,
            standard.date_matters,
        )
    }

    /// How many bytes are held for the head and for the answer itself.
    #[cfg(test)]
    pub(super) fn capacities(&self) -> (usize, usize) {
        (self.reader.head_capacity(), self.kept.capacity())
    }

    fn read_anew(&mut self) {
        self.reader.reset();
        self.body = Body::new();
        self.kept.clear();
        self.kept_all = true;
    }

    fn read(&mut self, piece: &[u8], standard: Standard<'_>) -> Result<Taken, Fault> {
        self.kept_all &= standard.keep && self.kept.len() <= MAX_TEMPLATE;
        if self.kept_all {
            self.kept.extend_from_slice(piece);
        }
        let mut sink = Compared {
            body: &mut self.body,
            expected: standard.body,
        };
        match self.reader.feed(piece, &mut sink)? {
            Step::More => Ok(Taken::More),
            Step::Done { used, head } if used == piece.len() => Ok(Taken::Read(head)),
            Step::Done { .. } => Err(Fault::Framing),
        }
    }
}

/// The body so far: its length, and whether it agrees with the expected one. It is compared, not stored.
#[derive(Debug, Clone, Copy)]
struct Body {
    seen: u64,
    agrees: bool,
}

impl Body {
    fn new() -> Body {
        Body {
            seen: 0,
            agrees: true,
        }
    }

    /// Whether the whole body was the expected one.
    fn is_right(self, expected: Option<&[u8]>) -> bool {
        self.agrees && expected.is_none_or(|expected| expected.len() as u64 == self.seen)
    }
}

struct Compared<'a> {
    body: &'a mut Body,
    expected: Option<&'a [u8]>,
}

impl BodySink for Compared<'_> {
    fn take(&mut self, bytes: &[u8]) {
        if let Some(expected) = self.expected {
            let from = usize::try_from(self.body.seen).unwrap_or(usize::MAX);
            let rest = expected
                .get(from..)
                .and_then(|rest| rest.get(..bytes.len()));
            self.body.agrees &= rest == Some(bytes);
        }
        self.body.seen += bytes.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: &[u8] =
        b"HTTP/1.1 200 OK\r\ndate: Tue, 01 Jan 2030 00:00:00 GMT\r\ncontent-length: 5\r\n\r\nhello";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    const INTERIM: &[u8] =
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 201 Made\r\ncontent-length: 5\r\n\r\nhello";
    const HELLO: Option<&[u8]> = Some(b"hello");

    fn standard(template: Option<&Template>) -> Standard<'_> {
        Standard {
            template,
            body: HELLO,
            date_matters: false,
            answers_head: false,
            keep: true,
        }
    }

    fn template_of(bytes: &[u8]) -> Template {
        let mut answer = Answer::new(Protocol::Http);
        answer.restart(standard(None));
        let Ok(Taken::Read(head)) = answer.take(bytes, standard(None)) else {
            panic!("it is a whole answer")
        };
        assert!(answer.body_is_right(standard(None)));
        answer.make_template(head.status, standard(None)).unwrap()
    }

    /// The status and whether the body is right; `None` while incomplete.
    fn outcome(
        pieces: &[&[u8]],
        template: Option<&Template>,
    ) -> Result<Option<(u16, bool)>, Fault> {
        let mut answer = Answer::new(Protocol::Http);
        answer.restart(standard(template));
        for (index, piece) in pieces.iter().enumerate() {
            let last = index + 1 == pieces.len();
            match answer.take(piece, standard(template))? {
                Taken::More => {}
                _ if !last => return Err(Fault::Framing),
                Taken::Known { status } => return Ok(Some((status, true))),
                Taken::Read(head) => {
                    return Ok(Some((
                        head.status,
                        answer.body_is_right(standard(template)),
                    )));
                }
            }
        }
        Ok(None)
    }

    #[test]
    fn a_template_that_was_given_up_leaves_nothing_of_the_answer_before() {
        let mut answer = Answer::new(Protocol::Http);
        let template = template_of(PLAIN);
        answer.restart(standard(None));
        assert!(answer.take(CHUNKED, standard(None)).is_ok());
        answer.restart(standard(Some(&template)));
        let read = answer.take(PLAIN, standard(None));
        assert!(matches!(read, Ok(Taken::Read(_))), "{read:?}");
    }

    #[test]
    fn a_body_is_compared_as_a_whole() {
        for (body, right) in [
            ("hello", true),
            ("hell", false),
            ("hello!", false),
            ("hallo", false),
            ("", false),
        ] {
            let text = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let (first, second) = text.as_bytes().split_at(text.len() - body.len() / 2);
            let pieces: Vec<&[u8]> = [first, second]
                .into_iter()
                .filter(|piece| !piece.is_empty())
                .collect();
            assert_eq!(outcome(&pieces, None), Ok(Some((200, right))), "{body}");
        }
    }

    #[test]
    fn an_answer_that_was_read_is_recognised() {
        for (bytes, known) in [(PLAIN, true), (CHUNKED, false)] {
            let template = template_of(PLAIN);
            let mut answer = Answer::new(Protocol::Http);
            answer.restart(standard(None));
            answer.take(bytes, standard(None)).unwrap();
            assert_eq!(answer.is_known(standard(Some(&template))), known);
        }
    }

    #[test]
    fn an_answer_that_was_kept_in_parts_only_is_not_learned() {
        for left_out in 0..3 {
            let mut answer = Answer::new(Protocol::Http);
            answer.restart(standard(None));
            for (index, piece) in PLAIN.chunks(PLAIN.len().div_ceil(3)).enumerate() {
                let keep = index != left_out;
                let standard = Standard {
                    keep,
                    ..standard(None)
                };
                answer.take(piece, standard).unwrap();
            }
            assert!(
                answer.make_template(200, standard(None)).is_none(),
                "{left_out}"
            );
        }
    }

    #[test]
    fn an_early_end_amid_the_template_is_a_fault() {
        let template = template_of(PLAIN);
        for length in 0..PLAIN.len() {
            let mut answer = Answer::new(Protocol::Http);
            answer.restart(standard(Some(&template)));
            answer
                .take(&PLAIN[..length], standard(Some(&template)))
                .unwrap();
            let expected = if length < PLAIN.len() - 5 {
                Fault::Closed
            } else {
                Fault::ShortBody
            };
            assert_eq!(
                answer.end(true, standard(Some(&template))),
                Err(expected),
                "{length}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_template_changes_nothing_but_the_speed(
            which in 0_usize..3,
            damage in prop::collection::vec((0_usize..200, any::<u8>()), 0..3),
            tail in prop::collection::vec(any::<u8>(), 0..2),
            cuts in prop::collection::vec(0_usize..200, 0..6),
        ) {
            let good = [PLAIN, CHUNKED, INTERIM][which];
            let template = template_of(good);
            let mut bytes = good.to_vec();
            for (at, byte) in damage {
                bytes[at % good.len()] = byte;
            }
            bytes.extend(tail);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            cuts.dedup();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let (quick, full) = (outcome(&pieces, Some(&template)), outcome(&pieces, None));
            prop_assert_eq!(quick, full);
        }
    }
}
