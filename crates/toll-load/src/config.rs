//! How a session is set up.

use crate::LoadError;
use std::time::Duration;

/// The bounds of a [`Session`](crate::Session).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// How many connections are kept open, each with at most one request in flight.
    pub connections: usize,
    /// The most that one request may take, from its start to the last byte of its answer. It is looked at every 20 ms.
    pub timeout: Duration,
    /// The most that making one connection may take.
    pub connect_timeout: Duration,
}

impl Default for SessionConfig {
    fn default() -> Self {
        SessionConfig {
            connections: 1,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(2),
        }
    }
}

impl SessionConfig {
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let complaint = if self.connections == 0 {
            "no connections; ask for at least one"
        } else if self.timeout.is_zero() || self.connect_timeout.is_zero() {
            "a timeout of zero lets no request succeed; give it at least a few milliseconds"
        } else {
            return Ok(());
        };
        Err(LoadError::Plan(complaint.into()))
    }
}
