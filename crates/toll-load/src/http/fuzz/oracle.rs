//! What an answer is by the letter of RFC 9112, written a second time: simply, on the whole answer at once, and
//! without any part of the reader. Lines may end in a bare line feed (§2.2); nothing else is forgiven.

use crate::Fault;

const MAX_HEAD: usize = 65_536;
const MAX_FIELDS: usize = 256;
const MAX_SIZE_LINE: usize = 4_096;

/// What is to come of an answer after which the connection is closed in an orderly way.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Whole(Whole),
    /// Well-formed as far as it goes, and this is how its early end is to be called.
    Short(Fault),
    /// Ends inside a line of the chunked coding, which may or may not have become a good one.
    Torn,
    Malformed,
}

/// A complete answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) stays: bool,
    /// Complete only because the connection was closed.
    pub(super) by_close: bool,
}

/// Judges all that came on a connection.
pub(super) fn judge(bytes: &[u8], answers_head: bool) -> Verdict {
    found(bytes, answers_head).unwrap_or_else(|verdict| verdict)
}

fn found(bytes: &[u8], answers_head: bool) -> Result<Verdict, Verdict> {
    let mut at = 0;
    loop {
        let (lines, end) = head_lines(bytes, at)?;
        at = end;
        let status_line = lines.first().ok_or(Verdict::Malformed)?;
        let (status, old) = status_of(status_line).ok_or(Verdict::Malformed)?;
        let fields = fields_of(&lines[1..]).ok_or(Verdict::Malformed)?;
        let length = body_length(&fields, old).ok_or(Verdict::Malformed)?;
        if status == 101 || status >= 200 {
            let bodiless = answers_head || status == 101 || status == 204 || status == 304;
            let length = if bodiless { Length::Bytes(0) } else { length };
            let (body, by_close) = body(&bytes[at..], &length)?;
            let stays = stays(&fields, old);
            return Ok(Verdict::Whole(Whole {
                status,
                body,
                stays,
                by_close,
            }));
        }
    }
}

/// The lines of the head at `at`, and where it ends.
fn head_lines(bytes: &[u8], at: usize) -> Result<(Vec<&[u8]>, usize), Verdict> {
    let start = b"HTTP/1.";
    if bytes[at..]
        .iter()
        .zip(start)
        .any(|(have, want)| have != want)
    {
        return Err(Verdict::Malformed);
    }
    let (mut lines, mut next) = (Vec::new(), at);
    while let Some(length) = bytes[next..].iter().position(|byte| *byte == b'\n') {
        if next + length >= MAX_HEAD {
            return Err(Verdict::Malformed);
        }
        let line = without_cr(&bytes[next..next + length]);
        next += length + 1;
        if line.is_empty() {
            return Ok((lines, next));
        }
        lines.push(line);
    }
    if bytes.len() >= MAX_HEAD {
        Err(Verdict::Malformed)
    } else {
        Err(Verdict::Short(Fault::Closed))
    }
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The status, and whether it is HTTP/1.0.
fn status_of(line: &[u8]) -> Option<(u16, bool)> {
    let old = match line.get(..9)? {
        b"HTTP/1.1 " => false,
        b"HTTP/1.0 " => true,
        _ => return None,
    };
    let digits = line.get(9..12)?;
    let reason = &line[12..];
    if !digits.iter().all(u8::is_ascii_digit)
        || !(reason.is_empty() || reason[0] == b' ')
        || !printable(reason)
    {
        return None;
    }
    let status = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    (status >= 100).then_some((status, old))
}

/// Field values and reasons: no control characters but tabs.
fn printable(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f))
}

type Field = (String, Vec<u8>);

fn fields_of(lines: &[&[u8]]) -> Option<Vec<Field>> {
    if lines.len() > MAX_FIELDS {
        return None;
    }
    lines.iter().map(|line| field_of(line)).collect()
}

fn field_of(line: &[u8]) -> Option<Field> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if name.is_empty() || !name.iter().all(is_token) || !printable(value) {
        return None;
    }
    let name = String::from_utf8(name.to_ascii_lowercase()).ok()?;
    Some((name, value.to_vec()))
}

/// The members of a list field, blanks around them removed.
fn members(fields: &[Field], name: &str) -> Vec<String> {
    fields
        .iter()
        .filter(|field| field.0 == name)
        .flat_map(|field| field.1.split(|byte| *byte == b','))
        .map(|member| {
            let text: String = member.iter().map(|byte| char::from(*byte)).collect();
            text.trim_matches([' ', '\t']).to_ascii_lowercase()
        })
        .collect()
}

