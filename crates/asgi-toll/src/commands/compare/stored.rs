//! Two runs that are stored: their counts are compared exactly; times that were not measured side by side
//! are shown and not judged.

use std::path::{Path, PathBuf};

use anyhow::bail;
use toll_analysis::compare::{Pair, compare_apart};
use toll_core::axes;
use toll_core::sample::{MeasuredRun, MeasuredSeries};
use toll_store::Store;

use super::{exit_of, show};
use crate::cli::CompareArgs;
use crate::comparing;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::printer::Printer;

/// The folders, if both sides are folders of runs.
///
/// # Errors
/// Only one of them is.
pub(super) fn runs(before: &str, after: &str) -> anyhow::Result<Option<[PathBuf; 2]>> {
    let is_run = |side: &str| Path::new(side).join("run.sqlite").is_file();
    match (is_run(before), is_run(after)) {
        (true, true) => Ok(Some([before.into(), after.into()])),
        (false, false) => Ok(None),
        _ => bail!(
            "a run is compared with a run, and {before} and {after} are not both folders of one"
        ),
    }
}

pub(super) fn run(
    [before, after]: &[PathBuf; 2],
    args: &CompareArgs,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let load =
        |dir: &Path| anyhow::Ok(Store::open_for_reading(&Folder::open(dir)?.store())?.load()?);
    let (mut one, other) = (load(before)?, load(after)?);
    let offset = one.series.len();
    let pairs = pairs(&one, &other, offset, [before, after]);
    if pairs.is_empty() {
        bail!("the runs have no series in common: they pair by framework, kind and workload");
    }
    one.series.extend(other.series);
    let margin = comparing::margin(&args.held.margin)?;
    let report = compare_apart(&one, &pairs, margin);
    if let Some(out) = &args.out {
        Folder::for_reports(out)?.write_comparisons(&report)?;
    }
    show(&report, printer)?;
    Ok(exit_of(&report, &args.fail_on))
}

/// Series that are the same but for versions; each once, in order.
fn pairs(one: &MeasuredRun, other: &MeasuredRun, offset: usize, dirs: [&PathBuf; 2]) -> Vec<Pair> {
    let mut taken = Vec::new();
    let mut pairs = Vec::new();
    for (place, series) in one.series.iter().enumerate() {
        let partner = other
            .series
            .iter()
            .enumerate()
            .find(|(index, candidate)| !taken.contains(index) && key(candidate) == key(series));
        let Some((index, candidate)) = partner else {
            continue;
        };
        taken.push(index);
        let side = |series: &MeasuredSeries, dir: &PathBuf| {
            format!("{} ({})", series.axes.get(axes::VERSION), dir.display())
        };
        pairs.push(Pair {
            label: key(series).join(" "),
            before: (place, side(series, dirs[0])),
            after: (offset + index, side(candidate, dirs[1])),
        });
    }
    pairs
}

fn key(series: &MeasuredSeries) -> [&str; 3] {
    [axes::FRAMEWORK, axes::KIND, axes::WORKLOAD].map(|axis| series.planned_axes.get(axis))
}
