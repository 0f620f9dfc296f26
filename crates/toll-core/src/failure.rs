//! A failure is a record, not an absence: what went wrong with a series or a cell, and where.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stage of the way through at which something failed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The environment could not be resolved, built or imported.
    Provision,
    /// The server did not start, or died before it answered.
    Start,
    /// The answer, or the number of layers in it, was wrong.
    Verify,
    /// The measuring itself failed.
    Measure,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Provision, Self::Start, Self::Verify, Self::Measure];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Start => "start",
            Self::Verify => "verify",
            Self::Measure => "measure",
        }
    }

    /// The stage of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// Why a series or a cell has no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Where it failed.
    pub stage: Stage,
    /// A stable word for scripts, such as `layers-dropped` or `server-exited`.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// The last lines of the log or of the resolver's output, if there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
}

impl Failure {
    /// A failure without log lines.
    pub fn new(stage: Stage, code: &str, message: impl Into<String>) -> Self {
        Self {
            stage,
            code: code.to_owned(),
            message: message.into(),
            log_tail: Vec::new(),
        }
    }

    /// The same failure with the last lines of a log.
    #[must_use]
    pub fn with_log(mut self, lines: Vec<String>) -> Self {
        self.log_tail = lines;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage.name(), self.message)
    }
}
