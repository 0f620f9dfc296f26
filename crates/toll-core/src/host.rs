//! Facts about the machine that measured, stored with every run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An interpreter that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interpreter {
    /// Full version, such as `3.12.1`.
    pub version: String,
    /// `cpython`, `pypy` …
    pub implementation: String,
    /// Path of the executable.
    pub path: String,
}

/// An external program that sent the load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadGenerator {
    /// Its name in suites.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it does not check or count, as a half sentence.
    pub blind_to: String,
    /// Whether it ran in a container beside the server's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_container: bool,
}

/// What the machine is. Every field that could not be read is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// Operating system and kernel release.
    pub system: String,
    /// Processor architecture.
    pub machine: String,
    /// Processor model.
    pub cpu_model: Option<String>,
    /// Logical cores that this process may use.
    pub cores: usize,
    /// Hardware threads per core.
    pub threads_per_core: Option<u32>,
    /// Frequency governor of core 0.
    pub governor: Option<String>,
    /// Whether a hypervisor is there.
    pub virtual_machine: Option<bool>,
    /// Load average over one minute at the start.
    pub load_average: Option<f64>,
    /// Share of CPU time stolen by the hypervisor during a short look, 0 to 1.
    pub steal_share: Option<f64>,
    /// Clock source of the kernel.
    pub clock_source: Option<String>,
    /// Cost of reading the clock once, in nanoseconds.
    pub clock_read_ns: Option<f64>,
    /// Total memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Free disk space where results and environments go, in bytes.
    pub disk_free_bytes: Option<u64>,
    /// `uv --version`.
    pub uv: Option<String>,
    /// Container engine's version, if one answers.
    pub container_engine: Option<String>,
    /// Interpreters found, newest first.
    pub interpreters: Vec<Interpreter>,
    /// The program that sends the load; `None` where it is the tool itself, or nothing is under load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_generator: Option<LoadGenerator>,
}

/// How much a remark about the machine matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// All is well.
    Fine,
    /// Numbers will be noisier, or some will not be believed.
    Warning,
    /// Measuring is not possible, or means nothing.
    Unfit,
}

/// One remark about the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remark {
    /// How much it matters.
    pub severity: Severity,
    /// What was looked at: `cores`, `steal` …
    pub topic: String,
    /// What was seen.
    pub seen: String,
    /// What it means and what to do; empty where all is well.
    pub advice: String,
}
