//! Requests written in a file, to be sent in turn.
//!
//! ```text
//! # a comment
//! GET /items/1
//! accept: application/json
//!
//! POST /items
//! content-type: application/json
//!
//! {"name": "a body ends at the next request line after an empty line, or at the end"}
//!
//! PUT /items/1
//!
//! @body.json
//! ```

use crate::request::{is_request_target, is_token};
use crate::{LoadError, Request};
use std::io;

/// Reads requests as they are written in `.http` files: a line with method and path, lines with headers, and after an
/// empty line the body, which may be `@file`. A request ends where, after an empty line, the next one begins; `###`
/// on a line of its own ends it too, for bodies that hold such a line. Lines that begin with `#` between requests are
/// comments. `read_file` is given the name behind an `@`.
///
/// # Errors
/// [`LoadError::Request`] names the line.
pub fn read_requests(
    text: &str,
    read_file: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>,
) -> Result<Vec<Request>, LoadError> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut requests = Vec::new();
    let mut at = 0;
    while let Some(start) = (at..lines.len()).find(|line| !is_between(lines[*line])) {
        let (request, end) = read_one(&lines, start, read_file)?;
        requests.push(request);
        at = end;
    }
    if requests.is_empty() {
        let what = "there is no request in the file; write one such as `GET /items/1`";
        return Err(LoadError::Request(what.into()));
    }
    Ok(requests)
}

/// Blank lines, comments and separators.
fn is_between(line: &str) -> bool {
    line.is_empty() || line.starts_with('#')
}

/// The request that begins in line `start`, and the line behind it.
fn read_one(
    lines: &[&str],
    start: usize,
    read_file: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>,
) -> Result<(Request, usize), LoadError> {
    let complain = |line: usize, what: String| {
        LoadError::Request(format!("line {} of the file: {what}", line + 1))
    };
    let Some((method, path)) = request_line(lines[start]) else {
        let what = format!(
            "`{}` is no request; write a method and a path, such as `GET /items/1`",
            lines[start]
        );
        return Err(complain(start, what));
    };
    let mut request = Request::new(method, path);
    let mut at = start + 1;
    while at < lines.len() && !lines[at].is_empty() && !lines[at].starts_with("###") {
        if lines[at].starts_with('#') {
            at += 1;
            continue;
        }
        let Some((name, value)) = lines[at].split_once(':') else {
            let what = format!("`{}` is no header; write `name: value`", lines[at]);
            return Err(complain(at, what));
        };
        request = request.header(name.trim(), value.trim());
        at += 1;
    }
    let end = (at..lines.len())
        .find(|line| ends(lines, *line))
        .unwrap_or(lines.len());
    let body = lines[at..end].join("\n");
    let body = body.trim_matches('\n');
    let bytes = match body.strip_prefix('@') {
        Some(file) if !file.contains('\n') => {
            read_file(file).map_err(|error| complain(at, format!("{file}: {error}")))?
        }
        _ => body.as_bytes().to_vec(),
    };
    Ok((request.body(bytes), end))
}

/// Whether a body ends before this line: a separator, or after an empty line the next request with its comments.
fn ends(lines: &[&str], at: usize) -> bool {
    let next = || lines[at..].iter().find(|line| !is_between(line));
    let begins = || match next() {
        Some(line) => request_line(line).is_some(),
        None => lines[at].starts_with('#'),
    };
    lines[at].starts_with("###") || lines[at - 1].is_empty() && begins()
}

/// Method and path; a version behind them is allowed, as in a recorded request.
fn request_line(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let version = words.next().is_none_or(|word| word == "HTTP/1.1");
    let is_method = is_token(method) && method.bytes().all(|byte| !byte.is_ascii_lowercase());
    (is_method && is_request_target(path) && version && words.next().is_none())
        .then_some((method, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Request>, LoadError> {
        read_requests(text, &mut |name| match name {
            "body.json" => Ok(b"{}".to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        })
    }

    #[test]
    fn requests_are_read_in_their_order() {
        let text = "# first\nGET /a?b=c HTTP/1.1\naccept: text/html\n\n# second\nPOST /b\nx: 1:2\n\nline one\n\nline two\n\n\
                    PUT /c\n\n@body.json\n### \nDELETE /d\n";
        let expected = [
            Request::get("/a?b=c").header("accept", "text/html"),
            Request::new("POST", "/b")
                .header("x", "1:2")
                .body("line one\n\nline two"),
            Request::new("PUT", "/c").body("{}"),
            Request::new("DELETE", "/d"),
        ];
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn a_body_may_look_like_anything_but_a_request() {
        let read = read("POST /\n\nGET out of here\n\nget /small\n###\n\nGET /2").unwrap();
        assert_eq!(read[0].body, b"GET out of here\n\nget /small");
        assert_eq!(read[1], Request::get("/2"));
    }

    #[test]
    fn requests_that_are_commented_out_are_not_sent() {
        let text = "GET /a\n# x: y\nb: c\n\n# GET /b\n# x: y\n\nGET /c\n\n# GET /d\n";
        let expected = [Request::get("/a").header("b", "c"), Request::get("/c")];
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, line) in [
            ("GET /a\n\nGET /b\nnonsense\n", "line 4"),
            ("hello\n", "line 1"),
            ("GET no-slash\n", "line 1"),
            ("PUT /\n\n@missing\n", "missing"),
            ("# nothing\n", "no request"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(line), "{message}");
        }
    }
}
