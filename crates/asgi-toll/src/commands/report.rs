//! `asgi-toll report`: draws what is stored again, several runs together if asked.

use std::path::Path;

use anyhow::bail;
use toll_analysis::results::Analysis;
use toll_report::{TerminalStyle, render_table};
use toll_store::Store;

use crate::cli::ReportArgs;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::printer::Printer;

pub(crate) fn run(args: &ReportArgs, printer: Printer) -> anyhow::Result<Exit> {
    if args.dirs.len() > 1 && args.out.is_none() {
        bail!("several runs are drawn into a folder of their own: add --out DIR");
    }
    let analyses: Vec<Analysis> = args
        .dirs
        .iter()
        .map(|dir| analyse(dir))
        .collect::<anyhow::Result<_>>()?;
    let analysis = toll_analysis::combine(analyses);
    let folder = match &args.out {
        Some(out) => Folder::for_reports(out)?,
        None => Folder::open(&args.dirs[0])?,
    };
    folder.write_reports(&analysis)?;
    show(&analysis, printer)?;
    printer.talk(format!("Reports: {}", folder.shown()));
    Ok(exit_of(&analysis, &[]))
}

fn analyse(dir: &Path) -> anyhow::Result<Analysis> {
    let folder = Folder::open(dir)?;
    let run = Store::open_for_reading(&folder.store())?.load()?;
    Ok(toll_analysis::analyse(&run))
}

/// Prints the result: a table for people, or all of it for scripts.
pub(crate) fn show(analysis: &Analysis, printer: Printer) -> anyhow::Result<()> {
    if printer.json {
        return printer.json(analysis);
    }
    let style = TerminalStyle {
        width: Printer::width(),
        colour: printer.colours(),
        unicode: true,
    };
    Ok(printer.data(&render_table(analysis, &style))?)
}

/// How a run with this result ends.
pub(crate) fn exit_of(analysis: &Analysis, fail_on: &[String]) -> Exit {
    let objected = |code: &str| fail_on.iter().any(|asked| asked == code);
    let findings = analysis
        .findings
        .iter()
        .chain(analysis.series.iter().flat_map(|series| &series.findings));
    if analysis.run.interrupted {
        return Exit::Interrupted;
    }
    if findings.into_iter().any(|finding| objected(&finding.code)) {
        return Exit::Objection;
    }
    let measured = |series: &toll_analysis::results::SeriesResult| {
        series
            .instruments
            .values()
            .any(|instrument| instrument.cells.iter().any(|cell| cell.requests > 0))
    };
    let failed = |series: &toll_analysis::results::SeriesResult| {
        series.error.is_some()
            || series
                .instruments
                .values()
                .any(|instrument| instrument.cells.iter().any(|cell| cell.error.is_some()))
    };
    match (
        analysis.series.iter().any(measured),
        analysis.series.iter().any(failed),
    ) {
        (false, _) => Exit::NothingMeasured,
        (true, true) => Exit::SomeFailed,
        (true, false) => Exit::Done,
    }
}
