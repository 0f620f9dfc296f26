//! How a run measures: the numbers that a suite, or the command line, may set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::load_tool;

/// The way from the load generator to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP on 127.0.0.1.
    #[default]
    Tcp,
    /// A unix socket; for a container, in a folder that it shares with this machine.
    Unix,
    /// TCP on 127.0.0.1, from a container that has this machine's network.
    Host,
    /// A port of 127.0.0.1 that the engine passes on to a container with a network of its own.
    Published,
}

/// How a run uses containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Containers {
    /// The image that environments are put on; `{python}` stands for the version of Python.
    pub base_image: String,
    /// The most memory of one container, in MiB.
    pub memory_mib: u64,
}

impl Default for Containers {
    fn default() -> Self {
        Self {
            base_image: "python:{python}-slim".to_owned(),
            memory_mib: 1024,
        }
    }
}

impl Containers {
    /// The base image for a version of Python.
    pub fn base_for(&self, python: &str) -> String {
        self.base_image.replace("{python}", python)
    }
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
    /// What sends the load: the tool's own `toll-load`, or the name of an external program.
    #[serde(default = "default_load")]
    pub load: String,
    /// Containers of images, where environments are not virtualenvs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<Containers>,
    /// CPU time of a slice of `direct`, in milliseconds; without a server much less is enough.
    #[serde(default = "default_direct_slice_ms")]
    pub direct_slice_ms: u64,
    /// Blocks in a round of `direct`.
    #[serde(default = "default_direct_blocks")]
    pub direct_blocks: u32,
    /// Rounds of fresh processes in which `counts` counts.
    #[serde(default = "default_count_rounds")]
    pub count_rounds: u32,
    /// How often each of them counts.
    #[serde(default = "default_count_repeats")]
    pub count_repeats: u32,
}

fn default_load() -> String {
    load_tool::OWN.to_owned()
}

fn default_direct_slice_ms() -> u64 {
    5
}

fn default_direct_blocks() -> u32 {
    20
}

fn default_count_rounds() -> u32 {
    2
}

fn default_count_repeats() -> u32 {
    3
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
            load: default_load(),
            containers: None,
            direct_slice_ms: default_direct_slice_ms(),
            direct_blocks: default_direct_blocks(),
            count_rounds: default_count_rounds(),
            count_repeats: default_count_repeats(),
        }
    }
}

impl Settings {
    /// The external program that sends the load, if it is not the tool's own.
    pub fn external_load(&self) -> Option<&str> {
        Some(self.load.as_str()).filter(|load| *load != load_tool::OWN)
    }

    /// The same settings for a quick look: as many rounds as an interval needs, as little of each as possible.
    #[must_use]
    pub fn quick(mut self) -> Self {
        if self.external_load().is_some() {
            // Its slices cannot be shorter.
            self.blocks = 1;
        } else {
            self.blocks = self.blocks.min(5);
            self.slice_ms = self.slice_ms.min(20);
        }
        self.warmup_ms = self.warmup_ms.min(60);
        self.rounds_max = self.rounds_min;
        self.direct_blocks = self.direct_blocks.min(8);
        self.count_rounds = 1;
        self.budget_s = self.budget_s.min(85);
        self
    }
}
