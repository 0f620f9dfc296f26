//! How an audit ends: what is shown and written, and the exit code.

use toll_analysis::audit::results::{AuditReport, LayerAudit, RequestAudit};
use toll_analysis::results::Estimate;
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

/// Findings, and whether a request knows what it takes to say that they do not hold.
type Need = (&'static [&'static str], fn(&RequestAudit) -> bool);

const NEEDS: [Need; 5] = [
    (&["task-per-layer", "thread-hop"], is_counted),
    (
        &["expensive-layer", "few-take-most", "order-matters"],
        is_timed,
    ),
    (&["superlinear", "shared-work"], is_known_in_company),
    (&["ways-disagree"], is_known_both_ways),
    (
        &[
            "walks-routes",
            "works-while-idle",
            "buffers-body",
            "extra-messages",
            "breaks-streaming",
        ],
        is_watched,
    ),
];

fn of_removable(request: &RequestAudit) -> impl Iterator<Item = &LayerAudit> {
    let layers = request.layers.iter();
    layers.filter(|layer| layer.removal.is_possible())
}

fn is_counted(request: &RequestAudit) -> bool {
    of_removable(request).all(|layer| !layer.counts.is_empty())
}

fn is_timed(request: &RequestAudit) -> bool {
    let is_known = |toll: &Estimate| toll.low.is_some();
    of_removable(request).all(|layer| layer.toll.as_ref().is_some_and(is_known))
}

fn is_known_in_company(request: &RequestAudit) -> bool {
    let is_known = |told: &Estimate| told.low.is_some();
    of_removable(request).count() < 2 || request.in_company.as_ref().is_some_and(is_known)
}

fn is_known_both_ways(request: &RequestAudit) -> bool {
    let is_known = |way: &Option<Estimate>| way.as_ref().is_some_and(|told| told.low.is_some());
    of_removable(request).all(|layer| is_known(&layer.ablation) && is_known(&layer.exclusive))
}

fn is_watched(request: &RequestAudit) -> bool {
    request.layers.iter().all(|layer| layer.behaviour.is_some())
}

/// Whether what was asked about might be there and could not be seen.
fn is_undecided(report: &AuditReport, fail_on: &[String]) -> bool {
    let asks = |codes: &[&str]| fail_on.iter().any(|code| codes.contains(&code.as_str()));
    let mut asked = NEEDS.iter().filter(|(codes, _)| asks(codes));
    asked.any(|(_, is_known)| !report.requests.iter().all(is_known))
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
        || (asks(Instrument::Ablation) && lacks_change(request))
        || !has_number(request)
}

/// Whether a change that was asked about has no number.
fn lacks_change(request: &RequestAudit) -> bool {
    let asked = request.what_if.as_ref();
    asked.is_some_and(|asked| asked.whole.is_none())
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
