//! Load generators besides the tool's own, as far as a suite must know them.

/// The name of the tool's own load generator, which needs no entry.
pub const OWN: &str = "toll-load";

/// A load generator that is a program of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadTool {
    /// Its name in suites.
    pub name: String,
    /// Whether it reaches servers on unix sockets.
    pub unix_sockets: bool,
    /// The shortest time for which it sends load, in milliseconds.
    pub shortest_ms: u64,
}
