//! The request, and its bytes on the wire.

use crate::{LoadError, Target};

/// An HTTP/1.1 request that is sent again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Headers as they are sent. `Host` is added from the target and `Content-Length` from the body unless they are
    /// given; nothing else is: no `Accept-Encoding`, no `User-Agent`.
    pub headers: Vec<(String, String)>,
    /// The body; may be empty.
    pub body: Vec<u8>,
}

impl Request {
    /// A `GET` without headers and body.
    pub fn get(path: impl Into<String>) -> Request {
        Request::new("GET", path)
    }

    /// Any method.
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Request {
        Request {
            method: method.into(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Request {
        self.body = bytes.into();
        self
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// The bytes of the request.
    pub(crate) fn encode(&self, target: &Target) -> Result<Vec<u8>, LoadError> {
        self.check()?;
        let mut wire = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        if !self.has("host") {
            push_header(&mut wire, "Host", target.host());
        }
        for (name, value) in &self.headers {
            push_header(&mut wire, name, value);
        }
        if self.needs_length() {
            push_header(&mut wire, "Content-Length", &self.body.len().to_string());
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(&self.body);
        Ok(wire)
    }

    /// RFC 9110 §8.6: a method that expects content says so even when there is none.
    fn needs_length(&self) -> bool {
        let expects_content = matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        (expects_content || !self.body.is_empty())
            && !self.has("content-length")
            && !self.has("transfer-encoding")
    }

    fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    }

    fn check(&self) -> Result<(), LoadError> {
        let complain = |what: String| Err(LoadError::Request(what));
        if !is_token(&self.method) {
            return complain(format!(
                "`{}` is no method; use letters, as in GET",
                self.method
            ));
        }
        if !is_request_target(&self.path) {
            return complain(format!(
                "the path `{}` must start with / and be percent-encoded",
                self.path
            ));
        }
        for (name, value) in &self.headers {
            if !is_token(name) {
                return complain(format!(
                    "`{name}` is no header name; use letters, digits and dashes"
                ));
            }
            if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return complain(format!(
                    "the value of header `{name}` has a line break; remove it"
                ));
            }
        }
        Ok(())
    }
}

fn push_header(wire: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        wire.extend_from_slice(part.as_bytes());
    }
}

/// RFC 9110 §5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// An origin-form target, or `*`.
pub(crate) fn is_request_target(path: &str) -> bool {
    path == "*" || path.starts_with('/') && path.bytes().all(|byte| byte > b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(request: &Request) -> String {
        let target = Target::parse("http://127.0.0.1:8000/").unwrap();
        String::from_utf8(request.encode(&target).unwrap()).unwrap()
    }

    #[test]
    fn a_get_has_a_host_and_nothing_else() {
        assert_eq!(
            text(&Request::get("/_ping")),
            "GET /_ping HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"
        );
    }

    #[test]
    fn a_body_gets_its_length_unless_given() {
        assert!(
            text(&Request::new("POST", "/").body("abc")).ends_with("Content-Length: 3\r\n\r\nabc")
        );
        assert!(text(&Request::new("POST", "/")).contains("Content-Length: 0"));
        let own = Request::new("POST", "/")
            .header("content-length", "9")
            .header("host", "x");
        assert_eq!(
            text(&own),
            "POST / HTTP/1.1\r\ncontent-length: 9\r\nhost: x\r\n\r\n"
        );
    }

    #[test]
    fn what_would_break_the_request_is_refused() {
        let target = Target::parse("http://127.0.0.1:8000/").unwrap();
        let bad = [
            Request::get("no-slash"),
            Request::get("/a b"),
            Request::new("GE T", "/"),
            Request::get("/").header("a b", "c"),
            Request::get("/").header("a", "b\r\nc: d"),
        ];
        assert!(bad.iter().all(|request| request.encode(&target).is_err()));
    }
}
