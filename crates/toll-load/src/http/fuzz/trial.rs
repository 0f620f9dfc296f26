//! One input: made, read in every way, and compared.

use super::mutate::mutate;
use super::oracle::{Verdict, judge};
use super::random::Random;
use super::shapes::{Shape, shape};
use super::ways::{self, Input, Outcome};
use crate::Fault;
use crate::http::Answer;
use crate::target::Protocol;
use std::io::Write;

/// Tells the input at hand when a check fails.
struct Witness<'a> {
    seed: u64,
    number: u64,
    bytes: &'a [u8],
    cuts: &'a [usize],
    answers_head: bool,
}

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(
                std::io::stderr(),
                "TOLL_FUZZ_SEED={} TOLL_FUZZ_FIRST={} TOLL_FUZZ_INPUTS=1\nto a HEAD: {}, cut at {:?}:\n{}",
                self.seed,
                self.number,
                self.answers_head,
                self.cuts,
                self.bytes.escape_ascii()
            );
        }
    }
}

/// How the inputs were found to be.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub(super) whole: u64,
    pub(super) short: u64,
    pub(super) torn: u64,
    pub(super) malformed: u64,
    /// Whole with the expected body.
    pub(super) right: u64,
    /// Compared with a template.
    pub(super) with_template: u64,
}

/// What lives as long as a connection, so that one input can spoil the next.
pub(super) struct Connections {
    plain: Answer,
    quick: Answer,
}

impl Connections {
    pub(super) fn new() -> Connections {
        Connections {
            plain: Answer::new(Protocol::Http),
            quick: Answer::new(Protocol::Http),
        }
    }
}

fn cuts(random: &mut Random, length: usize) -> Vec<usize> {
    let count = match random.below(8) {
        0 => return Vec::new(),
        1 if length < 600 => return (1..length).collect(),
        most => random.below(most + 1),
    };
    let mut cuts: Vec<usize> = (0..count).map(|_| random.below(length + 1)).collect();
    cuts.sort_unstable();
    cuts
}

/// Makes the input of that number and reads it in every way.
pub(super) fn try_one(seed: u64, number: u64, connections: &mut Connections, census: &mut Census) {
    let mut random = Random::of(seed, number);
    let base = shape(&mut random);
    let mut bytes = base.bytes.clone();
    let intact = random.one_in(16);
    if !intact {
        let other = shape(&mut random).bytes;
        mutate(&mut random, &mut bytes, &other);
    }
    let cuts = cuts(&mut random, bytes.len());
    let orderly = !random.one_in(4);
    let expected = (!random.one_in(8)).then_some(base.body.as_slice());
    let input = Input {
        bytes: &bytes,
        cuts: &cuts,
        orderly,
        body: expected,
        answers_head: base.answers_head,
    };
    let witness = Witness {
        seed,
        number,
        bytes: &bytes,
        cuts: &cuts,
        answers_head: base.answers_head,
    };
    check(&base, input, connections, census);
    if intact {
        let outcome = ways::read(&mut connections.plain, input, None);
        let good = orderly || !base.until_close;
        assert_eq!(
            outcome.is_ok_and(|(_, right)| right),
            good,
            "an intact answer: {outcome:?}"
        );
    }
    drop(witness);
}

fn check(base: &Shape, input: Input<'_>, connections: &mut Connections, census: &mut Census) {
    let plain = ways::read(&mut Answer::new(Protocol::Http), input.uncut(), None);
    agrees_with_the_standard(input, plain, census);
    assert_eq!(
        ways::read(&mut connections.plain, input, None),
        plain,
        "in pieces and at once"
    );
    if let Some(template) = ways::learn(&base.bytes, base.answers_head, &base.body) {
        census.with_template += 1;
        for input in [input, input.uncut()] {
            assert_eq!(
                ways::read(&mut connections.quick, input, Some(&template)),
                plain,
                "with and without template"
            );
        }
    }
}

fn agrees_with_the_standard(input: Input<'_>, plain: Outcome, census: &mut Census) {
    let verdict = judge(input.bytes, input.answers_head);
    let with_body = ways::read_body(input.bytes, input.answers_head);
    match &verdict {
        Verdict::Whole(whole) => {
            let (head, body) =
                with_body.unwrap_or_else(|fault| panic!("{fault}, but it is {whole:?}"));
            assert_eq!(
                (head.status, &body, head.keep_alive),
                (whole.status, &whole.body, whole.stays)
            );
            let right = input.body.is_none_or(|expected| expected == whole.body);
            let cut_short = whole.by_close && !input.orderly;
            let expected = if cut_short {
                Err(Fault::ShortBody)
            } else {
                Ok((whole.status, right))
            };
            assert_eq!(plain, expected);
            census.right += u64::from(right && !cut_short);
        }
        Verdict::Short(fault) => assert_eq!(plain, Err(*fault)),
        Verdict::Torn => assert!(
            matches!(plain, Err(Fault::ShortBody | Fault::Framing)),
            "{plain:?}"
        ),
        Verdict::Malformed => assert_eq!(plain, Err(Fault::Framing)),
    }
    census.add(&verdict);
}

impl Census {
    fn add(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Whole(_) => &mut self.whole,
            Verdict::Short(_) => &mut self.short,
            Verdict::Torn => &mut self.torn,
            Verdict::Malformed => &mut self.malformed,
        } += 1;
    }
}