enum Length {
    Bytes(u64),
    Chunked,
    UntilClose,
}

/// §6.3. None: contradictory.
fn body_length(fields: &[Field], old: bool) -> Option<Length> {
    let lengths = members(fields, "content-length");
    let coded = fields.iter().any(|field| field.0 == "transfer-encoding");
    if !coded && lengths.is_empty() {
        return Some(Length::UntilClose);
    }
    if !coded {
        let numbers: Option<Vec<u64>> = lengths.iter().map(|text| number(text)).collect();
        let numbers = numbers?;
        return numbers
            .iter()
            .all(|one| *one == numbers[0])
            .then(|| Length::Bytes(numbers[0]));
    }
    let codings = members(fields, "transfer-encoding");
    let codings: Vec<&String> = codings.iter().filter(|coding| !coding.is_empty()).collect();
    let chunked = codings
        .iter()
        .filter(|coding| **coding == "chunked")
        .count();
    if old || !lengths.is_empty() || codings.is_empty() || chunked > 1 {
        None
    } else if codings.last().is_some_and(|coding| *coding == "chunked") {
        Some(Length::Chunked)
    } else {
        Some(Length::UntilClose)
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.chars().all(|each| each.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn stays(fields: &[Field], old: bool) -> bool {
    let options = members(fields, "connection");
    if old {
        options.contains(&"keep-alive".to_owned())
    } else {
        !options.contains(&"close".to_owned())
    }
}

/// The body, and whether only the close has ended it.
fn body(rest: &[u8], length: &Length) -> Result<(Vec<u8>, bool), Verdict> {
    match length {
        Length::UntilClose => Ok((rest.to_vec(), true)),
        Length::Chunked => chunked(rest).map(|body| (body, false)),
        Length::Bytes(length) => match (rest.len() as u64).cmp(length) {
            std::cmp::Ordering::Less => Err(Verdict::Short(Fault::ShortBody)),
            std::cmp::Ordering::Equal => Ok((rest.to_vec(), false)),
            std::cmp::Ordering::Greater => Err(Verdict::Malformed),
        },
    }
}

/// §7.1.
fn chunked(mut rest: &[u8]) -> Result<Vec<u8>, Verdict> {
    let mut body = Vec::new();
    loop {
        let size = chunk_size(take_line(&mut rest, MAX_SIZE_LINE)?)?;
        if size == 0 {
            break;
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Some((data, after)) = rest.split_at_checked(size) else {
            return Err(Verdict::Short(Fault::ShortBody));
        };
        body.extend(data);
        rest = after;
        if !take_line(&mut rest, 2)?.is_empty() {
            return Err(Verdict::Malformed);
        }
    }
    let all = rest.len();
    loop {
        let room = MAX_HEAD - (all - rest.len());
        let line = take_line(&mut rest, room)?;
        if line.is_empty() {
            break;
        }
        field_of(line).ok_or(Verdict::Malformed)?;
    }
    if rest.is_empty() {
        Ok(body)
    } else {
        Err(Verdict::Malformed)
    }
}

/// The next line, which may take so many bytes with its end.
fn take_line<'a>(rest: &mut &'a [u8], most: usize) -> Result<&'a [u8], Verdict> {
    let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
        return Err(if rest.is_empty() {
            Verdict::Short(Fault::ShortBody)
        } else {
            Verdict::Torn
        });
    };
    if length >= most {
        return Err(Verdict::Malformed);
    }
    let line = &rest[..length];
    *rest = &rest[length + 1..];
    Ok(without_cr(line))
}

fn chunk_size(line: &[u8]) -> Result<u64, Verdict> {
    let end = line
        .iter()
        .position(|byte| !byte.is_ascii_hexdigit())
        .unwrap_or(line.len());
    let (digits, extension) = line.split_at(end);
    let blanks = extension
        .iter()
        .take_while(|byte| **byte == b' ' || **byte == b'\t')
        .count();
    let extension = &extension[blanks..];
    let good_extension = extension.is_empty() || (extension[0] == b';' && printable(extension));
    let text = std::str::from_utf8(digits).map_err(|_| Verdict::Malformed)?;
    match u64::from_str_radix(text, 16) {
        Ok(size) if good_extension => Ok(size),
        _ => Err(Verdict::Malformed),
    }
}
