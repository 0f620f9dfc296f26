//! What can go wrong with an external generator.

use std::fmt::Display;
use std::io;

use crate::process::RunError;

/// Why an external generator found nothing.
#[derive(Debug, thiserror::Error)]
pub enum GeneratorError {
    /// The program is not there.
    #[error(
        "the load generator {name} was not found ({looked}); install it with `{how_to_get}`, or set {variable} to the path of the program"
    )]
    Missing {
        /// The generator.
        name: &'static str,
        /// Where it was looked for.
        looked: String,
        /// The command that installs it.
        how_to_get: &'static str,
        /// The variable that names it.
        variable: &'static str,
    },
    /// It does not tell its version; what it measured could not be attributed.
    #[error(
        "{path} does not say its version, so it may not be {name}; install it with `{how_to_get}`"
    )]
    NoVersion {
        /// The generator.
        name: &'static str,
        /// The program.
        path: String,
        /// The command that installs it.
        how_to_get: &'static str,
    },
    /// It cannot do what is asked.
    #[error("{name} cannot do this: {why}")]
    Unsupported {
        /// The generator.
        name: &'static str,
        /// What it cannot do, and what to do instead.
        why: String,
    },
    /// It did not come to its end.
    #[error("{name}: {source}")]
    Run {
        /// The generator.
        name: &'static str,
        /// Why.
        source: RunError,
    },
    /// It ended with a complaint.
    #[error("{name} ended with {ending}: {said}")]
    Failed {
        /// The generator.
        name: &'static str,
        /// Its exit code, or that a signal ended it.
        ending: String,
        /// What it wrote last.
        said: String,
    },
    /// What it wrote is not understood.
    #[error(
        "what {name} wrote is not understood ({why}): {said}; another version of it may write something else"
    )]
    Unreadable {
        /// The generator.
        name: &'static str,
        /// What is missing or wrong.
        why: String,
        /// The beginning of what it wrote.
        said: String,
    },
    /// Files that it needs cannot be written.
    #[error("the files for {name} cannot be written: {source}")]
    Scratch {
        /// The generator.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl GeneratorError {
    pub(super) fn unreadable(name: &'static str, why: &dyn Display, said: &str) -> Self {
        let said = match said.trim() {
            "" => "nothing".to_owned(),
            text => text.chars().take(EXCERPT).collect(),
        };
        Self::Unreadable {
            name,
            why: why.to_string(),
            said,
        }
    }
}

/// Characters of a tool's output that a message shows.
const EXCERPT: usize = 200;
