//! `asgi-toll app`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use toll_analysis::compare::results::Verdict;
use toll_core::sample::Instrument;

/// `asgi-toll app`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll app main:app
  asgi-toll app main:app --request 'GET /items/1' --request 'GET /items?page=2'
  asgi-toll app main:create_app --factory --env-file .env
  asgi-toll app main:app --request 'POST /login' --header 'Content-Type: application/json' --body @login.json
  asgi-toll app project.asgi:application --python .venv/bin/python --out audit   HTML, Markdown and JSON too
  asgi-toll app main:app --instrument load --server uvicorn                      requests/s with and without them
  asgi-toll app main:app --fail-on task-per-layer,thread-hop                     in continuous integration
  asgi-toll app main:app --without GZipMiddleware                                what would it bring?
  asgi-toll app main:app --replace SlowAPIMiddleware=slowapi.middleware:SlowAPIASGIMiddleware
  asgi-toll app main:app --upgrade starlette --upgrade fastapi
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

    /// Measure it without this layer beside it as it is; may be repeated. A layer is named as the report
    /// names it, by its class or dotted; `NAME#2` is the second of that name from outside.
    #[arg(long, value_name = "LAYER", help_heading = "What if")]
    pub(crate) without: Vec<String>,
    /// Measure it with another class in place of a layer; it gets the layer's options, as far as it
    /// takes them. May be repeated.
    #[arg(
        long,
        value_name = "LAYER=MODULE:CLASS",
        value_parser = replacement,
        help_heading = "What if"
    )]
    pub(crate) replace: Vec<(String, String)>,
    /// Measure it with these layers in this order from outside; they take one another's places.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "LAYER,LAYER",
        help_heading = "What if"
    )]
    pub(crate) order: Vec<String>,
    /// Measure it with the newest release of a package, or with `PACKAGE==VERSION`, in a temporary copy
    /// of the project's virtualenv. May be repeated.
    #[arg(
        long,
        value_name = "PACKAGE",
        conflicts_with_all = ["without", "replace", "order"],
        help_heading = "What if"
    )]
    pub(crate) upgrade: Vec<String>,

    /// How it is measured: `counts` (exact events, seconds), `ablation` (with and without each layer),
    /// `exclusive` (at the layers' borders), `load` (requests/s and CPU under a real server, with all
    /// layers and without those that can be taken out) [default: counts,exclusive,ablation; without
    /// `exclusive` where a change is asked about].
    #[arg(
        long = "instrument",
        value_parser = instruments(),
        value_delimiter = ',',
        value_name = "NAME",
        help_heading = "Measuring"
    )]
    pub(crate) instruments: Vec<Instrument>,
    /// The server for `load` [default: the first of uvicorn, hypercorn, granian, gunicorn that the
    /// project's environment has].
    #[arg(long, value_name = "NAME", help_heading = "Measuring")]
    pub(crate) server: Option<String>,
    /// Wall time for each request, such as `2m`: rounds go on until everything is known precisely, and none
    /// is begun after it [default: 60s, and six rounds unless a change is asked about; with --save or
    /// --budget, 2m].
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
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["without", "replace", "order", "upgrade"],
        help_heading = "Budget"
    )]
    pub(crate) save: Option<PathBuf>,
    /// Judge the application against the budget in this file; may be the one that --save writes.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["without", "replace", "order", "upgrade"],
        help_heading = "Budget"
    )]
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

fn replacement(text: &str) -> Result<(String, String), String> {
    let wrong = || "write LAYER=module:Class, such as TimingMiddleware=main:PureTiming".to_owned();
    let (layer, place) = text.split_once('=').ok_or_else(wrong)?;
    let (module, name) = place.split_once(':').ok_or_else(wrong)?;
    if [layer, module, name]
        .iter()
        .any(|part| part.trim().is_empty())
    {
        return Err(wrong());
    }
    Ok((layer.trim().to_owned(), place.trim().to_owned()))
}

/// The instruments that an audit has.
fn instruments() -> impl TypedValueParser<Value = Instrument> {
    let find = |name: String| Instrument::from_name(&name).ok_or("no such instrument");
    let names = Instrument::EVERY
        .into_iter()
        .filter(|instrument| *instrument != Instrument::Direct)
        .map(Instrument::name);
    PossibleValuesParser::new(names).try_map(find)
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
