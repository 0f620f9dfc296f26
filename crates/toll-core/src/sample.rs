//! What was measured: slices with integer readings, kept raw.

use std::collections::BTreeMap;

use crate::axes::Axes;
use crate::failure::Failure;
use crate::host::{Host, Remark};
use crate::metric::Readings;
use crate::settings::Settings;

/// How a cell is measured.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Instrument {
    /// Exact events of one request in-process: calls, tasks, callbacks, messages.
    Counts,
    /// The ASGI callable awaited in-process: CPU and wall time without a server.
    Direct,
    /// A real server under HTTP load.
    Load,
    /// One's own application with and without each of its layers, in one process.
    Ablation,
    /// What each layer of one's own application takes by itself, read at its borders.
    Exclusive,
}

impl Instrument {
    /// Those that measure what suites describe, the cheapest first: the order in which they measure.
    pub const ALL: [Self; 3] = [Self::Counts, Self::Direct, Self::Load];
    /// Every instrument that there is, those that only audits use among them, in the order in which
    /// they measure.
    pub const EVERY: [Self; 5] = [
        Self::Counts,
        Self::Direct,
        Self::Exclusive,
        Self::Ablation,
        Self::Load,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Direct => "direct",
            Self::Load => "load",
            Self::Ablation => "ablation",
            Self::Exclusive => "exclusive",
        }
    }

    /// The instrument of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::EVERY
            .into_iter()
            .find(|instrument| instrument.name() == name)
    }
}

/// One slice: some milliseconds of requests on one cell, or one repeat of its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Round in which it was taken, from 0.
    pub round: u32,
    /// Block inside the round, from 0.
    pub block: u32,
    /// Place inside the block, from 0.
    pub position: u32,
    /// The integer readings.
    pub readings: Readings,
    /// Latencies of the right answers: a serialised `HdrHistogram` (V2 with deflate, nanoseconds).
    pub latency_histogram: Option<Vec<u8>>,
    /// Number of failed requests by class, only classes that occurred.
    pub error_classes: Vec<(String, u64)>,
}

/// One unit of measuring: every living cell of a series once. Stored in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Place of the series in the plan, from 0.
    pub series: usize,
    /// How it was measured.
    pub instrument: Instrument,
    /// Round, from 0.
    pub round: u32,
    /// Block inside the round, from 0.
    pub block: u32,
    /// Number of middlewares and the slice of that cell.
    pub slices: Vec<(u32, Slice)>,
}

/// One cell and all that was read of it by one instrument.
#[derive(Debug, Clone, Default)]
pub struct MeasuredCell {
    /// Number of middlewares.
    pub middlewares: u32,
    /// Every slice, in the order of measuring.
    pub slices: Vec<Slice>,
    /// Why it has no number, if it has none.
    pub failures: Vec<Failure>,
}

/// One series and its cells.
#[derive(Debug, Clone, Default)]
pub struct MeasuredSeries {
    /// What it is: versions are the ones that were really installed.
    pub axes: Axes,
    /// The axes that the plan asked for (`latest`, `newest`).
    pub planned_axes: Axes,
    /// `layer` or `hook`, from the subject.
    pub style: String,
    /// What the kind is, in one line, from the subject.
    pub about: String,
    /// Things worth saying, such as "3.12.1 is missing, 3.12.4 was used".
    pub notes: Vec<String>,
    /// By instrument, the cells in order of their number of middlewares.
    pub instruments: BTreeMap<Instrument, Vec<MeasuredCell>>,
    /// Layers that nobody asked for, as dotted classes, outermost first: `server: …` for those that
    /// the server puts around the application, `framework: …` for those inside it.
    pub hidden_layers: Vec<String>,
    /// Why the whole series has no number, if it has none.
    pub failure: Option<Failure>,
    /// Installed distributions, as the environment's lock says.
    pub lock: Vec<String>,
    /// The command that started the server, as a line that can be run again.
    pub server_command: String,
    /// What was switched off in the server.
    pub switched_off: Vec<String>,
}

impl MeasuredSeries {
    /// The cells as one instrument read them; none where it was not asked for.
    pub fn cells(&self, instrument: Instrument) -> &[MeasuredCell] {
        self.instruments.get(&instrument).map_or(&[], Vec::as_slice)
    }
}

/// A whole run, as it is read back from its store.
#[derive(Debug, Clone, Default)]
pub struct MeasuredRun {
    /// Name of the suite.
    pub suite: String,
    /// Hash of the plan.
    pub plan_hash: String,
    /// Version of the tool that measured.
    pub tool_version: String,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// Seconds of wall time so far, all resumptions added up.
    pub wall_s: f64,
    /// CPU seconds of the tool itself outside of sending load, children not counted.
    pub tool_cpu_s: f64,
    /// Whether it was stopped before it was done.
    pub interrupted: bool,
    /// Whether it was a quick look.
    pub quick: bool,
    /// Seed of the random orders.
    pub seed: u64,
    /// How it was measured.
    pub settings: Settings,
    /// The machine.
    pub host: Host,
    /// What was remarked about the machine.
    pub remarks: Vec<Remark>,
    /// The series.
    pub series: Vec<MeasuredSeries>,
}
