//! Layers that nobody asked for: one line each, which begins with where the layer comes from.

use rusqlite::Connection;

use crate::error::Result;
use crate::fault::Fault;
use crate::series;
use crate::store::Store;

/// Name of the list of lines.
const HIDDEN_LAYERS: &str = "hidden_layers";

/// Who puts a layer around or into an application unasked. In the order from outside to inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The server, around the application.
    Server,
    /// The framework, inside it.
    Framework,
}

impl Origin {
    /// Every origin, the outermost first.
    pub const ALL: [Self; 2] = [Self::Server, Self::Framework];

    /// The word that begins a line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Framework => "framework",
        }
    }

    /// The origin that a line names, if it names one.
    fn of(line: &str) -> Option<Self> {
        let (word, _) = line.split_once(": ")?;
        Self::ALL.into_iter().find(|origin| origin.name() == word)
    }
}

impl Store {
    /// Sets the hidden layers of one origin in a series, as dotted classes, outermost first. They
    /// replace those of the same origin, and leave the others alone.
    ///
    /// # Errors
    /// The series was not put, or the file cannot be written.
    pub fn set_hidden_layers(
        &mut self,
        series: usize,
        origin: Origin,
        layers: &[String],
    ) -> Result<()> {
        self.write(|transaction| {
            series::require(transaction, series)?;
            set(transaction, series::id(series), origin, layers)
        })
    }
}

fn set(
    connection: &Connection,
    series: i64,
    origin: Origin,
    layers: &[String],
) -> std::result::Result<(), Fault> {
    let mut lines = read(connection, series)?;
    lines.retain(|line| Origin::of(line) != Some(origin));
    lines.extend(
        layers
            .iter()
            .map(|layer| format!("{}: {layer}", origin.name())),
    );
    write(connection, series, lines)
}

/// Stores the lines that are known of a series beforehand. What the framework hides is found only
/// by measuring: where `lines` do not tell it, what was found before stays.
pub(crate) fn put(
    connection: &Connection,
    series: i64,
    lines: &[String],
) -> std::result::Result<(), Fault> {
    let inside = |line: &String| Origin::of(line) == Some(Origin::Framework);
    let mut all = lines.to_vec();
    if !lines.iter().any(inside) {
        all.extend(read(connection, series)?.into_iter().filter(inside));
    }
    write(connection, series, all)
}

/// The lines of a series, outermost first.
pub(crate) fn read(
    connection: &Connection,
    series: i64,
) -> std::result::Result<Vec<String>, Fault> {
    series::lines(connection, series, HIDDEN_LAYERS)
}

fn write(
    connection: &Connection,
    series: i64,
    mut lines: Vec<String>,
) -> std::result::Result<(), Fault> {
    // Stable: inside one origin the order is the given one.
    lines.sort_by_key(|line| Origin::of(line));
    series::put_lines(connection, series, HIDDEN_LAYERS, &lines)
}
