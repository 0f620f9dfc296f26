//! A suite: what is to be compared, and how it is to be measured.

mod check;
mod housing;
mod lookup;
mod measure;
mod sender;
mod series;

use std::collections::BTreeMap;

use crate::axes::Axes;
use crate::diagnostic::{Diagnostic, Source};
use crate::levels::Levels;
use crate::load_tool::LoadTool;
use crate::plan::{NotApplicable, PythonRequest};
use crate::sample::Instrument;
use crate::server::Server;
use crate::settings::Settings;
use crate::subject::Subject;
use crate::wire;
use crate::workload::Workload;

pub use housing::PROVISIONERS;
pub use measure::{budget, precision};

/// All that suites may name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Frameworks under test, by name.
    pub subjects: BTreeMap<String, Subject>,
    /// Servers, by name.
    pub servers: BTreeMap<String, Server>,
    /// Workloads, by name.
    pub workloads: BTreeMap<String, Workload>,
    /// Load generators besides the tool's own.
    pub load_tools: Vec<LoadTool>,
}

/// What the command line says instead of the suite.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides<'a> {
    /// Instruments, unless there are none.
    pub instruments: &'a [Instrument],
    /// The load generator.
    pub load: Option<&'a str>,
    /// `uv` or `docker`.
    pub provisioner: Option<&'a str>,
}

/// What is to be compared, and how it is to be measured. Every list of the text is multiplied out.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// What it is for, in a line or two; may be empty.
    pub description: String,
    /// The series, in the order of the text.
    pub series: Vec<SeriesSpec>,
    /// Combinations that the lists come to and that cannot exist.
    pub not_applicable: Vec<NotApplicable>,
    /// How to measure.
    pub settings: Settings,
    /// Only releases that were there on this day: `YYYY-MM-DD` or RFC 3339.
    pub exclude_newer: Option<String>,
}

/// One series as a suite asks for it; all names are known to the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesSpec {
    /// What it is. The version may be `latest`, the Python `newest`.
    pub axes: Axes,
    /// The Python that runs it.
    pub python: PythonRequest,
    /// The server.
    pub server: ServerRequest,
    /// Companion requirements.
    pub with: Vec<String>,
    /// Numbers of middlewares.
    pub levels: Levels,
    /// With which instruments, in the order in which they measure.
    pub instruments: Vec<Instrument>,
}

/// A server as a suite asks for it: `uvicorn` or `uvicorn==0.25.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRequest {
    /// Name in the catalogue.
    pub name: String,
    /// Version, unless it is the latest.
    pub version: Option<String>,
}

impl std::fmt::Display for ServerRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}=={version}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Reads a Python request such as `newest`, `3.12` or `3.12.1`.
///
/// # Errors
/// Says what is wrong with it and what to write instead.
pub fn python(text: &str) -> Result<PythonRequest, String> {
    check::python_request(text).map_err(|(message, help)| format!("{message}; {help}"))
}

/// Reads a suite; every name in it is looked up in the catalogue.
///
/// # Errors
/// The first mistake, with its place and its remedy.
pub fn parse(file_name: &str, text: &str, catalogue: &Catalogue) -> Result<Suite, Diagnostic> {
    parse_for(file_name, text, catalogue, Overrides::default())
}

/// The same with what the command line says instead.
///
/// # Errors
/// The first mistake, with its place and its remedy.
pub fn parse_for(
    file_name: &str,
    text: &str,
    catalogue: &Catalogue,
    overrides: Overrides<'_>,
) -> Result<Suite, Diagnostic> {
    let source = Source {
        file: file_name,
        text,
    };
    let written: wire::suite::File = wire::read(source)?;
    let head = written.suite.get_ref();
    if head.name.get_ref().trim().is_empty() {
        return Err(source.at(head.name.span(), "the name of the suite is empty"));
    }
    if written.series.is_empty() {
        let diagnostic = source.at(written.suite.span(), "the suite has no series");
        return Err(diagnostic.help("add a table `[[series]]` with `framework = \"…\"`"));
    }
    let mut instruments = match overrides.instruments {
        [] => check::instruments(source, head.instruments.as_ref())?,
        given => given.to_vec(),
    };
    instruments.sort_unstable();
    instruments.dedup();
    let settings = measure::settings(source, &written, &catalogue.load_tools, overrides)?;
    let series::Matrix {
        series,
        not_applicable,
    } = series::all(source, catalogue, &written, &instruments, &settings)?;
    Ok(Suite {
        name: head.name.get_ref().clone(),
        description: head.description.clone().unwrap_or_default(),
        settings,
        exclude_newer: check::exclude_newer(source, head.exclude_newer.as_ref())?,
        series,
        not_applicable,
    })
}
