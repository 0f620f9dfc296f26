//! A plan: exactly what would run. A value that can be printed, stored and compared.

mod estimate;
mod resolve;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audit::Change;
use crate::axes::{self, Axes};
use crate::diagnostic::Diagnostic;
use crate::levels::Levels;
use crate::sample::Instrument;
use crate::settings::{Containers, Settings, Transport};
use crate::suite::{Catalogue, Suite};

pub use estimate::DurationEstimate;

/// Exactly what would run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the suite.
    pub suite: String,
    /// What the suite is for.
    pub description: String,
    /// How to measure.
    pub settings: Settings,
    /// Whether it is a quick look.
    pub quick: bool,
    /// The series, in order. Samples refer to a series by its place here.
    pub series: Vec<SeriesPlan>,
    /// Combinations that the suite's lists come to and that cannot exist, each with the reason.
    #[serde(default)]
    pub not_applicable: Vec<NotApplicable>,
}

/// A combination that cannot exist: it is said, never faked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotApplicable {
    /// What it would be.
    pub axes: Axes,
    /// Why it cannot be.
    pub reason: String,
}

/// One series of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesPlan {
    /// What it is, as the suite asks for it (`latest`, `newest`).
    pub axes: Axes,
    /// What to install.
    pub requirements: Vec<String>,
    /// On which Python.
    pub python: PythonRequest,
    /// Only releases that were there on this day.
    pub exclude_newer: Option<String>,
    /// Name of the subject.
    pub subject: String,
    /// Name of the server in the catalogue.
    pub server: String,
    /// Numbers of middlewares.
    pub levels: Levels,
    /// With which instruments.
    pub instruments: Vec<Instrument>,
    /// Digest of the catalogue's entries that it uses: kind, server and workload.
    pub definition: String,
    /// What sets it apart from series that are the same in all else; only in comparisons.
    #[serde(default, skip_serializing_if = "Apart::is_nothing")]
    pub apart: Apart,
    /// What is done to somebody's own application in the cell [`crate::audit::CHANGED`].
    #[serde(default, skip_serializing_if = "Change::is_nothing")]
    pub change: Change,
}

/// What sets a series of a comparison apart from others with the same axes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// Tells environments apart whose locks are the same: the digest of local sources, or which of
    /// two that are built separately it is.
    pub edition: Option<String>,
    /// An effect that is planted in each layer: `spin:NS` or `call:K`.
    pub plant: Option<String>,
    /// The place of the series whose distributions it is to have as far as its own requirements allow.
    pub held_to: Option<usize>,
    /// The place of the series at whose levels it stands, where those are chosen on the spot.
    #[serde(default)]
    pub levels_of: Option<usize>,
    /// A lock whose versions it is to have as far as its own requirements allow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefer: Vec<String>,
    /// Whether its requirements are all that is installed, whatever they themselves require.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    /// The layers of somebody's own application that its cell [`BARE`](crate::audit::BARE) is without
    /// under a server, by their places from outside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bare_of: Vec<usize>,
}

impl Apart {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Which Python a series asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum PythonRequest {
    /// The newest one that there is and that works.
    Newest,
    /// Such as `3.12` or `3.12.1`.
    Version(String),
}

impl From<String> for PythonRequest {
    fn from(text: String) -> Self {
        if text == NEWEST {
            Self::Newest
        } else {
            Self::Version(text)
        }
    }
}

impl From<PythonRequest> for String {
    fn from(request: PythonRequest) -> Self {
        request.to_string()
    }
}

impl std::fmt::Display for PythonRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Newest => NEWEST,
            Self::Version(version) => version,
        })
    }
}

/// The word for the newest Python.
pub(crate) const NEWEST: &str = "newest";
/// The word for the newest release.
pub(crate) const LATEST: &str = "latest";

/// What identifies what is measured. How long and how exactly (rounds, budget, precision) is not
/// in it, so that a longer run continues a shorter one; neither are paths, seeds, the suite's
/// name and description, and how long a server may take to start.
#[derive(Serialize)]
struct Identity<'a> {
    series: &'a [SeriesPlan],
    connections: u32,
    slice_ms: u64,
    blocks: u32,
    warmup_ms: u64,
    timeout_ms: u64,
    transport: Transport,
    direct_slice_ms: u64,
    direct_blocks: u32,
    count_repeats: u32,
    /// Left out for the tool's own generator, so that plans from before there were others keep their identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<&'a str>,
    /// Left out for virtualenvs, for the same reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    containers: Option<&'a Containers>,
}

impl Plan {
    /// The plan of a suite.
    ///
    /// # Errors
    /// The suite names something that this catalogue does not have.
    pub fn new(suite: &Suite, catalogue: &Catalogue) -> Result<Self, Diagnostic> {
        let series = suite
            .series
            .iter()
            .map(|spec| resolve::series(suite, spec, catalogue));
        Ok(Self {
            suite: suite.name.clone(),
            description: suite.description.clone(),
            settings: suite.settings.clone(),
            quick: false,
            series: series.collect::<Result<_, _>>()?,
            not_applicable: suite.not_applicable.clone(),
        })
    }

    /// The same comparison with fewer levels and less time. Where there is a real server, nothing
    /// else is timed; exact counts cost next to nothing.
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.settings = self.settings.quick();
        self.quick = true;
        for series in &mut self.series {
            series.levels = series.levels.quick();
            if series.instruments.contains(&Instrument::Load) {
                series
                    .instruments
                    .retain(|instrument| *instrument != Instrument::Direct);
            }
        }
        self
    }

    /// What identifies the plan: SHA-256 in hexadecimal over the canonical JSON of its series, in
    /// their order, and of the settings that change what is measured.
    ///
    /// Rounds, budget and precision are left out, so that a run can be continued for longer or
    /// more exactly; so are paths, seeds, and the suite's name and description.
    pub fn hash(&self) -> String {
        let settings = &self.settings;
        digest(&Identity {
            series: &self.series,
            connections: settings.connections,
            slice_ms: settings.slice_ms,
            blocks: settings.blocks,
            warmup_ms: settings.warmup_ms,
            timeout_ms: settings.timeout_ms,
            transport: settings.transport,
            direct_slice_ms: settings.direct_slice_ms,
            direct_blocks: settings.direct_blocks,
            count_repeats: settings.count_repeats,
            load: settings.external_load(),
            containers: settings.containers.as_ref(),
        })
    }

    /// The first 16 digits of the hash: enough to tell plans apart.
    pub fn short_hash(&self) -> String {
        self.hash().chars().take(16).collect()
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.series.iter().map(|series| series.levels.count()).sum()
    }

    /// The shortest names that tell its series apart, in their order.
    pub fn labels(&self) -> Vec<String> {
        axes::labels(
            &self
                .series
                .iter()
                .map(|series| &series.axes)
                .collect::<Vec<_>>(),
        )
    }

    /// How long it will take.
    pub fn duration_estimate(&self) -> DurationEstimate {
        DurationEstimate::of(self)
    }
}

/// SHA-256 in hexadecimal of a value's JSON. Structs keep their order and maps are sorted, so
/// equal values give equal texts.
fn digest<T: Serialize>(value: &T) -> String {
    // Plain structs with text keys always serialise; an empty text would only merge plans.
    let json = serde_json::to_vec(value).unwrap_or_default();
    let mut text = String::new();
    for byte in Sha256::digest(&json) {
        text.extend(
            [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
        );
    }
    text
}
