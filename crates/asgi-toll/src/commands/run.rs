//! `asgi-toll run`: the main job, from a suite to the reports.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use toll_analysis::results::Analysis;
use toll_lab::bench::Comparison;

use super::{plan, report};
use crate::cli::{Global, RunArgs};
use crate::exit::Exit;
use crate::job::{self, Order, Question, Task, Tolls, Workshop};
use crate::printer::Printer;

pub(crate) fn run(args: &RunArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let workshop = Workshop::open(global, args.uv.as_deref(), printer)?;
    let mut task = task(args)?;
    if task.plan.quick {
        printer.note(QUICK);
    }
    for which in &task.plan.not_applicable {
        printer.note(format!("not applicable: {}: {}", which.axes, which.reason));
    }
    let prepared = job::prepare(&task, &workshop);
    if workshop.aborted() {
        task.folder.remove_if_empty();
        printer.talk("Interrupted before measuring began");
        return Ok(Exit::Interrupted);
    }
    let judge = Tolls(task.plan.settings.clone());
    let apart = |stations: Vec<_>| stations.into_iter().map(Comparison::from).collect();
    let measured = job::measure(&mut task, &prepared?, &apart, Arc::new(judge), printer)?;
    finish(&task, &measured, args, printer)
}

const QUICK: &str = "a quick look: the lowest two and the highest level, few slices; intervals are wider, and a bend of the cost is not seen";

/// A new run, or the rest of an old one, of which only how long and how exactly may be changed.
fn task(args: &RunArgs) -> anyhow::Result<Task> {
    if let Some(dir) = &args.resume {
        let mut task = Task::resumed(dir)?;
        if !task.question.pairs.is_empty() {
            let dir = dir.display();
            bail!(
                "{dir} is a comparison, whose sides are measured side by side; go on with: asgi-toll compare --resume {dir}"
            );
        }
        plan::set_limits(&mut task.plan, &args.choice)?;
        return Ok(task);
    }
    let (plan, shelf) = plan::chosen(&args.choice)?;
    Task::new(Order {
        plan,
        suite: args.choice.suite.clone(),
        shelf,
        question: Question::default(),
        out: args.out.clone(),
        seed: args.seed,
    })
}

/// Draws the reports of what was measured, and says how the run ends.
fn finish(
    task: &Task,
    measured: &job::Measured,
    args: &RunArgs,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let analysis = toll_analysis::analyse(&measured.run);
    task.folder
        .write_reports(&analysis)
        .with_context(|| task.kept())?;
    report::show(&analysis, printer)?;
    printer.talk(format!("Results: {}", task.folder.shown()));
    if measured.interrupted {
        printer.talk(format!(
            "Interrupted; go on with: asgi-toll run --resume {}",
            task.folder.shown()
        ));
        return Ok(Exit::Interrupted);
    }
    Ok(verdict(&analysis, &args.fail_on))
}

/// How a run that came to its end ends. A shape that was asked about and is unclear passes no gate.
fn verdict(analysis: &Analysis, fail_on: &[String]) -> Exit {
    if report::has_finding(analysis, fail_on) {
        return Exit::Objection;
    }
    match report::exit_of(analysis) {
        Exit::Done if report::lacks_an_answer(analysis, fail_on) => Exit::Inconclusive,
        exit => exit,
    }
}
