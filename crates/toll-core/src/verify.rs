//! Is this the right answer, and did every layer leave its mark? Asked before anything is timed.

use std::io::Read;

use crate::failure::{Failure, Stage};
use crate::subject::{Kind, Mark};
use crate::workload::{BodyCheck, FILLING, Workload};

/// An answer as it was received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers in the order of the wire; names in any case.
    pub headers: Vec<(String, String)>,
    /// Body, decoded from its transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a header.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Longest part of a wrong body that is quoted, in characters.
const QUOTED: usize = 120;
/// Beginning of the headers that layers leave.
pub const MARK_PREFIX: &str = "x-toll-";
/// The most bytes that a compressed body may become.
const LARGEST_DECODED: u64 = 256 << 20;

/// Checks the answer of a cell.
///
/// # Errors
/// `wrong-answer`: status, content type or body are not those of the workload, or the layers did
/// not do what they are for.
/// `layers-dropped`, `layers-added`: the answer is right but for the number of layers in it.
pub fn check(
    workload: &Workload,
    kind: &Kind,
    middlewares: u32,
    answer: &Answer,
) -> Result<(), Failure> {
    status(workload, answer)?;
    content_type(workload, answer)?;
    let marks = body(workload, kind.mark, answer)?;
    proof(workload, kind, middlewares, answer)?;
    match kind.mark {
        Mark::Header if workload.marks_in.is_none() => header_marks(middlewares, answer),
        Mark::JsonCount => layers(middlewares, marks),
        Mark::Header | Mark::Stack => Ok(()),
    }
}

fn status(workload: &Workload, answer: &Answer) -> Result<(), Failure> {
    if answer.status == workload.status {
        return Ok(());
    }
    wrong(format!(
        "expected status {}, got {} with the body {}",
        workload.status,
        answer.status,
        quoted(&answer.body)
    ))
}

fn content_type(workload: &Workload, answer: &Answer) -> Result<(), Failure> {
    let Some(expected) = &workload.content_type else {
        return Ok(());
    };
    let got = answer.values("content-type").next().unwrap_or("none");
    let media_type = got.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    wrong(format!("expected content type {expected}, got {got}"))
}

/// Checks the body; says how many layers have counted themselves in it.
fn body(workload: &Workload, mark: Mark, answer: &Answer) -> Result<u64, Failure> {
    // What may be anything need not be read.
    if workload.check == BodyCheck::Any {
        return Ok(0);
    }
    let body = decoded(answer)?;
    match workload.check {
        BodyCheck::JsonCount => return json_count(mark, &body),
        BodyCheck::JsonText(length) => {
            let text = json_value(&body, "text");
            let text = text.as_ref().and_then(serde_json::Value::as_str);
            let right = text.is_some_and(|text| is_filled(text.as_bytes(), length));
            expect(right, &format!("{{\"text\": {length} × \"x\"}}"), &body)?;
        }
        BodyCheck::JsonReceived(length) => {
            let received = json_value(&body, "received");
            let right = received.and_then(|received| received.as_u64()) == Some(length);
            expect(right, &format!("{{\"received\": {length}}}"), &body)?;
        }
        BodyCheck::Filled(length) => {
            expect(is_filled(&body, length), &format!("of {length} × x"), &body)?;
        }
        BodyCheck::Echo => {
            let sent = String::from_utf8_lossy(&workload.body).into_owned();
            expect(body == workload.body, &sent, &body)?;
        }
        BodyCheck::Any => {}
    }
    Ok(0)
}

/// The body without the codings that `content-encoding` names; gzip is the only one that is known.
fn decoded(answer: &Answer) -> Result<Vec<u8>, Failure> {
    let mut body = answer.body.clone();
    let codings = answer
        .values("content-encoding")
        .flat_map(|value| value.split(','));
    for coding in codings.collect::<Vec<_>>().into_iter().rev() {
        if !coding.trim().eq_ignore_ascii_case("gzip") {
            return wrong(format!(
                "the body is encoded as {}, which was not asked for",
                coding.trim()
            ));
        }
        let mut plain = Vec::new();
        let mut decoder = flate2::read::MultiGzDecoder::new(body.as_slice()).take(LARGEST_DECODED);
        if let Err(error) = decoder.read_to_end(&mut plain) {
            return wrong(format!("the body is no gzip: {error}"));
        }
        body = plain;
    }
    Ok(body)
}

