//! A budget: what each layer of somebody's own application may take. A TOML file that is committed and
//! read by people; here it is only a value and its text.

mod count;
mod text;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Source};
use crate::metric::Metric;
use crate::sample::Instrument;
use crate::wire;

pub use count::CountRange;

/// Version of the file. A change of the reference, too, raises it: what was saved before could not be
/// held against what is measured after.
pub const BUDGET_SCHEMA_VERSION: u32 = 1;

/// The instruments by which a toll may have been found.
const WAYS: [Instrument; 2] = [Instrument::Ablation, Instrument::Exclusive];

/// What the layers of one application took where it was saved.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Version of this format.
    pub schema_version: u32,
    /// The application, such as `main:app`.
    pub app: String,
    /// Full version of its Python.
    pub python: String,
    /// Which Python, such as `CPython`.
    pub implementation: String,
    /// The event loop, `asyncio` or `uvloop`.
    #[serde(rename = "loop")]
    pub event_loop: String,
    /// Version of the tool that saved it.
    pub tool: String,
    /// The day, such as `2026-11-29`.
    pub date: String,
    /// Model and architecture of the processor.
    pub processor: String,
    /// The machine, in words.
    pub machine: String,
    /// Every request that was measured.
    #[serde(default)]
    pub requests: Vec<RequestBudget>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestBudget {
    /// Method and path.
    pub request: String,
    /// Status of the answer.
    pub status: u16,
    /// What the whole took; told and not judged.
    pub whole_us: f64,
    /// What one request took through a fixed piece of Python, by the instrument that measured beside it.
    pub reference_us: BTreeMap<Instrument, f64>,
    /// All layers together.
    pub total: TollBudget,
    /// The layers, outermost first.
    #[serde(default)]
    pub layers: Vec<LayerBudget>,
}

/// A toll as it was saved.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TollBudget {
    /// µs of CPU for each request.
    pub toll_us: f64,
    /// Half the width of its interval of 95 %, µs.
    #[serde(default)]
    pub half_width_us: f64,
    /// How it was found, and is found again.
    pub by: Instrument,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerBudget {
    /// Its class or function.
    pub name: String,
    /// The same with its module: by this it is found again.
    pub origin: String,
    /// The distribution that it comes from.
    pub distribution: Option<String>,
    /// That distribution's version.
    pub version: Option<String>,
    /// µs of CPU for each request, where the clock told.
    pub toll_us: Option<f64>,
    /// Half the width of its interval of 95 %, µs.
    pub half_width_us: Option<f64>,
    /// How it was found, and is found again.
    pub by: Option<Instrument>,
    /// What it adds to the counts of a request, where it was counted.
    pub counts: Option<BTreeMap<Metric, CountRange>>,
}

impl LayerBudget {
    /// Its toll, where there is one.
    pub fn toll(&self) -> Option<TollBudget> {
        Some(TollBudget {
            toll_us: self.toll_us?,
            half_width_us: self.half_width_us.unwrap_or(0.0),
            by: self.by?,
        })
    }
}

/// Only the version, whatever else there is.
#[derive(Deserialize)]
struct Versioned {
    schema_version: Option<u32>,
}

impl Budget {
    /// Reads a budget.
    ///
    /// # Errors
    /// No TOML, another schema version, an unknown or missing key, a figure that cannot be: each with
    /// its place or the request that it is in.
    pub fn read(source: Source<'_>) -> Result<Self, Diagnostic> {
        let Versioned { schema_version } = wire::read(source)?;
        match schema_version {
            Some(BUDGET_SCHEMA_VERSION) => {}
            Some(other) => {
                let message =
                    format!("this budget has schema version {other}, not {BUDGET_SCHEMA_VERSION}");
                return Err(Diagnostic::whole(source.file, message)
                    .help("write it anew with this version of the tool: --save"));
            }
            None => {
                return Err(Diagnostic::whole(
                    source.file,
                    "this is no budget: there is no `schema_version`",
                )
                .help("a budget is written by `asgi-toll app … --save FILE`"));
            }
        }
        let budget: Self = wire::read(source)?;
        match budget.requests.iter().find_map(RequestBudget::mistake) {
            Some(mistake) => Err(Diagnostic::whole(source.file, mistake)),
            None => Ok(budget),
        }
    }

    /// The request of that text, if the budget has it.
    pub fn request(&self, request: &str) -> Option<&RequestBudget> {
        self.requests.iter().find(|known| known.request == request)
    }

    /// As a file, with a comment that says what it is and what may be edited.
    pub fn text(&self) -> String {
        text::of(self)
    }
}

impl RequestBudget {
    /// What cannot be, in words.
    fn mistake(&self) -> Option<String> {
        let within = |mistake: String| format!("{}: {mistake}", self.request);
        let references = self.reference_us.iter();
        let reference = references
            .filter(|(_, us)| !(us.is_finite() && **us > 0.0))
            .map(|(way, us)| format!("reference_us.{} is {us}: it must be above 0", way.name()));
        let total = self.toll_mistake("the total", self.total);
        let layers = self.layers.iter().filter_map(|layer| {
            let is_half = layer.toll_us.is_some() && layer.by.is_none();
            if is_half {
                return Some(format!("{}: a `toll_us` needs a `by`", layer.name));
            }
            self.toll_mistake(&layer.name, layer.toll()?)
        });
        reference.chain(total).chain(layers).next().map(within)
    }

    fn toll_mistake(&self, whose: &str, toll: TollBudget) -> Option<String> {
        if !toll.toll_us.is_finite() {
            return Some(format!("{whose}: toll_us is {}", toll.toll_us));
        }
        if !(toll.half_width_us.is_finite() && toll.half_width_us >= 0.0) {
            return Some(format!("{whose}: half_width_us is {}", toll.half_width_us));
        }
        if !WAYS.contains(&toll.by) {
            let names = WAYS.map(Instrument::name).join(" or ");
            return Some(format!("{whose}: `by` must be {names}"));
        }
        let name = toll.by.name();
        (!self.reference_us.contains_key(&toll.by))
            .then(|| format!("{whose} was found by {name}, and there is no reference_us.{name}"))
    }
}

#[cfg(test)]
mod tests;
