//! `asgi-toll compare`: did this release change the toll?

use std::path::Path;

use anyhow::bail;
use toll_analysis::compare::results::{ComparisonReport, Verdict};
use toll_report::compare::render_comparisons;

use crate::catalogue;
use crate::cli::{CompareArgs, Global};
use crate::comparing::{carry_out, of_suites, order, sides};
use crate::exit::Exit;
use crate::job::{Task, Workshop};
use crate::printer::Printer;
use crate::settings;

mod stored;

pub(crate) fn run(args: &CompareArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    if let (Some(before), Some(after)) = (&args.before, &args.after)
        && let Some(runs) = stored::runs(before, after)?
    {
        return stored::run(&runs, args, printer);
    }
    let mut task = task(args)?;
    let workshop = Workshop::open(global, args.held.uv.as_deref(), printer)?;
    let Some(compared) = carry_out(&mut task, &workshop)? else {
        printer.talk("Interrupted before measuring began");
        return Ok(Exit::Interrupted);
    };
    task.folder.write_comparisons(&compared.report)?;
    show(&compared.report, printer)?;
    let folder = task.folder.shown();
    printer.talk(format!("Results: {folder}"));
    if compared.interrupted {
        printer.talk(format!(
            "Interrupted; go on with: asgi-toll compare --resume {folder}"
        ));
        return Ok(Exit::Interrupted);
    }
    Ok(exit_of(&compared.report, &args.fail_on))
}

fn task(args: &CompareArgs) -> anyhow::Result<Task> {
    if let Some(dir) = &args.resume {
        let mut task = Task::resumed(dir)?;
        if task.question.pairs.is_empty() {
            bail!(
                "{} is no comparison; go on with: asgi-toll run --resume {}",
                dir.display(),
                dir.display()
            );
        }
        if let Some(budget) = &args.held.budget {
            task.plan.settings.budget_s = settings::duration(budget)?.as_secs().max(1);
        }
        return Ok(task);
    }
    let (before, after) = (text(args.before.as_ref()), text(args.after.as_ref()));
    let mut order = if is_suite(before) && is_suite(after) {
        of_suites(before, after, &args.held)?
    } else {
        order(&sides(before, after)?, &args.held)?
    };
    order.out.clone_from(&args.out);
    Task::new(order)
}

fn text(side: Option<&String>) -> &str {
    side.map_or("", String::as_str)
}

fn is_suite(side: &str) -> bool {
    Path::new(side)
        .extension()
        .is_some_and(|extension| extension == "toml")
        || catalogue::suite_names().iter().any(|name| name == side)
}

/// Prints the result: tables for people, or all of it for scripts.
pub(crate) fn show(report: &ComparisonReport, printer: Printer) -> anyhow::Result<()> {
    if printer.json {
        return printer.json(report);
    }
    Ok(printer.data(&render_comparisons(report, &printer.style()))?)
}

/// How a comparison ends: with an objection where a verdict was named, and never well without numbers.
pub(crate) fn exit_of(report: &ComparisonReport, fail_on: &[Verdict]) -> Exit {
    let verdicts = || report.comparisons.iter().map(|one| one.verdict);
    let objects = |verdict: Verdict| fail_on.contains(&verdict) && verdict != Verdict::Inconclusive;
    let missing = verdicts()
        .filter(|verdict| *verdict == Verdict::Missing)
        .count();
    if verdicts().any(objects) {
        Exit::Objection
    } else if missing == report.comparisons.len() {
        Exit::NothingMeasured
    } else if missing > 0 {
        Exit::SomeFailed
    } else if fail_on.contains(&Verdict::Inconclusive)
        && verdicts().any(|one| one == Verdict::Inconclusive)
    {
        Exit::Inconclusive
    } else {
        Exit::Done
    }
}
