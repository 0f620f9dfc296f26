//! The ways to read one answer. What comes of it must be the same.

use crate::Fault;
use crate::http::template::MAX_TEMPLATE;
use crate::http::{
    Answer, BodySink, Head, MAX_HEAD, ResponseReader, Standard, Step, Taken, Template,
};
use crate::target::Protocol;

/// The status, and whether the body is the expected one.
pub(super) type Outcome = Result<(u16, bool), Fault>;

/// What came on a connection, and how it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) bytes: &'a [u8],
    /// Where it is cut into pieces; ascending.
    pub(super) cuts: &'a [usize],
    /// It ended with a close, not a reset.
    pub(super) orderly: bool,
    /// The expected body.
    pub(super) body: Option<&'a [u8]>,
    pub(super) answers_head: bool,
}

impl<'a> Input<'a> {
    pub(super) fn uncut(self) -> Input<'a> {
        Input { cuts: &[], ..self }
    }

    fn pieces(self) -> impl Iterator<Item = &'a [u8]> {
        let starts = std::iter::once(0).chain(self.cuts.iter().copied());
        let ends = self.cuts.iter().copied().chain([self.bytes.len()]);
        starts
            .zip(ends)
            .map(move |(start, end)| &self.bytes[start..end])
            .filter(|piece| !piece.is_empty())
    }
}

/// As load is read: compared with the template where there is one.
pub(super) fn read(answer: &mut Answer, input: Input<'_>, template: Option<&Template>) -> Outcome {
    let standard = Standard {
        template,
        body: input.body,
        date_matters: false,
        answers_head: input.answers_head,
        keep: true,
    };
    answer.restart(standard);
    let outcome = read_pieces(answer, input, standard);
    let (head, kept) = answer.capacities();
    assert!(head <= 2 * MAX_HEAD, "a head of {head} bytes is held");
    let longest = input.pieces().map(<[u8]>::len).max().unwrap_or(0);
    assert!(
        kept <= 2 * (MAX_TEMPLATE + longest),
        "{kept} bytes are kept"
    );
    outcome
}

fn read_pieces(answer: &mut Answer, input: Input<'_>, standard: Standard<'_>) -> Outcome {
    let mut left = input.bytes.len();
    for piece in input.pieces() {
        left -= piece.len();
        match answer.take(piece, standard)? {
            Taken::More => {}
            // More came after the end.
            _ if left > 0 => return Err(Fault::Framing),
            Taken::Known { status } => return Ok((status, true)),
            Taken::Read(head) => return Ok((head.status, answer.body_is_right(standard))),
        }
    }
    let head = answer.end(input.orderly, standard)?;
    Ok((head.status, answer.body_is_right(standard)))
}

/// The answer remembered, if it is complete without a close.
pub(super) fn learn(bytes: &[u8], answers_head: bool, body: &[u8]) -> Option<Template> {
    let standard = Standard {
        template: None,
        body: Some(body),
        date_matters: false,
        answers_head,
        keep: true,
    };
    let mut answer = Answer::new(Protocol::Http);
    answer.restart(standard);
    match answer.take(bytes, standard) {
        Ok(Taken::Read(head)) => {
            assert!(answer.body_is_right(standard), "a right answer is right");
            answer.make_template(head.status, standard)
        }
        Ok(Taken::More) => None,
        other => panic!("a well-formed answer was read as {other:?}"),
    }
}

#[derive(Default)]
struct Kept(Vec<u8>);

impl BodySink for Kept {
    fn take(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// As a single exchange is read: with its body.
pub(super) fn read_body(bytes: &[u8], answers_head: bool) -> Result<(Head, Vec<u8>), Fault> {
    let (mut reader, mut kept) = (ResponseReader::new(answers_head), Kept::default());
    let head = match reader.feed(bytes, &mut kept)? {
        Step::Done { used, head } => {
            assert!(used <= bytes.len(), "used more than there was");
            if used < bytes.len() {
                return Err(Fault::Framing);
            }
            head
        }
        Step::More => reader.end()?,
    };
    Ok((head, kept.0))
}
