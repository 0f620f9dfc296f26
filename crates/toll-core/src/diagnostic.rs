//! What is wrong with a text that somebody wrote, where, and what to do about it.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

/// A mistake in a file: message, place with a caret under the exact value, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the file as the caller gave it.
    pub file: String,
    /// One sentence: what is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where it is, if it is anywhere.
    pub place: Option<Box<Place>>,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line.
    pub text: String,
    /// The part of the line that is underlined, in bytes.
    pub underlined: Range<usize>,
}

impl Diagnostic {
    /// A mistake that has no single place in the file.
    pub fn whole(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            message: message.into(),
            help: None,
            place: None,
        }
    }

    /// The same mistake with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::error::Error for Diagnostic {}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.place {
            Some(place) => place.draw(f, &self.file)?,
            None => write!(f, "\n  --> {}", self.file)?,
        }
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl Place {
    fn draw(&self, f: &mut fmt::Formatter<'_>, file: &str) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let before = visible(&self.text[..self.underlined.start]);
        // Tabs stay tabs, so that the caret stands right whatever the tab width is.
        let parts: Vec<String> = before
            .split('\t')
            .map(|part| " ".repeat(part.width()))
            .collect();
        let carets = "^".repeat(visible(&self.text[self.underlined.clone()]).width().max(1));
        write!(f, "\n{margin}--> {file}:{}:{}", self.line, self.column)?;
        write!(f, "\n{margin} |\n{number} | {}", visible(&self.text))?;
        write!(f, "\n{margin} | {}{carets}", parts.join("\t"))
    }
}

/// Control characters must not reach a terminal; tabs may.
fn visible(text: &str) -> String {
    let plain = |c: char| {
        if c.is_control() && c != '\t' {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(plain).collect()
}

/// A text with its name: turns byte ranges into places.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Name of the file, for messages.
    pub file: &'a str,
    /// What is in it.
    pub text: &'a str,
}

impl Source<'_> {
    /// A mistake at a range of bytes.
    pub fn at(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            place: Some(Box::new(self.place(span))),
            ..Diagnostic::whole(self.file, message)
        }
    }

    /// The line, from 1, in which a byte lies.
    pub fn line(&self, offset: usize) -> usize {
        1 + self.text[..self.boundary(offset)].matches('\n').count()
    }

    fn place(&self, span: Range<usize>) -> Place {
        let start = self.boundary(span.start);
        let line_start = self.text[..start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |newline| start + newline);
        let text = self.text[line_start..line_end].trim_end();
        let low = (start - line_start).min(text.len());
        let high = (self.boundary(span.end).max(start) - line_start).clamp(low, text.len());
        Place {
            line: self.line(start),
            column: 1 + text[..low].chars().count(),
            text: text.to_owned(),
            underlined: low..high,
        }
    }

    /// The nearest start of a character at or before `offset`.
    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[suite]\nname = \"häß\" # x\n\tlast = 1";

    fn drawn(needle: &str) -> String {
        let start = TEXT.find(needle).expect("the needle is in the text");
        Source {
            file: "a.toml",
            text: TEXT,
        }
        .at(start..start + needle.len(), "wrong")
        .to_string()
    }

    #[test]
    fn the_caret_stands_under_the_value() {
        assert_eq!(
            drawn("\"häß\""),
            "wrong\n --> a.toml:2:8\n  |\n2 | name = \"häß\" # x\n  |        ^^^^^"
        );
    }

    #[test]
    fn tabs_are_kept_before_the_caret() {
        assert_eq!(
            drawn("1"),
            "wrong\n --> a.toml:3:9\n  |\n3 | \tlast = 1\n  | \t       ^"
        );
    }

    #[test]
    fn a_span_over_several_lines_is_underlined_to_the_end_of_the_first() {
        let long = Source {
            file: "a",
            text: "x = [\n1,\n]",
        }
        .at(4..10, "wrong")
        .to_string();
        assert!(long.ends_with("1 | x = [\n  |     ^"), "{long}");
    }

    #[test]
    fn spans_outside_the_text_do_no_harm() {
        let source = Source {
            file: "a",
            text: "ä",
        };
        for span in [0..0, 1..1, 1..9, 7..9] {
            assert!(source.at(span, "wrong").to_string().contains("a:1:"));
        }
        assert_eq!(
            Source {
                file: "a",
                text: ""
            }
            .at(0..0, "w")
            .to_string(),
            "w\n --> a:1:1\n  |\n1 | \n  | ^"
        );
    }

    #[test]
    fn control_characters_are_not_passed_on() {
        let drawn = Source {
            file: "a",
            text: "x\u{1b}[2Jy",
        }
        .at(5..6, "wrong")
        .to_string();
        assert!(drawn.ends_with("1 | x\u{fffd}[2Jy\n  |      ^"), "{drawn}");
    }

    #[test]
    fn help_comes_last() {
        let text = Diagnostic::whole("a.toml", "empty")
            .help("write something")
            .to_string();
        assert_eq!(text, "empty\n  --> a.toml\nhelp: write something");
    }
}
