//! `asgi-toll compare`, and what it shares with the other verbs that compare releases.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use toll_analysis::compare::results::Verdict;
use toll_core::sample::Instrument;

/// What is the same on all sides of a comparison.
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub(crate) struct HeldArgs {
    /// The framework that carries the layers [default: the distribution that is compared, where it is one].
    #[arg(long, value_name = "NAME")]
    pub(crate) framework: Option<String>,
    /// Middleware kinds, such as `native`, `base-http` or `asgi-header`; several are compared together.
    #[arg(
        long = "kind",
        default_value = "native",
        value_delimiter = ',',
        value_name = "KIND"
    )]
    pub(crate) kinds: Vec<String>,
    /// Workloads, such as `ping`, `post-1k` or `stream-100x1k`; several are compared together.
    #[arg(
        long = "workload",
        default_value = "ping",
        value_delimiter = ',',
        value_name = "NAME"
    )]
    pub(crate) workloads: Vec<String>,
    /// A requirement that holds on all sides, such as `anyio==4.4.0`; may be repeated.
    #[arg(long, value_name = "REQUIREMENT")]
    pub(crate) with: Vec<String>,
    /// The Python: `3.12`, `3.12.1` or `newest`.
    #[arg(long, default_value = "newest", value_name = "VERSION")]
    pub(crate) python: String,
    /// The server, such as `uvicorn==0.54.0`; matters for `load`.
    #[arg(long, default_value = "uvicorn", value_name = "SERVER")]
    pub(crate) server: String,
    /// The most layers, or a list of numbers of layers, such as `10` or `0,1,5,10`; `auto` for so many
    /// that they cost a few times what the base costs.
    #[arg(long, default_value = "auto", value_name = "LAYERS")]
    pub(crate) middlewares: String,
    /// Instruments: `counts` (exact events, seconds), `direct` (CPU without a server), `load` (a real
    /// server) [default: counts, direct].
    #[arg(long = "instrument", value_parser = super::instrument_names(), value_delimiter = ',', value_name = "NAME")]
    pub(crate) instruments: Vec<Instrument>,
    /// Only releases that were there on this day, such as `2024-01-03`.
    #[arg(long, value_name = "DATE")]
    pub(crate) exclude_newer: Option<String>,
    /// Wall time after which no new round is begun, such as `5m` [default: 10m; a history takes as long
    /// as its rounds do].
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
    /// Up to where a change is not objected to: a share of the cost, a time, or the larger of both,
    /// such as `3%`, `0.3us` or `3%,0.3us`.
    #[arg(long, default_value = "3%,0.3us", value_name = "MARGIN")]
    pub(crate) margin: String,
    /// Seed of the random orders [default: from the clock].
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// A uv to use instead of the one on PATH.
    #[arg(
        long,
        env = "ASGI_TOLL_UV",
        value_name = "PATH",
        hide_env_values = true
    )]
    pub(crate) uv: Option<PathBuf>,
}

/// `asgi-toll compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll compare starlette==0.45.0 starlette==1.10.0 --kind base-http
  asgi-toll compare anyio==4.4.0 anyio==4.9.0 --framework starlette --with starlette==0.46.2 --kind base-http
  asgi-toll compare starlette . --kind base-http,native   the newest release against the folder you are in
  asgi-toll compare starlette==1.10.0 ./dist/starlette-1.11.0-py3-none-any.whl --fail-on regressed
  asgi-toll compare fastapi==0.115.0 fastapi==0.120.0 --instrument counts   exact events alone: seconds
  asgi-toll compare before.toml after.toml                two suites, series by series
  asgi-toll compare asgi-toll-out/monday asgi-toll-out/friday   two runs that are stored

A side is a requirement (`name`, `name==1.2`, `name @ URL`), a folder with a project, a wheel, a suite,
or the folder of a run. The verdict is `regressed`, `improved`, `cleared`, `inconclusive` or `missing`;
what could have been seen is printed beside it.")]
pub(crate) struct CompareArgs {
    /// What there was.
    #[arg(value_name = "BEFORE", required_unless_present = "resume")]
    pub(crate) before: Option<String>,
    /// What there is now.
    #[arg(value_name = "AFTER", required_unless_present = "resume")]
    pub(crate) after: Option<String>,
    /// What is the same on both sides.
    #[command(flatten)]
    pub(crate) held: HeldArgs,
    /// Folder for the results [default: asgi-toll-out/<time>].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with an interrupted comparison; what is compared is taken from the folder, a new --budget is
    /// heeded.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["before", "after", "out"])]
    pub(crate) resume: Option<PathBuf>,
    /// Exit with 1 when a verdict is one of these, such as `regressed,missing`; with 4 for `inconclusive`.
    #[arg(long, value_delimiter = ',', value_name = "VERDICT", value_parser = verdict)]
    pub(crate) fail_on: Vec<Verdict>,
}

/// A typing mistake here would never fail anything.
pub(crate) fn verdict(text: &str) -> Result<Verdict, String> {
    let names = Verdict::ALL.map(Verdict::name).join(", ");
    Verdict::from_name(text).ok_or_else(|| format!("there is no such verdict; there are {names}"))
}
