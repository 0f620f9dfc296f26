//! What an audit says of somebody's own application: the whole of `audit.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toll_core::audit::{Behaviour, Layer, Removal};
use toll_core::failure::Failure;
use toll_core::host::{Host, Remark};

use super::budget::results::BudgetAudit;
use crate::compare::results::{Change, Moved, Verdict};
use crate::results::{Estimate, Finding, Saturated, Tool};

/// Version of `audit.json`.
pub const AUDIT_SCHEMA_VERSION: u32 = 1;

/// One application, by one or several requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditReport {
    /// Version of this format.
    pub schema_version: u32,
    /// Who measured.
    pub tool: Tool,
    /// The application, such as `main:app`.
    pub app: String,
    /// Version of its Python.
    pub python: String,
    /// What is installed beside it, `name==version`.
    pub lock: Vec<String>,
    /// The machine.
    pub host: Host,
    /// What was remarked about the machine.
    pub remarks: Vec<Remark>,
    /// Whether it was stopped before it was done.
    pub interrupted: bool,
    /// Every request that was asked for: which layers there are depends on the request.
    pub requests: Vec<RequestAudit>,
    /// Seconds of wall time.
    pub wall_s: f64,
}

/// What one request says of the application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestAudit {
    /// Method and path.
    pub request: String,
    /// Status of the answer.
    pub status: u16,
    /// Bytes of its body.
    pub body_bytes: u64,
    /// What the whole takes, µs of CPU.
    pub whole: Option<Estimate>,
    /// What all layers take together.
    pub total: Option<Total>,
    /// What is saved when all layers that can be taken out are taken out at once, µs.
    pub at_once: Option<Estimate>,
    /// What they save one by one, less what they save at once, µs: above zero each makes others dearer.
    pub in_company: Option<Estimate>,
    /// The layers, outermost first.
    pub layers: Vec<LayerAudit>,
    /// What is inside of all layers takes by itself, µs.
    pub inside: Option<Estimate>,
    /// What a change would bring, where one was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIf>,
    /// What it holds under a real server, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadAudit>,
    /// Rounds that were measured, by instrument.
    pub rounds: BTreeMap<String, usize>,
    /// What follows for the stack as a whole.
    pub findings: Vec<Finding>,
    /// Why there are no numbers, if there are none.
    pub error: Option<Failure>,
    /// What a budget that was given says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetAudit>,
}

/// What a change of the application would bring, measured beside the application as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WhatIf {
    /// What is changed, in words.
    pub change: String,
    /// What the changed application answers.
    pub answer: Removal,
    /// What it comes to: `improved` where the whole is cheaper by more than the margin.
    pub verdict: Verdict,
    /// The whole before and after, µs.
    pub whole: Option<Change>,
    /// Why it has no number, though it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What the changed application has more, of every count.
    pub counts: BTreeMap<String, f64>,
    /// Rounds with both of them.
    pub rounds: usize,
    /// Distributions that differ, where it is in another environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Moved>,
    /// Things worth knowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Every layer before and after, where it is in another environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerChange>,
}

/// One layer in two environments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LayerChange {
    /// Its class or function.
    pub name: String,
    /// The same with its module.
    pub origin: String,
    /// What it takes today, µs; absent where it is not there or cannot be taken out.
    pub before: Option<Estimate>,
    /// What it takes then.
    pub after: Option<Estimate>,
    /// What it adds to the exact counts today.
    pub counts_before: BTreeMap<String, f64>,
    /// What it adds then.
    pub counts_after: BTreeMap<String, f64>,
}

/// What all layers take together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Total {
    /// µs.
    pub toll: Estimate,
    /// The same by the whole, 0 to 1.
    pub share: f64,
    /// Its layers added up, µs.
    pub sum_of_parts_us: f64,
    /// Whether these are all layers, so that the toll was measured at once.
    pub measured: bool,
}

/// The whole application under a real server, with and without its layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadAudit {
    /// The server's name.
    pub server: String,
    /// Its version.
    pub server_version: Option<String>,
    /// Its HTTP implementation, such as `h11`.
    pub http: String,
    /// Its event loop.
    pub event_loop: String,
    /// What is switched off in it that is on by default.
    pub switched_off: Vec<String>,
    /// Connections of the closed loop.
    pub connections: u32,
    /// How many of the layers it is measured without: all that can be taken out.
    pub layers_out: usize,
    /// With all layers.
    pub with: Option<LoadSide>,
    /// Without those that can be taken out.
    pub without: Option<LoadSide>,
    /// What these take, µs of the server's CPU per request.
    pub toll_us: Option<Estimate>,
    /// Requests per second without them by requests per second with them.
    pub ratio: Option<Estimate>,
    /// Rounds of fresh servers.
    pub rounds: usize,
    /// Why a number is not there, if one is not.
    pub error: Option<toll_core::failure::Failure>,
}

/// An application under a real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadSide {
    /// Right answers per second of wall time.
    pub requests_per_s: Estimate,
    /// CPU of all processes of the server per right answer, µs.
    pub cpu_us: Estimate,
    /// The 99th percentile of the latency, µs.
    pub p99_us: Option<f64>,
    /// Who was the bottleneck: where it was not the server, it could answer more.
    pub saturated: Saturated,
    /// Requests that were answered rightly.
    pub requests: u64,
    /// Requests that were not.
    pub failed: u64,
}

/// The way by which a layer's cost was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The application with it less the application without it.
    Ablation,
    /// What was read at its borders.
    Exclusive,
}

impl Way {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ablation => "ablation",
            Self::Exclusive => "exclusive",
        }
    }
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LayerAudit {
    /// Its place, from 0, outermost first.
    pub position: usize,
    /// What it is.
    #[serde(flatten)]
    pub layer: Layer,
    /// What it takes, µs.
    pub toll: Option<Estimate>,
    /// How that was found.
    pub by: Option<Way>,
    /// The whole less the whole without it, µs.
    pub ablation: Option<Estimate>,
    /// What it takes by itself, µs.
    pub exclusive: Option<Estimate>,
    /// The toll by what the whole takes.
    pub share: Option<f64>,
    /// What it adds to the exact counts of a request.
    pub counts: BTreeMap<String, f64>,
    /// What became of the application without it.
    pub removal: Removal,
    /// What it does with the request, where that can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<Behaviour>,
    /// Why it has no number from being taken out, though it can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What follows.
    pub findings: Vec<Finding>,
}
