//! `asgi-toll report`: draws what is stored again, several runs together if asked.

use std::path::Path;

use anyhow::bail;
use toll_analysis::results::{Analysis, Cell, SeriesResult, ShapeKind};
use toll_report::render_table;
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
    Ok(exit_of(&analysis))
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
    Ok(printer.data(&render_table(analysis, &printer.style()))?)
}

/// What the cells of a result say about how the tool ends.
pub(crate) fn exit_of(analysis: &Analysis) -> Exit {
    let measured = analysis
        .series
        .iter()
        .flat_map(cells)
        .any(|cell| cell.error.is_none() && cell.slices > 0);
    let failed = analysis.series.iter().any(|series| series.error.is_some())
        || analysis
            .series
            .iter()
            .flat_map(cells)
            .any(|cell| cell.error.is_some());
    match (measured, failed) {
        (false, _) => Exit::NothingMeasured,
        (true, true) => Exit::SomeFailed,
        (true, false) => Exit::Done,
    }
}

/// Whether there is a finding of one of these codes.
pub(crate) fn has_finding(analysis: &Analysis, codes: &[String]) -> bool {
    let of_series = analysis.series.iter().flat_map(|series| &series.findings);
    analysis
        .findings
        .iter()
        .chain(of_series)
        .any(|finding| codes.contains(&finding.code))
}

/// Codes of findings about the shape.
const SHAPES: [&str; 3] = ["superlinear", "sublinear", "step"];

/// Whether a shape was asked about and some series cannot tell its shape: missing data passes no gate.
pub(crate) fn lacks_an_answer(analysis: &Analysis, codes: &[String]) -> bool {
    let asked = codes.iter().any(|code| SHAPES.contains(&code.as_str()));
    let unclear = |series: &SeriesResult| {
        series.shape.kind == ShapeKind::Unclear || layered(series) < LEVELS_OF_A_BEND
    };
    asked && analysis.series.iter().any(unclear)
}

/// Levels with a layer that a bend needs to be seen.
const LEVELS_OF_A_BEND: usize = 3;

/// The most levels with a layer that an instrument measured.
fn layered(series: &SeriesResult) -> usize {
    let measured = |cell: &&Cell| cell.middlewares >= 1 && cell.error.is_none();
    let instruments = series.instruments.values();
    instruments
        .map(|result| result.cells.iter().filter(measured).count())
        .max()
        .unwrap_or(0)
}

fn cells(series: &SeriesResult) -> impl Iterator<Item = &Cell> {
    series
        .instruments
        .values()
        .flat_map(|instrument| &instrument.cells)
}
