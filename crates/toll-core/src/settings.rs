//! How a run measures: the numbers that a suite, or the command line, may set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The way from the load generator to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP on 127.0.0.1.
    #[default]
    Tcp,
    /// A unix socket.
    Unix,
}

/// How a run measures. Part of the plan, and so of its hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Connections of the closed loop.
    pub connections: u32,
    /// Length of a slice in milliseconds; a slow cell's slices are longer. Many short ones tell more
    /// than few long ones: the machine's speed changes less between neighbours.
    pub slice_ms: u64,
    /// Blocks in a round.
    pub blocks: u32,
    /// Rounds that every series gets.
    pub rounds_min: u32,
    /// Rounds that no series exceeds.
    pub rounds_max: u32,
    /// Untimed requests before the first block of a round, in milliseconds per cell.
    pub warmup_ms: u64,
    /// How long one request may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long a server may take to answer for the first time, in milliseconds.
    pub start_timeout_ms: u64,
    /// The way from the load generator to the server.
    pub transport: Transport,
    /// Half-width of the toll's interval, relative to the toll, at which a series is done.
    pub precision: f64,
    /// Wall time in seconds after which no new unit is begun.
    pub budget_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 10,
            slice_ms: 20,
            blocks: 10,
            rounds_min: 6,
            rounds_max: 40,
            warmup_ms: 150,
            timeout_ms: 5_000,
            start_timeout_ms: 30_000,
            transport: Transport::Tcp,
            precision: 0.05,
            budget_s: 600,
        }
    }
}

impl Settings {
    /// The same settings for a quick look: as many rounds as an interval needs, as little of each as possible.
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.blocks = self.blocks.min(5);
        self.slice_ms = self.slice_ms.min(20);
        self.warmup_ms = self.warmup_ms.min(60);
        self.rounds_max = self.rounds_min;
        self.budget_s = self.budget_s.min(85);
        self
    }
}
