//! Colours by meaning, and plain characters where the terminal has no others.

use anstyle::{AnsiColor, Effects, Style};

use super::TerminalStyle;
use crate::format::GROUP;
pub(super) use crate::tables::Role;

/// The colours of a meaning.
fn style(role: Role) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match role {
        Role::Plain | Role::Interval => Style::new(),
        Role::Strong => Style::new().effects(Effects::BOLD),
        Role::Dim => Style::new().effects(Effects::DIMMED),
        Role::Good => colour(AnsiColor::Green),
        Role::Warn => colour(AnsiColor::Yellow),
        Role::Bad => colour(AnsiColor::Red),
        Role::Hint => colour(AnsiColor::Cyan),
    }
}

/// Characters beyond ASCII that the table itself uses, and what stands in for them.
const ASCII: [(char, &str); 18] = [
    ('–', "-"),
    ('—', "-"),
    ('−', "-"),
    ('±', "+-"),
    ('…', ".."),
    ('→', "->"),
    ('×', "x"),
    ('·', "|"),
    ('µ', "u"),
    ('─', "-"),
    ('│', "|"),
    ('●', "*"),
    ('•', "-"),
    ('✗', "x"),
    ('≥', ">="),
    ('’', "'"),
    ('“', "\""),
    ('”', "\""),
];

/// Applies roles as far as the terminal can show them.
pub(super) struct Paint {
    pub(super) style: TerminalStyle,
}

impl Paint {
    pub(super) fn new(style: TerminalStyle) -> Self {
        Self { style }
    }

    /// The text with the role's colour, or as it is where there are no colours.
    pub(super) fn apply(&self, role: Role, text: &str) -> String {
        let text = self.characters(text);
        let style = style(role);
        if !self.style.colour || style.is_plain() || text.is_empty() {
            return text;
        }
        format!("{style}{text}{style:#}")
    }

    /// Only characters that the terminal has. Control characters of foreign text (a log line may hold
    /// any) never get this far: [`clean`] takes them out.
    pub(super) fn characters(&self, text: &str) -> String {
        let text = text.replace(GROUP, " ");
        if self.style.unicode || text.is_ascii() {
            return text;
        }
        text.chars()
            .fold(String::with_capacity(text.len()), |mut out, c| {
                match ASCII.iter().find(|(wide, _)| *wide == c) {
                    Some((_, plain)) => out += plain,
                    None if c.is_ascii() => out.push(c),
                    None => out.push('?'),
                }
                out
            })
    }
}

/// Text from outside without control characters, so that a log line cannot move the cursor or colour the screen.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' if chars.peek() == Some(&'[') => skip_sequence(&mut chars),
            '\t' => out += "    ",
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Skips the rest of `ESC [ … letter`.
fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    chars.next();
    for c in chars.by_ref() {
        if ('@'..='~').contains(&c) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_control_the_terminal() {
        assert_eq!(
            clean("\u{1b}[31mred\u{1b}[0m\u{7}\r\tx\u{1b}]0;t"),
            "red    x]0;t"
        );
    }

    #[test]
    fn ascii_terminals_get_ascii() {
        let paint = Paint::new(TerminalStyle {
            width: 80,
            colour: false,
            unicode: false,
        });
        assert_eq!(
            paint.characters(&format!("1{GROUP}040 ±3 µs 日")),
            "1 040 +-3 us ?"
        );
    }

    #[test]
    fn no_colour_means_no_escape_codes() {
        let paint = Paint::new(TerminalStyle::default());
        assert_eq!(paint.apply(Role::Bad, "x"), "x");
    }
}
