//! `asgi-toll app`.

use std::path::PathBuf;

use clap::Args;
use toll_analysis::compare::results::Verdict;

/// `asgi-toll app`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll app main:app
  asgi-toll app main:app --request 'GET /items/1' --request 'GET /items?page=2'
  asgi-toll app main:create_app --factory --env-file .env
  asgi-toll app main:app --request 'POST /login' --header 'Content-Type: application/json' --body @login.json
  asgi-toll app project.asgi:application --python .venv/bin/python --out audit   HTML, Markdown and JSON too
  asgi-toll app main:app --fail-on task-per-layer,thread-hop                     in continuous integration
  asgi-toll app main:app --save budget.toml                        what each layer takes, to be committed
  asgi-toll app main:app --budget budget.toml --fail-on regressed  does one take more than it may?

The application is imported as its server would import it, in the project's own environment: the active
virtualenv, `.venv`, or --python. Nothing in the project is written. Each layer is measured in two
independent ways: the application with and without it, and what passes at its borders.")]
pub(crate) struct AppArgs {
    /// The application, such as `main:app`; `app` where no attribute is named.
    #[arg(value_name = "MODULE:ATTRIBUTE")]
    pub(crate) app: String,
    /// The attribute is a function that makes the application.
    #[arg(long)]
    pub(crate) factory: bool,
    /// The folder that modules are looked for in first, where the project lies.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) app_dir: PathBuf,
    /// The project's interpreter [default: that of the active virtualenv, of `.venv` or `venv`, of
    /// Poetry, else `python3`].
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
    /// A file with environment variables for the application, `NAME=value` a line.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Whether the application speaks the lifespan protocol: `auto`, `on` or `off`.
    #[arg(long, default_value = "auto", value_parser = ["auto", "on", "off"], value_name = "WHEN")]
    pub(crate) lifespan: String,
    /// The event loop: `asyncio` or `uvloop` [default: uvloop where it is installed].
    #[arg(long = "loop", value_parser = ["asyncio", "uvloop"], value_name = "NAME")]
    pub(crate) event_loop: Option<String>,

    /// A request, `METHOD PATH`; may be repeated. Methods that change something are only sent if they
    /// are named here.
    #[arg(
        long = "request",
        default_value = "GET /",
        value_name = "REQUEST",
        help_heading = "Requests"
    )]
    pub(crate) requests: Vec<String>,
    /// A header of every request, `name: value`; its value is shown nowhere.
    #[arg(
        short = 'H',
        long = "header",
        value_name = "HEADER",
        help_heading = "Requests"
    )]
    pub(crate) headers: Vec<String>,
    /// The body of requests that are not GET or HEAD; `@file` reads it from a file.
    #[arg(long, value_name = "TEXT", help_heading = "Requests")]
    pub(crate) body: Option<String>,
    /// A request that takes longer than this is not sent again and again.
    #[arg(
        long,
        default_value = "1s",
        value_name = "TIME",
        help_heading = "Requests"
    )]
    pub(crate) slowest: String,

    /// Wall time after which no new round is begun, such as `2m`, for each request [default: 45s; 2m with
    /// --save or --budget].
    #[arg(long, value_name = "TIME", help_heading = "Measuring")]
    pub(crate) time: Option<String>,
    /// Seed of the random orders [default: from the clock].
    #[arg(long, help_heading = "Measuring")]
    pub(crate) seed: Option<u64>,
    /// Keep the reports (`audit.html`, `audit.md`, `audit.json`) in this folder.
    #[arg(long, value_name = "DIR", help_heading = "Measuring")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 1 when a finding of one of these codes is there, such as `task-per-layer,thread-hop`, or,
    /// with --budget, a verdict such as `regressed`; with 4 where that could not be told.
    #[arg(long, value_delimiter = ',', value_name = "CODE", value_parser = code, help_heading = "Measuring")]
    pub(crate) fail_on: Vec<String>,

    /// Write what each layer takes into this file, a budget that may be committed and edited.
    #[arg(long, value_name = "FILE", help_heading = "Budget")]
    pub(crate) save: Option<PathBuf>,
    /// Judge the application against the budget in this file; may be the one that --save writes.
    #[arg(long, value_name = "FILE", help_heading = "Budget")]
    pub(crate) budget: Option<PathBuf>,
    /// Up to where more than the budget is not objected to: a share of the toll, a time, or the larger of
    /// both. How badly the budget's own figure is known comes on top.
    #[arg(
        long,
        default_value = "15%,0.5us",
        value_name = "MARGIN",
        help_heading = "Budget"
    )]
    pub(crate) margin: String,
}

/// A typing mistake here would never fail anything.
fn code(text: &str) -> Result<String, String> {
    let codes = toll_analysis::audit::CODES;
    if codes.contains(&text) || Verdict::from_name(text).is_some() {
        return Ok(text.to_owned());
    }
    Err(format!(
        "there is no such finding; there are {}; and, with --budget, {}",
        codes.join(", "),
        Verdict::ALL.map(Verdict::name).join(", ")
    ))
}
