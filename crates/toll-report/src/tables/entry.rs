//! Columns and what stands in them.

use super::Row;
use crate::format;

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// As it is.
    Plain,
    /// A title or a headline number.
    Strong,
    /// How well a number is known.
    Interval,
    /// There for completeness.
    Dim,
    /// All is well.
    Good,
    /// Look at it.
    Warn,
    /// Something is wrong.
    Bad,
    /// A hint.
    Hint,
}

/// Which way a part of an entry is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One part of an entry; parts of one column stand under one another.
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) role: Role,
}

impl Part {
    /// Text with a meaning.
    pub(crate) fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }
}

/// What stands in a column for one series.
pub(crate) struct Entry {
    /// Fewer parts than the column has where there is less to say; none where there is nothing.
    pub(crate) parts: Vec<Part>,
    /// What it is sorted by.
    pub(crate) sort: Option<f64>,
}

impl Entry {
    /// These parts.
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        Self { parts, sort: None }
    }

    /// One part.
    pub(crate) fn of(text: impl Into<String>, role: Role) -> Self {
        Self::new(vec![Part::new(text, role)])
    }

    /// A number that is missing.
    pub(crate) fn missing() -> Self {
        Self::of(format::NONE, Role::Dim)
    }

    /// Nothing at all: a column in which every entry is so is left out.
    pub(crate) fn blank() -> Self {
        Self::new(Vec::new())
    }

    /// Sorted by that number.
    pub(crate) fn sorted(mut self, value: f64) -> Self {
        self.sort = Some(value).filter(|value| value.is_finite());
        self
    }
}

/// One column.
pub(crate) struct Column {
    /// The first line of the head.
    pub(crate) name: &'static str,
    /// The second line: the unit. `{levels}` stands for the numbers of middlewares.
    pub(crate) unit: &'static str,
    /// How the parts are pushed.
    pub(crate) aligns: &'static [Align],
    /// Who leaves first when there is no room: the highest number. 0 stays.
    pub(crate) rank: u8,
    /// The entry of one series.
    pub(crate) entry: fn(&Row<'_>) -> Entry,
}

impl Column {
    /// Its head in one line.
    pub(crate) fn head(&self, levels: &str) -> String {
        let unit = self.unit.replace("{levels}", levels);
        [self.name, &unit]
            .join(if self.unit == "{levels}" { ", " } else { " " })
            .trim_end_matches([' ', ','])
            .to_owned()
    }

    /// The column's own side: that of its only part; columns of several parts hang from the right.
    pub(crate) fn side(&self) -> Align {
        if self.aligns == [Align::Left] {
            Align::Left
        } else {
            Align::Right
        }
    }
}
