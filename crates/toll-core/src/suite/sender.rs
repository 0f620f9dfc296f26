//! `load`: what sends the load, and what follows from it.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Source};
use crate::load_tool::{LoadTool, OWN};
use crate::settings::{Settings, Transport};
use crate::wire::suite::File;

/// Blocks in a round where a slice takes a second and more: rounds are what intervals are made of, and ten blocks of
/// such slices would leave no time for them.
const BLOCKS: u32 = 2;

/// The external generator that is asked for, if one is: on the command line, in `[suite]`, or in `[measure]`.
pub(super) fn of<'t>(
    source: Source<'_>,
    file: &File,
    tools: &'t [LoadTool],
    instead: Option<&str>,
) -> Result<Option<&'t LoadTool>, Diagnostic> {
    let in_measure = file
        .measure
        .as_ref()
        .and_then(|measure| measure.load.as_ref());
    let in_suite = file.suite.get_ref().load.as_ref();
    if let (Some(_), Some(second)) = (in_suite, in_measure) {
        let message = "`load` is there twice: in `[suite]` and in `[measure]`";
        return Err(source
            .at(second.span(), message)
            .help("take one of them out"));
    }
    let external = tools.iter().map(|tool| (tool.name.as_str(), Some(tool)));
    let known: Vec<_> = std::iter::once((OWN, None)).chain(external).collect();
    let written = in_suite.or(in_measure);
    let chosen = written
        .map(|written| source.one_of(written, "load generator", &known))
        .transpose()?
        .flatten();
    match instead {
        None => Ok(chosen),
        Some(OWN) => Ok(None),
        Some(name) => {
            let found = tools.iter().find(|tool| tool.name == name).map(Some);
            let message = format!("there is no load generator `{name}`");
            found.ok_or_else(|| Diagnostic::whole(source.file, message))
        }
    }
}

/// Settings where a suite states none.
pub(super) fn defaults(tool: &LoadTool) -> Settings {
    Settings {
        load: tool.name.clone(),
        slice_ms: tool.shortest_ms,
        blocks: BLOCKS,
        ..Settings::default()
    }
}

/// Refuses a way to the server that the generator cannot go.
pub(super) fn reaches(
    source: Source<'_>,
    tool: &LoadTool,
    transport: Transport,
    at: Range<usize>,
) -> Result<(), Diagnostic> {
    if transport != Transport::Unix || tool.unix_sockets {
        return Ok(());
    }
    let message = format!("the load generator {} knows no unix sockets", tool.name);
    let help = format!(
        "leave transport out, so that it is TCP, or write load = \"{OWN}\", which knows them"
    );
    Err(source.at(at, message).help(help))
}
