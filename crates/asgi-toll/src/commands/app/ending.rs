//! How an audit ends: what is shown and written, and the exit code.

use toll_analysis::audit::results::{AuditReport, RequestAudit};
use toll_core::sample::Instrument;
use toll_report::audit::{FORMATS, render_audit};

use super::budget;
use crate::cli::AppArgs;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::printer::Printer;

pub(super) fn write(folder: &Folder, report: &AuditReport) -> anyhow::Result<()> {
    for format in FORMATS {
        folder.keep(format.file_name, &(format.render)(report)?)?;
    }
    Ok(())
}

pub(super) fn show(report: &AuditReport, args: &AppArgs, printer: Printer) -> anyhow::Result<()> {
    if printer.json {
        printer.json(report)?;
    } else {
        printer.data(&render_audit(report, &printer.style()))?;
    }
    match &args.out {
        Some(out) => printer.talk(format!("Results: {}", out.display())),
        None => {
            printer.talk("Nothing was kept; --out DIR keeps the report as HTML, Markdown and JSON");
        }
    }
    if report.interrupted {
        printer.talk("Interrupted: what was measured until then is shown");
    }
    Ok(())
}

/// Whether what was asked about might be there and could not be seen.
fn is_undecided(report: &AuditReport, fail_on: &[String]) -> bool {
    let asked = |codes: &[&str]| fail_on.iter().any(|code| codes.contains(&code.as_str()));
    let mut layers = report
        .requests
        .iter()
        .flat_map(|request| &request.layers)
        .filter(|layer| layer.removal.is_possible());
    let by_counts = asked(&["task-per-layer", "thread-hop"]);
    let by_time = asked(&["expensive-layer"]);
    layers.any(|layer| {
        let is_timed = layer.toll.as_ref().is_some_and(|toll| toll.low.is_some());
        (by_counts && layer.counts.is_empty()) || (by_time && !is_timed)
    })
}

/// Whether a request has any number.
pub(super) fn has_number(request: &RequestAudit) -> bool {
    let has_counts = || request.layers.iter().any(|layer| !layer.counts.is_empty());
    request.whole.is_some() || under_load(request) || has_counts()
}

fn under_load(request: &RequestAudit) -> bool {
    let load = request.load.as_ref();
    load.is_some_and(|load| load.with.is_some())
}

/// Whether a request lacks a number that was asked for.
fn is_lacking(request: &RequestAudit, asked: &[Instrument]) -> bool {
    let asks = |instrument| asked.contains(&instrument);
    let timed = asks(Instrument::Ablation) || asks(Instrument::Exclusive);
    (timed && request.whole.is_none())
        || (asks(Instrument::Load) && !under_load(request))
        || request.layers.iter().any(|layer| layer.error.is_some())
        || !has_number(request)
}

pub(super) fn exit_of(
    report: &AuditReport,
    fail_on: &[String],
    instruments: &[Instrument],
) -> Exit {
    if report.interrupted {
        return Exit::Interrupted;
    }
    let of_layers = report
        .requests
        .iter()
        .flat_map(|request| &request.layers)
        .flat_map(|layer| &layer.findings);
    let of_stacks = report.requests.iter().flat_map(|request| &request.findings);
    let mut found = of_layers.chain(of_stacks);
    if found.any(|finding| fail_on.contains(&finding.code)) {
        return Exit::Objection;
    }
    if let Some(exit) = budget::exit_of(report, fail_on) {
        return exit;
    }
    if is_undecided(report, fail_on) {
        return Exit::Inconclusive;
    }
    let requests = &report.requests;
    if !requests.iter().any(has_number) {
        return Exit::NothingMeasured;
    }
    let is_lacking = |request| is_lacking(request, instruments);
    if requests.iter().any(is_lacking) {
        return Exit::SomeFailed;
    }
    Exit::Done
}
