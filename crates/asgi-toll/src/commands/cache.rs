//! `asgi-toll cache`: what was built.

use serde::Serialize;
use toll_lab::provision::{CacheEntry, cache_clean, cache_list};

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
    complete: bool,
}

pub(crate) fn run(verb: &CacheVerb, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let dir = settings::cache_dir(global)?;
    match verb {
        CacheVerb::List => list(&cache_list(&dir)?, printer)?,
        CacheVerb::Clean => {
            let report = cache_clean(&dir)?;
            if printer.json {
                let (environments, bytes) = (report.environments, report.bytes);
                printer.json(&serde_json::json!({ "environments": environments, "resolutions": report.resolutions, "bytes": bytes }))?;
            }
            printer.talk(format!(
                "Removed {} environments, {} ({})",
                report.environments,
                megabytes(report.bytes),
                dir.display()
            ));
        }
    }
    Ok(Exit::Done)
}

fn list(entries: &[CacheEntry], printer: Printer) -> anyhow::Result<()> {
    if printer.json {
        let lines: Vec<Line> = entries.iter().map(line).collect();
        return printer.json(&lines);
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
            "{id}  {:width$}  {:>9}  Python {}{unfinished}",
            entry.label,
            megabytes(entry.bytes),
            entry.python
        ))?;
    }
    printer.talk(format!(
        "{} environments; hard links count in full, though they take no space of their own",
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
        complete: entry.complete,
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
