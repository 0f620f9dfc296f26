//! The answers, and what may be wrong with them.

use serde::{Deserialize, Serialize};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Status 200 and a body of about a hundred bytes.
    Ok,
    /// Status 500 and the same body.
    ServerError,
    /// The connection is reset once the request has been read.
    Reset,
    /// The head promises more than comes; then the connection is closed.
    ShortBody,
    /// Nothing comes, and the connection stays.
    Silent,
}

impl Class {
    /// All of them.
    pub const ALL: [Class; 5] = [
        Class::Ok,
        Class::ServerError,
        Class::Reset,
        Class::ShortBody,
        Class::Silent,
    ];

    /// Whether the connection ends with the answer.
    pub(super) fn closes(self) -> bool {
        matches!(self, Class::Reset | Class::ShortBody)
    }
}

/// How many bytes a short body lacks.
const LACKING: usize = 40;
const BODY: &str = r#"{"message": "a hundred bytes of body, which is about what a small service answers to a request...."}"#;

/// The bytes of every class, made once.
#[derive(Debug)]
pub(super) struct Answers {
    ok: Vec<u8>,
    server_error: Vec<u8>,
    short_body: Vec<u8>,
}

impl Answers {
    pub(super) fn new() -> Self {
        let mut short_body = whole("200 OK");
        short_body.truncate(short_body.len() - LACKING);
        Self {
            ok: whole("200 OK"),
            server_error: whole("500 Internal Server Error"),
            short_body,
        }
    }

    pub(super) fn of(&self, class: Class) -> &[u8] {
        match class {
            Class::Ok => &self.ok,
            Class::ServerError => &self.server_error,
            Class::ShortBody => &self.short_body,
            Class::Reset | Class::Silent => &[],
        }
    }
}

fn whole(status: &str) -> Vec<u8> {
    let fixed = "date: Tue, 01 Jan 2030 00:00:00 GMT\r\nserver: known";
    let length = BODY.len();
    format!("HTTP/1.1 {status}\r\n{fixed}\r\ncontent-length: {length}\r\ncontent-type: application/json\r\n\r\n{BODY}")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_body_is_shorter_than_its_head_says() {
        let answers = Answers::new();
        let text = std::str::from_utf8(answers.of(Class::ShortBody)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len() + LACKING)));
        assert_eq!(BODY.len(), 100);
    }
}
