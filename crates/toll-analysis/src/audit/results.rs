//! What an audit says of somebody's own application: the whole of `audit.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toll_core::audit::{Layer, Removal};
use toll_core::host::{Host, Remark};

use super::budget::results::BudgetAudit;
use crate::results::{Estimate, Finding, Tool};

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
    /// The layers, outermost first.
    pub layers: Vec<LayerAudit>,
    /// What is inside of all layers takes by itself, µs.
    pub inside: Option<Estimate>,
    /// Rounds that were measured, by instrument.
    pub rounds: BTreeMap<String, usize>,
    /// What follows for the stack as a whole.
    pub findings: Vec<Finding>,
    /// Why there are no numbers, if there are none.
    pub error: Option<toll_core::failure::Failure>,
    /// What a budget that was given says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetAudit>,
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
    /// Whether it was measured without all layers at once, or is their sum.
    pub measured: bool,
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
    /// What follows.
    pub findings: Vec<Finding>,
}
