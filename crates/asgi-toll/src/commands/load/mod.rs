//! `asgi-toll load`: the load generator alone.

mod limit;
mod limit_words;
mod once;
mod plan;
pub(crate) mod self_check;
mod server;
mod units;
mod words;

use crate::cli::LoadArgs;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::stop;

pub(crate) fn run(args: &LoadArgs, printer: Printer) -> anyhow::Result<Exit> {
    if args.accuracy.self_check {
        let wish = self_check::Wish {
            full: args.accuracy.full,
            only: &args.accuracy.only,
            beside: &args.accuracy.beside,
            markdown: args.accuracy.markdown.as_deref(),
        };
        return self_check::run(&wish, printer);
    }
    let plan = plan::plan(args)?;
    let watch = server::watch(args, &plan.target)?;
    let abort = stop::flag()?;
    match args.find_limit {
        None => once::run(args, &plan, watch, &abort, printer),
        Some(goal) => limit::run(args, &plan, goal, watch, &abort, printer),
    }
}

/// Whether one of the doubts is one that the caller asked to fail on.
fn objects(args: &LoadArgs, doubts: &[toll_load::Doubt]) -> bool {
    let asked = |doubt: &toll_load::Doubt| args.fail_on.iter().any(|code| code == doubt.code);
    doubts.iter().any(asked)
}
