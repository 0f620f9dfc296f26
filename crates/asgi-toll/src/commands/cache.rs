//! `asgi-toll cache`: what was built.

mod images;

use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;
use toll_lab::provision::{CacheEntry, cache_clean, cache_list};

use crate::assets;
use crate::cli::{CacheVerb, Global};
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;

/// One environment, as `--json` lists it.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    label: &'a str,
    requirements: &'a [String],
    python: &'a str,
    bytes: u64,
    last_used: String,
    complete: bool,
}

/// What `cache list --json` says.
#[derive(Serialize)]
struct Listing<'a> {
    schema_version: u32,
    environments: Vec<Line<'a>>,
}

pub(crate) fn run(verb: &CacheVerb, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let dir = settings::cache_dir(global)?;
    match verb {
        CacheVerb::List(args) if args.docker => images::list(printer)?,
        CacheVerb::Clean(args) if args.docker => images::clean(&dir, printer)?,
        CacheVerb::List(_) => list(&cache_list(&dir)?, printer)?,
        CacheVerb::Clean(_) => clean(&dir, printer)?,
    }
    Ok(Exit::Done)
}

fn clean(dir: &Path, printer: Printer) -> anyhow::Result<()> {
    let report = cache_clean(dir)?;
    let assets = assets::remove(dir)?;
    let (environments, bytes) = (report.environments, report.bytes);
    if printer.json {
        let (resolutions, uvs) = (report.resolutions, report.uvs);
        printer.json(&serde_json::json!({
            "schema_version": 1, "environments": environments, "resolutions": resolutions,
            "uvs": uvs, "assets": assets, "bytes": bytes,
        }))?;
    }
    printer.talk(format!(
        "Removed {environments} environments, {} ({})",
        megabytes(bytes),
        dir.display()
    ));
    Ok(())
}

fn list(entries: &[CacheEntry], printer: Printer) -> anyhow::Result<()> {
    if printer.json {
        let environments = entries.iter().map(line).collect();
        return printer.json(&Listing {
            schema_version: 1,
            environments,
        });
    }
    let width = entries
        .iter()
        .map(|entry| entry.label.chars().count())
        .max()
        .unwrap_or(0);
    for entry in entries {
        let unfinished = if entry.complete { "" } else { "  (unfinished)" };
        let id: String = entry.id.chars().take(12).collect();
        printer.data(&format!(
            "{id}  {:width$}  {:>9}  Python {:7}  used {}{unfinished}",
            entry.label,
            megabytes(entry.bytes),
            entry.python,
            moment(entry.last_used)
        ))?;
    }
    printer.talk(format!(
        "{} environments; files that they share with uv's own cache are not counted",
        entries.len()
    ));
    Ok(())
}

fn line(entry: &CacheEntry) -> Line<'_> {
    Line {
        id: &entry.id,
        label: &entry.label,
        requirements: &entry.requirements,
        python: &entry.python,
        bytes: entry.bytes,
        last_used: moment(entry.last_used),
        complete: entry.complete,
    }
}

/// A moment in UTC.
fn moment(time: SystemTime) -> String {
    let known = Timestamp::try_from(time).ok();
    known.map_or_else(
        || "at an unknown time".to_owned(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