fn is_filled(bytes: &[u8], length: u64) -> bool {
    bytes.len() as u64 == length && bytes.iter().all(|byte| *byte == FILLING)
}

fn expect(right: bool, expected: &str, body: &[u8]) -> Result<(), Failure> {
    if right {
        return Ok(());
    }
    wrong(format!(
        "expected the body {expected}, got {} bytes: {}",
        body.len(),
        quoted(body)
    ))
}

/// The value of the only key of a JSON object.
fn json_value(body: &[u8], key: &str) -> Option<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.get(key).cloned()
}

/// Some workloads show in their answer that the layers did what they are for.
fn proof(
    workload: &Workload,
    kind: &Kind,
    middlewares: u32,
    answer: &Answer,
) -> Result<(), Failure> {
    let Some(header) = kind.proves.get(&workload.name) else {
        return Ok(());
    };
    match (middlewares, answer.values(header).next()) {
        (0, None) | (1.., Some(_)) => Ok(()),
        (0, Some(_)) => wrong(format!(
            "without a layer the answer has the header {header} already"
        )),
        (1.., None) => wrong(format!(
            "the layers left no header {header} in the answer: they did not do their work"
        )),
    }
}

/// The count in the body; it has to be 0 where layers leave headers.
fn json_count(mark: Mark, body: &[u8]) -> Result<u64, Failure> {
    let count = json_value(body, "count").and_then(|count| count.as_u64());
    match (count, mark) {
        (Some(count), Mark::JsonCount) => Ok(count),
        (Some(0), Mark::Header | Mark::Stack) => Ok(0),
        (_, Mark::Header | Mark::Stack) => wrong(format!(
            "expected the body {{\"count\": 0}}, got {}",
            quoted(body)
        )),
        (None, Mark::JsonCount) => wrong(format!(
            "expected the body {{\"count\": …}}, got {}",
            quoted(body)
        )),
    }
}

/// The layers 0 … n−1 leave `x-toll-<i>`, each exactly once.
fn header_marks(middlewares: u32, answer: &Answer) -> Result<(), Failure> {
    let mut found: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .filter(|name| name.starts_with(MARK_PREFIX))
        .collect();
    layers(middlewares, found.len() as u64)?;
    let mut expected: Vec<String> = (0..middlewares)
        .map(|layer| format!("{MARK_PREFIX}{layer}"))
        .collect();
    found.sort_unstable();
    expected.sort_unstable();
    match found
        .iter()
        .zip(&expected)
        .find(|(found, expected)| found != expected)
    {
        None => Ok(()),
        Some(_) => wrong(format!(
            "asked for {middlewares} layers, found as many marks, but not each once: {}",
            found.join(", ").chars().take(QUOTED).collect::<String>()
        )),
    }
}

fn layers(asked: u32, found: u64) -> Result<(), Failure> {
    let (code, remark) = match found.cmp(&u64::from(asked)) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Less => (
            "layers-dropped",
            "the framework dropped the others without a word",
        ),
        std::cmp::Ordering::Greater => ("layers-added", "some layers ran more than once"),
    };
    let message = format!(
        "asked for {}, found the marks of {found}: {remark}",
        counted(asked)
    );
    Err(Failure::new(Stage::Verify, code, message))
}

fn counted(layers: u32) -> String {
    if layers == 1 {
        "1 layer".to_owned()
    } else {
        format!("{layers} layers")
    }
}

fn wrong<T>(message: String) -> Result<T, Failure> {
    Err(Failure::new(Stage::Verify, "wrong-answer", message))
}

