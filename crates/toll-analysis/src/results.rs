//! `results.json`: what an analysis says, for scripts and for the reports.
//!
//! Changes that a reader could stumble over raise [`SCHEMA_VERSION`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toll_core::axes::Axes;
use toll_core::failure::Failure;
use toll_core::host::{Host, Remark};
use toll_core::settings::Settings;

/// The version of this format.
pub const SCHEMA_VERSION: u32 = 1;

/// An estimate with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Best single value.
    pub estimate: f64,
    /// Lower end of the interval, absent where there were too few rounds for one.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Confidence of the interval that is really reached, such as 0.969 with six rounds; 0 without
    /// one, and 1 for an exact count, whose ends are the estimate itself.
    pub confidence: f64,
    /// Unit of the three values: `us`, `requests/s`; for counts `calls`, `bytes`, `ns`, or the name
    /// of the count.
    pub unit: String,
}

impl Estimate {
    /// Half the width of the interval, if there is one.
    pub fn half_width(&self) -> Option<f64> {
        Some((self.high? - self.low?) / 2.0)
    }
}

/// How the cost grows with the number of layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeKind {
    /// Each further layer costs the same.
    Linear,
    /// Each further layer costs more than the one before.
    Superlinear,
    /// The first layer costs, the further ones do not.
    Step,
    /// No layer costs anything that could be seen, and a cost that matters would have been seen.
    Flat,
    /// The data do not say.
    #[default]
    Unclear,
}

/// What a shape was told from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeSource {
    /// Exact counts of events.
    Counts,
    /// The fit to measured costs.
    #[default]
    Fit,
}

/// The shape of the cost over the number of layers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shape {
    /// Its kind.
    pub kind: ShapeKind,
    /// The quadratic term *c* of the design's cost model, in the cost's unit per layer squared;
    /// absent with fewer than three levels at or above one layer.
    pub curvature: Option<Estimate>,
    /// The power of the number of layers with which their cost grows where it is superlinear: 2 is
    /// quadratic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// What it was told from.
    #[serde(default)]
    pub by: ShapeSource,
}

/// A count of events in one request. Equal requests give equal counts; where they do not, both
/// ends are told and why they differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// The lowest that was counted.
    pub low: i64,
    /// The highest; the same as `low` where the count is exact.
    pub high: i64,
    /// Why they differ, if they do: `garbage collection`, `timers`, `other threads`, `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// What the layers add to one of the counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CountToll {
    /// *a*: without middlewares.
    pub base: Option<f64>,
    /// *f*: what the first layer adds beyond the toll.
    pub first_layer: Option<f64>,
    /// *b*: what one more layer adds; the mean over the levels where it is no straight line.
    pub toll: Option<f64>,
    /// How it grows.
    pub shape: Shape,
}

/// What is not the application's: the cost of driving it, and a plain layer to hold others against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Driver {
    /// CPU of a request to an empty application, µs: what the driver itself costs. It is in every
    /// base, and in no toll.
    pub request_us: f64,
    /// CPU of one plain ASGI layer that adds a header, around an empty application, µs.
    pub reference_layer_us: Option<f64>,
}

/// Latency percentiles of the right answers, microseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Median.
    pub p50_us: f64,
    /// 90th percentile.
    pub p90_us: f64,
    /// 99th percentile.
    pub p99_us: f64,
}

/// Who was the bottleneck of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Saturated {
    /// The server was at least 90 % busy: requests/s can be believed.
    Server,
    /// The load generator was the bottleneck.
    Generator,
    /// Neither was: something else held the server up.
    Neither,
}

/// The rate in short windows (bombardier: about 20 ms), as the original suite plotted it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowRate {
    /// The 99th percentile over the windows of a slice, requests per second; the median over slices.
    pub p99_requests_per_s: f64,
    /// How many times the rate that was held in the same slice; the median over slices.
    pub over_rate: f64,
}

/// One cell in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// Number of middlewares.
    pub middlewares: u32,
    /// Server CPU per request over the whole process tree, µs: the headline. The interval says how
    /// well it is known beside the other cells of its series; the machine's drift is not in it.
    pub server_cpu_us: Option<Estimate>,
    /// Requests per second; the interval is that kind too.
    pub requests_per_s: Option<Estimate>,
    /// CPU per request in the process that awaits the application, its threads included, µs
    /// (`direct`); the interval is that kind too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<Estimate>,
    /// Wall time per request there, µs (`direct`): more than the CPU where a layer sleeps or blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_us: Option<Estimate>,
    /// Events of one request by name, such as `python_calls` or `tasks` (`counts`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, Count>,
    /// Whether requests/s are to be believed: the server was at least 90 % busy.
    pub requests_per_s_believed: bool,
    /// What an external load generator says of short windows; not a rate that was ever held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_rate: Option<WindowRate>,
    /// Latency of the right answers.
    pub latency: Option<Latency>,
    /// Who was the bottleneck.
    pub saturated: Option<Saturated>,
    /// Median share of a core that the server used, 0 to 1 (more with several cores).
    pub server_utilisation: Option<f64>,
    /// Median share of a core that the load generator used.
    pub client_utilisation: Option<f64>,
    /// Little's law: mean requests in flight as measured, divided by what they must be. 1 is right.
    pub littles_law_ratio: Option<f64>,
    /// Resident memory of the process tree, bytes, median over rounds.
    pub resident_bytes: Option<u64>,
    /// Requests that were answered rightly.
    pub requests: u64,
    /// Failed requests by class.
    pub errors: BTreeMap<String, u64>,
    /// Slices that count; repeats for `counts`.
    pub slices: usize,
    /// Rounds that count.
    pub rounds: usize,
    /// Why there is no number, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

