//! asgi-toll: what a layer of ASGI middleware costs.

mod assets;
mod catalogue;
mod cli;
mod commands;
mod comparing;
mod exit;
mod folder;
mod job;
mod printer;
mod settings;
mod stop;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Verb};
use exit::Exit;
use printer::Printer;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(&cli.global);
    match carry_out(&cli, printer) {
        Ok(exit) => exit.into(),
        Err(error) => {
            printer.error(format!("{error:#}"));
            Exit::NothingMeasured.into()
        }
    }
}

fn carry_out(cli: &Cli, printer: Printer) -> anyhow::Result<Exit> {
    let global = &cli.global;
    match &cli.verb {
        Verb::Run(args) => commands::run::run(args, global, printer),
        Verb::App(args) => commands::app::run(args, global, printer),
        Verb::Compare(args) => commands::compare::run(args, global, printer),
        Verb::Bisect(args) => commands::bisect::run(args, global, printer),
        Verb::History(args) => commands::history::run(args, global, printer),
        Verb::Selftest(args) => commands::selftest::run(args, global, printer),
        Verb::Burn => {
            toll_lab::noise::burn();
            Ok(Exit::Done)
        }
        Verb::Plan(args) => commands::plan::run(args, printer),
        Verb::Suite(verb) => commands::suite::run(verb, printer),
        Verb::Init(args) => commands::init::run(args, printer),
        Verb::Load(args) => commands::load::run(args, printer),
        Verb::Report(args) => commands::report::run(args, printer),
        Verb::Doctor => commands::doctor::run(global, printer),
        Verb::Cache(verb) => commands::cache::run(verb, global, printer),
        Verb::KnownServer { spec } => commands::load::self_check::serve(spec),
        Verb::Guard => commands::guard::run(),
    }
}
