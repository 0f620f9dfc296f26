//! Strings as Go quotes them inside of what is otherwise JSON.

/// Turns the escapes that Go's `%q` writes and JSON does not know (`\x1b`, `\a`, `\v`, `\U0001f600`) into ones that JSON
/// knows.
pub(super) fn to_json(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        json.push_str(&rest[..at]);
        let (escape, length) = escape(&rest[at..]);
        json.push_str(&escape);
        rest = &rest[at + length..];
    }
    json.push_str(rest);
    json
}

/// The escape at the beginning of `text` as JSON has it, and how many bytes it takes up in `text`.
fn escape(text: &str) -> (String, usize) {
    let hex = |digits: usize| {
        let code = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
        let unit = |unit: &u16| format!("\\u{unit:04x}");
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        let written = character
            .encode_utf16(&mut [0; 2])
            .iter()
            .map(unit)
            .collect();
        Some((written, 2 + digits))
    };
    let own = match text.as_bytes().get(1) {
        Some(b'x') => hex(2),
        Some(b'U') => hex(8),
        Some(b'a') => Some(("\\u0007".to_owned(), 2)),
        Some(b'v') => Some(("\\u000b".to_owned(), 2)),
        _ => None,
    };
    own.unwrap_or_else(|| {
        let length = 1 + text[1..].chars().next().map_or(0, char::len_utf8);
        (text[..length].to_owned(), length)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_of_go_become_escapes_of_json() {
        let text = r#""\x01\"gar\\bage\r\n\a\v\U0001f600ä\u00e4""#;
        let read: String = serde_json::from_str(&to_json(text)).unwrap();
        assert_eq!(read, "\u{1}\"gar\\bage\r\n\u{7}\u{b}\u{1f600}ää");
    }

    #[test]
    fn a_backslash_before_an_x_is_not_an_escape_of_x() {
        let read: String = serde_json::from_str(&to_json(r#""\\x41""#)).unwrap();
        assert_eq!(read, "\\x41");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_json_stays_json(text in ".*") {
            to_json(&text);
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&to_json(&json)).unwrap(), text);
        }
    }
}
