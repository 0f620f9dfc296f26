//! What can be typed. Structs only: what it means is decided in [`crate::settings`] and the verbs.

mod app;
mod bisect;
mod compare;
mod load;
mod selftest;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use toll_core::load_tool;
use toll_core::sample::Instrument;
use toll_lab::generator;

pub(crate) use app::AppArgs;
pub(crate) use bisect::{BisectArgs, HistoryArgs};
pub(crate) use compare::{CompareArgs, HeldArgs};
pub(crate) use load::{ArrivalKind, LoadArgs};
pub(crate) use selftest::SelftestArgs;

/// What each layer of ASGI middleware costs, measured on this machine.
///
/// Without a verb's options everything has a sensible default: `asgi-toll run` builds virtual
/// environments for ten frameworks, checks that every layer is really there, measures them side by
/// side in random order, and prints what one more middleware costs in each.
#[derive(Debug, Parser)]
#[command(
    name = "asgi-toll",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done, nothing to object to
  1    a finding or a verdict that --fail-on names
  2    usage, suite, environment or disk error: nothing was measured, or it could not be recorded
  3    measured, but some cells failed
  4    inconclusive where a decision was asked for
  130  interrupted: everything measured so far is kept";

/// Options of every verb.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Write one JSON value to standard output instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say only what went wrong.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Where environments and the tool's own uv are kept [default: the user's cache folder].
    #[arg(
        long,
        global = true,
        env = "ASGI_TOLL_CACHE_DIR",
        value_name = "DIR",
        hide_env_values = true
    )]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Measure what middlewares cost, over a matrix of series.
    Run(RunArgs),
    /// Say what each middleware of your own application costs.
    App(Box<AppArgs>),
    /// Say whether a release changed what layers cost.
    Compare(Box<CompareArgs>),
    /// Print what a suite would run, how many cells, and how long it would take.
    Plan(PlanArgs),
    /// List or show the suites in the binary.
    #[command(subcommand)]
    Suite(SuiteVerb),
    /// Write a suite as a starting point of your own.
    Init(InitArgs),
    /// Put an HTTP server of this machine under load, or find out how much it holds.
    Load(Box<LoadArgs>),
    /// Find the release that changed what layers cost, and what changed in it.
    Bisect(Box<BisectArgs>),
    /// Draw what layers cost over all releases of a distribution.
    History(Box<HistoryArgs>),
    /// Count the tool's own false alarms, and how many known effects it finds, on this machine.
    Selftest(Box<SelftestArgs>),
    /// Draw the reports of finished or interrupted runs again, several together if asked.
    Report(ReportArgs),
    /// Say what this machine is fit for.
    Doctor,
    /// List or remove what was built.
    #[command(subcommand)]
    Cache(CacheVerb),
    /// Kills what was started when the tool is gone; started by the tool itself.
    #[command(name = toll_lab::process::guard::ARGUMENT, hide = true)]
    Guard,
    /// Burns a share of a core for `selftest --noise`; started by the tool itself.
    #[command(name = toll_lab::noise::ARGUMENT, hide = true)]
    Burn,
    /// The server of `load --self-check`; started by the tool itself.
    #[command(name = "known-server", hide = true)]
    KnownServer {
        /// What it is to do, as JSON.
        spec: String,
    },
}

/// Which suite, and which part of it.
#[derive(Debug, Args)]
pub(crate) struct SuiteChoice {
    /// Name of a suite in the binary (see `asgi-toll suite list`), or path of a TOML file.
    #[arg(default_value = "today", value_name = "SUITE")]
    pub(crate) suite: String,
    /// Fewer levels (the lowest two and the highest) and less time: a first look in about 90 seconds.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only series whose name contains one of these words, such as `starlette` or `base-http`.
    #[arg(long, value_delimiter = ',', value_name = "WORD")]
    pub(crate) only: Vec<String>,
    /// Instruments instead of the suite's: `counts` (exact events, seconds), `direct` (CPU without a
    /// server), `load` (a real server).
    #[arg(long = "instrument", value_parser = instrument_names(), value_delimiter = ',', value_name = "NAME")]
    pub(crate) instruments: Vec<Instrument>,
    /// What sends the load of `load` instead of what the suite says: the tool's own generator, or
    /// a program that is installed.
    #[arg(long, value_parser = load_names(), value_name = "NAME")]
    pub(crate) load: Option<String>,
    /// How long load is sent to a cell at a time, instead of what the suite says, such as `20ms` or `2s`.
    #[arg(long, value_name = "TIME")]
    pub(crate) slice: Option<String>,
    /// How environments are made instead of what the suite says: virtualenvs with uv, or images of
    /// a container engine (Docker, Podman).
    #[arg(long, value_parser = PossibleValuesParser::new(toll_core::suite::PROVISIONERS), value_name = "NAME")]
    pub(crate) provisioner: Option<String>,
    /// Numbers of middlewares instead of the suite's: `0,1,5,20`, `0..=20`, or `auto` for so many
    /// that they cost a few times what the base costs.
    #[arg(long, value_name = "LEVELS")]
    pub(crate) middlewares: Option<String>,
    /// A Python for every series instead of the suite's: `3.12`, `3.12.1` or `newest`.
    #[arg(long, value_name = "VERSION")]
    pub(crate) python: Option<String>,
    /// Wall time after which no new measuring is begun, such as `10m` or `90s`.
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
    /// Stop a series when the toll's interval is within this of the toll, such as `5%`.
    #[arg(long, value_name = "SHARE")]
    pub(crate) precision: Option<String>,
}