impl Cell {
    /// What a request costs here, as its instrument tells it: server CPU under load, CPU of the
    /// process that awaits the application, both µs.
    pub fn cost_us(&self) -> Option<&Estimate> {
        self.server_cpu_us.as_ref().or(self.cpu_us.as_ref())
    }
}

/// What one instrument says of one series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstrumentResult {
    /// *a*: the cost of a request without middlewares, µs, or calls for `counts`; absent without
    /// level 0. Where time is measured its interval, like those below, is about the cost relative to
    /// the requests measured beside it.
    pub base: Option<Estimate>,
    /// *f*: what the first layer costs beyond the toll, µs; absent without level 0 and with fewer
    /// than two levels at or above one layer.
    pub first_layer: Option<Estimate>,
    /// *b*: the cost of one more layer, µs; the mean over the levels where the cost is no straight
    /// line, and where 0 and one other level are all there is.
    pub toll: Option<Estimate>,
    /// How the cost grows.
    pub shape: Shape,
    /// Rounds of fresh processes behind the estimates.
    pub rounds: usize,
    /// Whether the toll's interval reached the precision that was asked for; for `counts`, whether
    /// the toll is exact.
    pub precise: bool,
    /// What is not the application's (`direct`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    /// What the layers add to each of the counts, by name (`counts`); base, first layer and toll
    /// above are those of `python_calls`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, CountToll>,
    /// The cells, by number of middlewares.
    pub cells: Vec<Cell>,
}

/// How sure a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A hint.
    Possible,
    /// Well supported.
    Likely,
    /// Counted or proven.
    Certain,
}

/// A conclusion with its evidence, its size and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable word, such as `layers-dropped`, `superlinear`, `generator-limited`, `noisy`.
    pub code: String,
    /// One sentence.
    pub title: String,
    /// What was seen.
    pub evidence: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What to do.
    pub advice: String,
}

/// One series in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesResult {
    /// Shortest name that tells it from the others of this result.
    pub label: String,
    /// What it is, with the versions that were really installed.
    pub axes: Axes,
    /// `layer` or `hook`.
    pub style: String,
    /// What the middleware kind is, in one line.
    pub about: String,
    /// How the cost grows: from exact counts where there are some, else from the fit of the
    /// instrument that speaks for the series (`load`, else `direct`).
    #[serde(default)]
    pub shape: Shape,
    /// By instrument name.
    pub instruments: BTreeMap<String, InstrumentResult>,
    /// What was concluded about this series.
    pub findings: Vec<Finding>,
    /// Layers that nobody asked for, as dotted classes, outermost first: `server: …` for those that
    /// the server puts around the application, `framework: …` for those inside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden_layers: Vec<String>,
    /// Things worth knowing, such as a Python that stood in for another.
    pub notes: Vec<String>,
    /// Installed distributions, `name==version`.
    pub lock: Vec<String>,
    /// The command line of the server.
    pub server_command: String,
    /// What was switched off in the server.
    pub switched_off: Vec<String>,
    /// Why the series has no number, if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// The tool that made a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `asgi-toll`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// When and how a run was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunFacts {
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// Wall time in seconds.
    pub wall_s: f64,
    /// CPU seconds of the tool outside of sending load.
    pub tool_cpu_s: f64,
    /// Whether it was stopped early.
    pub interrupted: bool,
    /// Whether it was a quick look.
    pub quick: bool,
    /// Seed of the random orders.
    pub seed: u64,
    /// How it was measured.
    pub settings: Settings,
}

/// The whole of `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// Version of this format.
    pub schema_version: u32,
    /// The tool that measured.
    pub tool: Tool,
    /// The machine.
    pub host: Host,
    /// What was remarked about the machine; empty advice means that all is well.
    pub remarks: Vec<Remark>,
    /// Name of the suite; several, joined with ` + `, when runs were drawn together.
    pub suite: String,
    /// Hash of the plan.
    pub plan_hash: String,
    /// When and how.
    pub run: RunFacts,
    /// The series, in the order of the plan.
    pub series: Vec<SeriesResult>,
    /// Findings about the run as a whole.
    pub findings: Vec<Finding>,
}