fn quoted(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if text.is_empty() {
        return "nothing".to_owned();
    }
    let short: String = text
        .chars()
        .take(QUOTED)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let more = if text.chars().count() > QUOTED {
        " …"
    } else {
        ""
    };
    format!("`{short}`{more}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write;

    use super::*;
    use crate::subject::Style;
    use crate::workload::Protocol;

    fn ping() -> Workload {
        Workload {
            name: "ping".to_owned(),
            protocol: Protocol::Http,
            method: "GET".to_owned(),
            path: "/_ping".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            pieces: 1,
            status: 200,
            content_type: Some("application/json".to_owned()),
            check: BodyCheck::JsonCount,
            marks_in: None,
            images_only: false,
        }
    }

    fn kind(mark: Mark) -> Kind {
        Kind {
            style: Style::Layer,
            mark,
            about: String::new(),
            docs: String::new(),
            requires: Vec::new(),
            scopes: vec![Protocol::Http],
            asgi: false,
            proves: BTreeMap::new(),
        }
    }

    fn answer(body: &str, marks: &[&str]) -> Answer {
        let mut headers = vec![(
            "Content-Type".to_owned(),
            "application/json; charset=utf-8".to_owned(),
        )];
        headers.extend(marks.iter().map(|&mark| (mark.to_owned(), "1".to_owned())));
        Answer {
            status: 200,
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    fn fault(mark: Mark, middlewares: u32, answer: &Answer) -> (String, String) {
        let failure =
            check(&ping(), &kind(mark), middlewares, answer).expect_err("the answer is wrong");
        assert_eq!(failure.stage, Stage::Verify);
        (failure.code, failure.message)
    }

    #[test]
    fn right_answers_pass() {
        for (mark, middlewares, body, marks) in [
            (Mark::Header, 0, "{\"count\":0}", [].as_slice()),
            (
                Mark::Header,
                2,
                " {\"count\": 0}\n",
                &["X-Toll-1", "x-toll-0"],
            ),
            (Mark::JsonCount, 3, "{\"count\":3}", &[]),
        ] {
            assert_eq!(
                check(&ping(), &kind(mark), middlewares, &answer(body, marks)),
                Ok(())
            );
        }
    }

    #[test]
    fn dropped_layers_are_counted() {
        let (code, message) = fault(Mark::Header, 5, &answer("{\"count\":0}", &["x-toll-4"]));
        assert_eq!(code, "layers-dropped");
        assert!(
            message.starts_with("asked for 5 layers, found the marks of 1"),
            "{message}"
        );
        let (code, message) = fault(Mark::JsonCount, 1, &answer("{\"count\":0}", &[]));
        assert_eq!(code, "layers-dropped");
        assert!(
            message.starts_with("asked for 1 layer, found the marks of 0"),
            "{message}"
        );
    }

    #[test]
    fn added_layers_are_counted() {
        assert_eq!(
            fault(Mark::Header, 0, &answer("{\"count\":0}", &["x-toll-0"])).0,
            "layers-added"
        );
        assert_eq!(
            fault(Mark::JsonCount, 2, &answer("{\"count\":4}", &[])).0,
            "layers-added"
        );
    }

    #[test]
    fn the_same_mark_twice_does_not_stand_for_two_layers() {
        let (code, message) = fault(
            Mark::Header,
            2,
            &answer("{\"count\":0}", &["x-toll-0", "x-toll-0"]),
        );
        assert_eq!(code, "wrong-answer");
        assert!(message.contains("x-toll-0, x-toll-0"), "{message}");
    }

    #[test]
    fn wrong_answers_say_what_was_got() {
        let body = |body: &str| answer(body, &[]);
        let mut broken = body("Internal Server Error");
        broken.status = 500;
        let plain = Answer {
            headers: Vec::new(),
            ..body("{\"count\":0}")
        };
        for (answer, expected) in [
            (
                broken,
                "expected status 200, got 500 with the body `Internal Server Error`",
            ),
            (plain, "expected content type application/json, got none"),
            (
                body("{\"count\":1}"),
                "expected the body {\"count\": 0}, got `{\"count\":1}`",
            ),
            (
                body("{\"count\":0,\"x\":1}"),
                "expected the body {\"count\": 0}, got `{\"count\":0,\"x\":1}`",
            ),
            (body(""), "expected the body {\"count\": 0}, got nothing"),
            (body("[0]"), "expected the body {\"count\": 0}, got `[0]`"),
        ] {
            assert_eq!(
                fault(Mark::Header, 0, &answer),
                ("wrong-answer".to_owned(), expected.to_owned())
            );
        }
    }

    #[test]
    fn long_bodies_are_cut() {
        let long = answer(&"x\n".repeat(1_000), &[]);
        let (_, message) = fault(Mark::JsonCount, 0, &long);
        assert!(
            message.ends_with("` …") && message.chars().count() < 200,
            "{message}"
        );
    }

    fn of(check: BodyCheck, body: &[u8]) -> Result<(), String> {
        let workload = Workload {
            check,
            content_type: None,
            body: b"toll".to_vec(),
            ..ping()
        };
        let answer = Answer {
            status: 200,
            headers: Vec::new(),
            body: body.to_vec(),
        };
        super::check(&workload, &kind(Mark::Stack), 3, &answer).map_err(|failure| failure.message)
    }

    #[test]
    fn every_body_is_checked_for_what_it_must_be() {
        assert_eq!(of(BodyCheck::Filled(3), b"xxx"), Ok(()));
        assert_eq!(
            of(BodyCheck::Filled(3), b"xxy"),
            Err("expected the body of 3 × x, got 3 bytes: `xxy`".to_owned())
        );
        assert!(of(BodyCheck::Filled(3), b"xxxx").is_err());
        assert_eq!(of(BodyCheck::JsonText(2), b"{\"text\": \"xx\"}"), Ok(()));
        assert!(of(BodyCheck::JsonText(3), b"{\"text\": \"xx\"}").is_err());
        assert_eq!(of(BodyCheck::JsonReceived(9), b"{\"received\": 9}"), Ok(()));
        assert!(of(BodyCheck::JsonReceived(9), b"{\"received\": 0}").is_err());
        assert_eq!(of(BodyCheck::Echo, b"toll"), Ok(()));
        assert!(of(BodyCheck::Echo, b"").is_err());
        assert_eq!(of(BodyCheck::Any, b"whatever"), Ok(()));
    }

    #[test]
    fn a_compressed_body_is_read_and_proves_the_layer() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&[FILLING; 5_000]).unwrap();
        let workload = Workload {
            name: "gzip-200k".to_owned(),
            check: BodyCheck::Filled(5_000),
            content_type: None,
            ..ping()
        };
        let kind = Kind {
            proves: BTreeMap::from([("gzip-200k".to_owned(), "content-encoding".to_owned())]),
            ..kind(Mark::Stack)
        };
        let mut answer = Answer {
            status: 200,
            headers: vec![("Content-Encoding".to_owned(), "gzip".to_owned())],
            body: encoder.finish().unwrap(),
        };
        assert_eq!(check(&workload, &kind, 1, &answer), Ok(()));
        let early = check(&workload, &kind, 0, &answer).unwrap_err();
        assert!(early.message.contains("without a layer"), "{early}");
        answer.body.truncate(12);
        let cut = check(&workload, &kind, 1, &answer).unwrap_err();
        assert!(cut.message.contains("no gzip"), "{cut}");
        let plain = Answer {
            headers: Vec::new(),
            body: vec![FILLING; 5_000],
            ..answer
        };
        let idle = check(&workload, &kind, 1, &plain).unwrap_err();
        assert!(idle.message.contains("did not do their work"), "{idle}");
    }

    #[test]
    fn where_layers_cannot_leave_marks_none_are_asked_for() {
        let workload = Workload {
            marks_in: Some("ping".to_owned()),
            ..ping()
        };
        let seen = answer("{\"count\":0}", &[]);
        assert_eq!(check(&workload, &kind(Mark::Header), 4, &seen), Ok(()));
    }
}
