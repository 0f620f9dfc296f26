//! Well-formed answers of many shapes.

use super::random::Random;

/// An answer, and what it answers.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) bytes: Vec<u8>,
    /// The body with its coding undone.
    pub(super) body: Vec<u8>,
    pub(super) answers_head: bool,
    /// Ends with the connection.
    pub(super) until_close: bool,
}

const INTERIM: [&str; 4] = [
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\n",
    "HTTP/1.1 199 \r\nx: y\r\ncontent-length: 7\r\n\r\n",
];
const LINES: [&str; 8] = [
    "HTTP/1.1 200 OK",
    "HTTP/1.1 200 ",
    "HTTP/1.1 201 Made",
    "HTTP/1.1 206 Part of it",
    "HTTP/1.1 302 Found",
    "HTTP/1.1 404 Not Found",
    "HTTP/1.1 500 Internal Server Error",
    "HTTP/1.1 999 ?",
];
const BODILESS: [&str; 3] = [
    "HTTP/1.1 204 No Content",
    "HTTP/1.1 304 Not Modified",
    "HTTP/1.1 101 Switching Protocols",
];
const FIELDS: [&str; 10] = [
    "date: Tue, 01 Jan 2030 00:00:00 GMT",
    "Date:Wed, 02 Jan 2030 11:22:33 GMT",
    "server: uvicorn",
    "content-type: application/json",
    "Connection: keep-alive",
    "connection: x, Close",
    "x-empty:",
    "set-cookie: a=b; Path=/",
    "x-tab:\ta\tb\t",
    "x-latin: caf\u{e9}",
];
const EXTENSIONS: [&str; 5] = ["", "", ";x", ";name=value", " ; q=\"a b\""];
const TRAILERS: [&str; 4] = ["", "", "x-sum: 1\r\n", "expires: now\r\nx-other:\r\n"];

/// One of them.
pub(super) fn shape(random: &mut Random) -> Shape {
    let mut bytes = Vec::new();
    if random.one_in(8) {
        for _ in 0..=random.below(3) {
            bytes.extend(random.pick(&INTERIM).as_bytes());
        }
    }
    let mut fields: Vec<String> = (0..random.below(5))
        .map(|_| random.pick(&FIELDS).to_owned())
        .collect();
    let length = [0, 1, 5, 16, 200][random.below(5)];
    let body = random.bytes(length);
    let (line, framed, coded) = framed(random, &body);
    if let Some(field) = framed {
        fields.insert(random.below(fields.len() + 1), field);
    }
    let answers_head = random.one_in(12);
    let bodiless = answers_head || BODILESS.contains(&line);
    let until_close = !bodiless && !fields.iter().any(|field| is_framing(field));
    bytes.extend(format!("{line}\r\n").as_bytes());
    for field in fields {
        bytes.extend(field.as_bytes());
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"\r\n");
    if !bodiless {
        bytes.extend(&coded);
    }
    Shape {
        bytes,
        body: if bodiless { Vec::new() } else { body },
        answers_head,
        until_close,
    }
}

fn is_framing(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    field.starts_with("content-length") || field.starts_with("transfer-encoding")
}

/// The status line, the field that tells the length, and the body as it is sent.
fn framed(random: &mut Random, body: &[u8]) -> (&'static str, Option<String>, Vec<u8>) {
    let line = random.pick(&LINES);
    let length = body.len();
    match random.below(10) {
        0..=3 => (line, Some(format!("content-length: {length}")), body.into()),
        4 => {
            let repeated = format!("Content-Length: {length}, 0{length}");
            (line, Some(repeated), body.into())
        }
        5..=7 => {
            let field = random.pick(&[
                "transfer-encoding: chunked",
                "Transfer-Encoding: gzip, Chunked",
                "transfer-encoding: chunked,",
            ]);
            (line, Some(field.to_owned()), chunked(random, body))
        }
        8 => {
            let line = random.pick(&["HTTP/1.0 200 OK", "HTTP/1.1 200 OK"]);
            (line, None, body.into())
        }
        _ => {
            let claim = random.one_in(2).then(|| "content-length: 9".to_owned());
            (random.pick(&BODILESS), claim, body.into())
        }
    }
}

fn chunked(random: &mut Random, mut rest: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(1 + random.below(rest.len()));
        let zeros = random.pick(&["", "", "0", "000"]);
        let size = if random.one_in(2) {
            format!("{:x}", chunk.len())
        } else {
            format!("{:X}", chunk.len())
        };
        let extension = random.pick(&EXTENSIONS);
        coded.extend(format!("{zeros}{size}{extension}\r\n").as_bytes());
        coded.extend(chunk);
        coded.extend(b"\r\n");
        rest = after;
    }
    coded.extend(format!("0{}\r\n", random.pick(&EXTENSIONS)).as_bytes());
    coded.extend(random.pick(&TRAILERS).as_bytes());
    coded.extend(b"\r\n");
    coded
}
