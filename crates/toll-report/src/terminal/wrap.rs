//! Paragraphs that fit the width.

use unicode_width::UnicodeWidthStr;

use super::paint::{Paint, Role, clean};

/// A paragraph: its indentation, what stands before its first line, its role.
pub(super) struct Block<'a> {
    paint: &'a Paint,
    role: Role,
    first: String,
    rest: String,
}

impl<'a> Block<'a> {
    /// A paragraph at the left edge.
    pub(super) fn new(paint: &'a Paint) -> Self {
        Self {
            paint,
            role: Role::Plain,
            first: String::new(),
            rest: String::new(),
        }
    }

    /// The colour of its text.
    pub(super) fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// What stands before the first line; the others are indented as far.
    pub(super) fn lead(mut self, lead: &str) -> Self {
        self.rest = " ".repeat(lead.width());
        lead.clone_into(&mut self.first);
        self
    }

    /// The text in lines, each ended with a newline.
    pub(super) fn wrap(self, text: &str) -> String {
        let text = self.paint.characters(&clean(text));
        let lead = self.paint.characters(&self.first);
        let room = self.paint.style.width.saturating_sub(lead.width()).max(20);
        let mut out = String::new();
        for (at, line) in lines(&text, room).iter().enumerate() {
            out += if at == 0 { &lead } else { &self.rest };
            out += &self.paint.apply(self.role, line);
            out.push('\n');
        }
        out
    }
}

/// Breaks at spaces; words longer than a line are cut.
fn lines(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace().flat_map(|word| pieces(word, room)) {
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &word;
    }
    lines.push(line);
    lines
}

fn pieces(word: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let last = pieces
            .last_mut()
            .filter(|piece| piece.is_empty() || piece.width() < room);
        match last {
            Some(piece) => piece.push(c),
            None => pieces.push(c.to_string()),
        }
    }
    pieces
}

/// The text in at most `room` columns, its end replaced by `…`.
pub(super) fn truncate(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + c.to_string().width() + 1 > room {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_too_long_and_no_word_is_lost() {
        let text = "one two three fourfivesixseveneight nine";
        let broken = lines(text, 10);
        assert!(broken.iter().all(|line| line.width() <= 10), "{broken:?}");
        assert_eq!(broken.concat().replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn truncating_marks_the_cut() {
        assert_eq!(truncate("starlette", 20), "starlette");
        assert_eq!(truncate("starlette", 5), "star…");
    }
}
