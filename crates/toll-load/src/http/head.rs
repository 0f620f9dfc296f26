//! Status line and headers, and what they say about the body.

use crate::Fault;
use httparse::{EMPTY_HEADER, Header};

/// More headers than this are refused: no real server comes near it.
const MAX_HEADERS: usize = 256;

/// How the end of the body is found (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// What a head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
}

impl Head {
    /// Reads a complete head. `answers_head`: the request was a `HEAD`, so no body follows whatever the headers say.
    pub(crate) fn parse(bytes: &[u8], answers_head: bool) -> Result<Head, Fault> {
        with_parsed(bytes, |status, version, headers| {
            let framing = framing(version, headers)?;
            let bodiless = answers_head || matches!(status, 100..200 | 204 | 304);
            Ok(Head {
                status,
                framing: if bodiless {
                    Framing::Length(0)
                } else {
                    framing
                },
                keep_alive: keep_alive(version, headers),
            })
        })?
    }

    /// Stands for a message that has no head of its own.
    pub(crate) fn of_message(status: u16) -> Head {
        Head {
            status,
            framing: Framing::Length(0),
            keep_alive: true,
        }
    }

    /// An interim answer, after which the real one follows. 101 ends the talk in HTTP, so it is final.
    pub(crate) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

/// The headers of a complete head, names in lower case, in their order.
pub(crate) fn fields(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    with_parsed(bytes, |_, _, headers| {
        headers
            .iter()
            .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
            .collect()
    })
}

fn with_parsed<T>(
    bytes: &[u8],
    read: impl FnOnce(u16, u8, &[Header<'_>]) -> T,
) -> Result<T, Fault> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        _ => return Err(Fault::Framing),
    }
    match (response.code, response.version) {
        (Some(status), Some(version)) if status >= 100 => {
            Ok(read(status, version, response.headers))
        }
        _ => Err(Fault::Framing),
    }
}

fn framing(version: u8, headers: &[Header<'_>]) -> Result<Framing, Fault> {
    let length = content_length(headers)?;
    if !has(headers, "transfer-encoding") {
        return Ok(length.map_or(Framing::UntilClose, Framing::Length));
    }
    // A length beside a coding is how requests are smuggled, and HTTP/1.0 knows no codings (RFC 9112 §6.1): no honest
    // server sends either.
    if length.is_some() || version == 0 {
        return Err(Fault::Framing);
    }
    let is_chunked = |coding: &&[u8]| coding.eq_ignore_ascii_case(b"chunked");
    // Empty members of a list count for nothing (RFC 9110 §5.6.1).
    let codings = || {
        values(headers, "transfer-encoding")
            .flat_map(tokens)
            .filter(|coding| !coding.is_empty())
    };
    match codings().last() {
        Some(_) if codings().filter(is_chunked).count() > 1 => Err(Fault::Framing),
        Some(last) if is_chunked(&last) => Ok(Framing::Chunked),
        Some(_) => Ok(Framing::UntilClose),
        None => Err(Fault::Framing),
    }
}

fn content_length(headers: &[Header<'_>]) -> Result<Option<u64>, Fault> {
    let mut found = None;
    for token in values(headers, "content-length").flat_map(tokens) {
        let length = number(token).ok_or(Fault::Framing)?;
        if found.is_some_and(|other| other != length) {
            return Err(Fault::Framing);
        }
        found = Some(length);
    }
    Ok(found)
}

/// Digits only: no sign, no blanks, no overflow.
fn number(token: &[u8]) -> Option<u64> {
    if token.is_empty() || !token.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(token).ok()?.parse().ok()
}

fn keep_alive(version: u8, headers: &[Header<'_>]) -> bool {
    let says = |word: &[u8]| {
        values(headers, "connection")
            .flat_map(tokens)
            .any(|token| token.eq_ignore_ascii_case(word))
    };
    if version == 0 {
        says(b"keep-alive")
    } else {
        !says(b"close")
    }
}

fn has(headers: &[Header<'_>], name: &str) -> bool {
    values(headers, name).next().is_some()
}

fn values<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value)
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Head, Fault> {
        Head::parse(text.as_bytes(), false)
    }

    fn framing_of(headers: &str) -> Result<Framing, Fault> {
        parse(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")).map(|head| head.framing)
    }

    #[test]
    fn the_end_of_the_body() {
        assert_eq!(framing_of("Content-Length: 5\r\n"), Ok(Framing::Length(5)));
        assert_eq!(
            framing_of("content-length: 5, 5\r\n"),
            Ok(Framing::Length(5))
        );
        assert_eq!(
            framing_of("Transfer-Encoding: gzip, Chunked\r\n"),
            Ok(Framing::Chunked)
        );
        assert_eq!(
            framing_of("transfer-encoding: gzip\r\n"),
            Ok(Framing::UntilClose)
        );
        assert_eq!(
            framing_of("transfer-encoding: chunked,\r\n"),
            Ok(Framing::Chunked)
        );
        assert_eq!(framing_of(""), Ok(Framing::UntilClose));
    }

    #[test]
    fn contradictions_are_refused() {
        for headers in [
            "content-length: 5\r\ncontent-length: 6\r\n",
            "content-length: +5\r\n",
            "content-length: 99999999999999999999\r\n",
            "content-length:\r\n",
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            "content-length: 5\r\ntransfer-encoding:\r\n",
            "transfer-encoding: ,\r\n",
            "transfer-encoding: chunked, chunked\r\n",
        ] {
            assert_eq!(framing_of(headers), Err(Fault::Framing), "{headers}");
        }
        let old = "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(parse(old), Err(Fault::Framing));
        assert_eq!(parse("HTTP/1.1 099 No\r\n\r\n"), Err(Fault::Framing));
        assert_eq!(parse("SSH-2.0-OpenSSH\r\n\r\n"), Err(Fault::Framing));
    }

    #[test]
    fn answers_without_a_body() {
        for status in [
            "204 No Content",
            "304 Not Modified",
            "101 Switching Protocols",
        ] {
            let head = parse(&format!("HTTP/1.1 {status}\r\ncontent-length: 9\r\n\r\n")).unwrap();
            assert_eq!(head.framing, Framing::Length(0));
        }
        let head = Head::parse(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", true).unwrap();
        assert_eq!(head.framing, Framing::Length(0));
    }

    #[test]
    fn whether_the_connection_stays() {
        let stays = |text: &str| parse(text).unwrap().keep_alive;
        assert!(stays("HTTP/1.1 200 OK\r\n\r\n"));
        assert!(!stays("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n\r\n"));
        assert!(!stays("HTTP/1.0 200 OK\r\n\r\n"));
        assert!(stays("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"));
    }
}
