//! `asgi-toll suite`: the suites in the binary.

use serde::Serialize;
use toll_core::suite::Overrides;

use crate::catalogue;
use crate::cli::SuiteVerb;
use crate::exit::Exit;
use crate::printer::Printer;

/// One suite in a line.
#[derive(Serialize)]
struct Line {
    name: String,
    description: String,
    series: usize,
}

pub(crate) fn run(verb: &SuiteVerb, printer: Printer) -> anyhow::Result<Exit> {
    match verb {
        SuiteVerb::List => list(printer)?,
        SuiteVerb::Show { name } => show(name, printer)?,
    }
    Ok(Exit::Done)
}

fn list(printer: Printer) -> anyhow::Result<()> {
    let lines = catalogue::suite_names().into_iter().map(|name| {
        let (suite, _) = catalogue::open(&name, Overrides::default())?;
        Ok(Line {
            name,
            description: suite.description,
            series: suite.series.len(),
        })
    });
    let lines: Vec<Line> = lines.collect::<anyhow::Result<_>>()?;
    if printer.json {
        return printer.json(&serde_json::json!({ "schema_version": 1, "suites": lines }));
    }
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    for Line {
        name,
        description,
        series,
    } in &lines
    {
        printer.data(&format!("{name:width$}  {series:>2} series  {description}"))?;
    }
    Ok(())
}

fn show(name: &str, printer: Printer) -> anyhow::Result<()> {
    let text = catalogue::suite_text(name)?;
    if printer.json {
        return printer
            .json(&serde_json::json!({ "schema_version": 1, "name": name, "toml": text }));
    }
    Ok(printer.data(&text)?)
}
