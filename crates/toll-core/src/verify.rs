//! Is this the right answer, and did every layer leave its mark? Asked before anything is timed.

use crate::failure::{Failure, Stage};
use crate::subject::Mark;
use crate::workload::{BodyCheck, Workload};

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

/// Longest part of a wrong body that is quoted, in characters.
const QUOTED: usize = 120;
/// Beginning of the headers that layers leave.
pub const MARK_PREFIX: &str = "x-toll-";

/// Checks the answer of a cell.
///
/// # Errors
/// `wrong-answer`: status, content type or body are not those of the workload.
/// `layers-dropped`, `layers-added`: the answer is right but for the number of layers in it.
pub fn check(
    workload: &Workload,
    mark: Mark,
    middlewares: u32,
    answer: &Answer,
) -> Result<(), Failure> {
    status(workload, answer)?;
    content_type(workload, answer)?;
    let marks = match workload.check {
        BodyCheck::JsonCount => json_count(mark, answer)?,
    };
    match mark {
        Mark::Header => header_marks(middlewares, answer),
        Mark::JsonCount => layers(middlewares, marks),
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
    let got = answer
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let got = got.map_or("none", |(_, value)| value.as_str());
    let media_type = got.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(&workload.content_type) {
        return Ok(());
    }
    wrong(format!(
        "expected content type {}, got {got}",
        workload.content_type
    ))
}

/// The count in the body; it has to be 0 where layers leave headers.
fn json_count(mark: Mark, answer: &Answer) -> Result<u64, Failure> {
    let body: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let object = body
        .as_ref()
        .and_then(serde_json::Value::as_object)
        .filter(|object| object.len() == 1);
    let count = object
        .and_then(|object| object.get("count"))
        .and_then(serde_json::Value::as_u64);
    match (count, mark) {
        (Some(count), Mark::JsonCount) => Ok(count),
        (Some(0), Mark::Header) => Ok(0),
        (_, Mark::Header) => wrong(format!(
            "expected the body {{\"count\": 0}}, got {}",
            quoted(&answer.body)
        )),
        (None, Mark::JsonCount) => wrong(format!(
            "expected the body {{\"count\": …}}, got {}",
            quoted(&answer.body)
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
    use super::*;

    fn ping() -> Workload {
        Workload {
            name: "ping".to_owned(),
            method: "GET".to_owned(),
            path: "/_ping".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            status: 200,
            content_type: "application/json".to_owned(),
            check: BodyCheck::JsonCount,
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
        let failure = check(&ping(), mark, middlewares, answer).expect_err("the answer is wrong");
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
                check(&ping(), mark, middlewares, &answer(body, marks)),
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
}
