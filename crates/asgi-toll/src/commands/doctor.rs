//! `asgi-toll doctor`: what this machine is fit for.

use serde::Serialize;
use toll_core::host::{Host, Remark, Severity};
use toll_lab::host;
use toll_lab::provision::{Context, discover_interpreters, find_uv};

use crate::cli::Global;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;
use crate::stop;

/// What `asgi-toll doctor --json` says.
#[derive(Serialize)]
struct Examination {
    schema_version: u32,
    fit: bool,
    host: Host,
    remarks: Vec<Remark>,
}

pub(crate) fn run(global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let cache = settings::cache_dir(global)?;
    let context = Context::new(cache.clone(), stop::flag()?);
    let uv = find_uv(&context, None)?;
    let interpreters = discover_interpreters(&context, uv.as_ref());
    let host = host::facts(&cache, uv.as_ref(), &interpreters);
    let remarks = host::remarks(&host);
    let fit = remarks
        .iter()
        .all(|remark| remark.severity < Severity::Unfit);
    if printer.json {
        printer.json(&Examination {
            schema_version: 1,
            fit,
            host,
            remarks,
        })?;
    } else {
        printer.data(&in_words(&host, &remarks, fit))?;
    }
    Ok(if fit {
        Exit::Done
    } else {
        Exit::NothingMeasured
    })
}

fn in_words(host: &Host, remarks: &[Remark], fit: bool) -> String {
    let cpu = host.cpu_model.as_deref().unwrap_or("unknown processor");
    let mut lines = vec![
        format!("{} on {}, {cpu}", host.system, host.machine),
        String::new(),
    ];
    let width = remarks
        .iter()
        .map(|remark| remark.topic.chars().count())
        .max()
        .unwrap_or(0);
    for remark in remarks {
        let mark = match remark.severity {
            Severity::Fine => "ok ",
            Severity::Warning => "!  ",
            Severity::Unfit => "NO ",
        };
        lines.push(format!("{mark} {:width$}  {}", remark.topic, remark.seen));
        if !remark.advice.is_empty() {
            lines.push(format!("    {:width$}  → {}", "", remark.advice));
        }
    }
    lines.push(String::new());
    lines.push("interpreters".to_owned());
    lines.extend(host.interpreters.iter().map(|found| {
        format!(
            "    {} {}  {}",
            found.implementation, found.version, found.path
        )
    }));
    lines.push(String::new());
    lines.push(verdict(remarks, fit));
    lines.join("\n")
}

fn verdict(remarks: &[Remark], fit: bool) -> String {
    let warnings = remarks
        .iter()
        .filter(|remark| remark.severity == Severity::Warning)
        .count();
    match (fit, warnings) {
        (false, _) => "This machine cannot measure yet: see NO above.".to_owned(),
        (true, 0) => "This machine is fit to measure.".to_owned(),
        (true, count) => {
            format!("This machine can measure; {count} thing(s) above make the numbers noisier.")
        }
    }
}