/// Every instrument by its name.
fn instrument_names() -> impl TypedValueParser<Value = Instrument> {
    let find = |name: String| Instrument::from_name(&name).ok_or("no such instrument");
    PossibleValuesParser::new(Instrument::ALL.map(Instrument::name)).try_map(find)
}

/// Every load generator by its name.
fn load_names() -> PossibleValuesParser {
    let external = generator::all().iter().map(|generator| generator.name());
    PossibleValuesParser::new(std::iter::once(load_tool::OWN).chain(external))
}

/// `asgi-toll run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll run                          the newest release of ten frameworks
  asgi-toll run --quick                  the same, a first look in about 90 seconds
  asgi-toll run original                 seven frameworks as of January 2024, 0 to 20 middlewares
  asgi-toll run --instrument counts      exact events per request, no timing: seconds
  asgi-toll run --only starlette,fastapi two of the ten
  asgi-toll run my-suite.toml --budget 30m --precision 3%
  asgi-toll run --resume asgi-toll-out/2026-11-24T10-15-00")]
pub(crate) struct RunArgs {
    /// Which suite.
    #[command(flatten)]
    pub(crate) choice: SuiteChoice,
    /// Folder for the results [default: asgi-toll-out/<time>].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with an interrupted run; its suite and its seed are taken from the folder.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "suite", "quick", "only", "instruments", "load", "slice", "provisioner", "middlewares", "python", "seed"])]
    pub(crate) resume: Option<PathBuf>,
    /// Seed of the random orders [default: from the clock].
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Exit with 1 when a finding of one of these codes is there, such as `superlinear,layers-dropped`.
    #[arg(long, value_delimiter = ',', value_name = "CODE", value_parser = finding_code)]
    pub(crate) fail_on: Vec<String>,
    /// A uv to use instead of the one on PATH.
    #[arg(
        long,
        env = "ASGI_TOLL_UV",
        value_name = "PATH",
        hide_env_values = true
    )]
    pub(crate) uv: Option<PathBuf>,
}

/// A typing mistake here would never fail anything.
fn finding_code(text: &str) -> Result<String, String> {
    if toll_analysis::CODES.contains(&text) {
        return Ok(text.to_owned());
    }
    let known = toll_analysis::CODES.join(", ");
    Err(format!("there is no such finding; there are {known}"))
}

/// `asgi-toll plan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll plan
  asgi-toll plan original --json
  asgi-toll plan my-suite.toml --quick")]
pub(crate) struct PlanArgs {
    /// Which suite.
    #[command(flatten)]
    pub(crate) choice: SuiteChoice,
}

/// `asgi-toll suite`.
#[derive(Debug, Subcommand)]
pub(crate) enum SuiteVerb {
    /// The suites in the binary, a line each.
    List,
    /// The TOML of one.
    Show {
        /// Its name.
        name: String,
    },
}

/// `asgi-toll init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll init                         asgi-toll.toml, from the suite `today`
  asgi-toll init original --path old.toml")]
pub(crate) struct InitArgs {
    /// The suite to start from.
    #[arg(default_value = "today", value_name = "SUITE")]
    pub(crate) name: String,
    /// The file to write; one that exists is not overwritten.
    #[arg(long, default_value = "asgi-toll.toml", value_name = "FILE")]
    pub(crate) path: PathBuf,
}

/// `asgi-toll report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll report asgi-toll-out/2026-11-24T10-15-00
  asgi-toll report run-a run-b --out both")]
pub(crate) struct ReportArgs {
    /// Folders of runs.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,
    /// Folder for the reports [default: the run's own folder; needed for several runs].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// `asgi-toll cache`.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheVerb {
    /// What was built, how large it is, when it was used last.
    List(CacheArgs),
    /// Remove all of it.
    Clean(CacheArgs),
}

/// Which part of the cache.
#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    /// The images in the container engine instead of what is on disk; only those that asgi-toll made, and what
    /// killed runs left of containers.
    #[arg(long)]
    pub(crate) docker: bool,
}
