//! `asgi-toll bisect` and `asgi-toll history`.

use std::path::PathBuf;

use clap::Args;

use super::HeldArgs;

/// `asgi-toll bisect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll bisect starlette --good 0.20.4 --bad 0.38.2 --kind base-http --with anyio==4.4.0
  asgi-toll bisect starlette --good 0.20.4 --bad 1.10.0 --kind base-http --all      every step, up and down
  asgi-toll bisect anyio --good 4.0.0 --bad 4.9.0 --framework starlette --with starlette==0.46.2 --kind base-http
  asgi-toll bisect uvicorn --good 0.20.0 --bad 0.30.0 --framework starlette --instrument load

Exact counts are used wherever they show the difference, time where they do not. Everything but the
distribution is held still; where something moves all the same, it is swapped by itself and the culprit named.")]
pub(crate) struct BisectArgs {
    /// The distribution whose releases are searched.
    #[arg(value_name = "DISTRIBUTION", required_unless_present = "resume")]
    pub(crate) distribution: Option<String>,
    /// The older end of the range.
    #[arg(long, value_name = "VERSION", required_unless_present = "resume")]
    pub(crate) good: Option<String>,
    /// The newer end of the range.
    #[arg(long, value_name = "VERSION", required_unless_present = "resume")]
    pub(crate) bad: Option<String>,
    /// List every step in the range, up and down, by counts; all releases are counted.
    #[arg(long)]
    pub(crate) all: bool,
    /// Search pre-releases too.
    #[arg(long)]
    pub(crate) pre: bool,
    /// Search this release too, though it was yanked; may be repeated.
    #[arg(long, value_name = "VERSION")]
    pub(crate) include: Vec<String>,
    /// What is the same for all releases.
    #[command(flatten)]
    pub(crate) held: HeldArgs,
    /// Folder for the results [default: asgi-toll-out/<time>].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with an interrupted search; what is searched is taken from the folder, a new --budget is heeded.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["distribution", "good", "bad", "out", "all", "pre", "include"])]
    pub(crate) resume: Option<PathBuf>,
}

/// `asgi-toll history`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll history starlette --kind base-http --with anyio==4.4.0
  asgi-toll history starlette --kind asgi-header --from 0.30.0 --to 1.10.0
  asgi-toll history anyio --framework starlette --with starlette==0.46.2 --kind base-http --instrument counts

The table shows the releases at which something changed; --every shows all. history.png is the picture.")]
pub(crate) struct HistoryArgs {
    /// The distribution.
    #[arg(value_name = "DISTRIBUTION", required_unless_present = "resume")]
    pub(crate) distribution: Option<String>,
    /// The oldest release [default: the first].
    #[arg(long, value_name = "VERSION")]
    pub(crate) from: Option<String>,
    /// The newest release [default: the last].
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// Pre-releases too.
    #[arg(long)]
    pub(crate) pre: bool,
    /// Go on with an interrupted history; what is measured is taken from the folder, a new
    /// --budget is heeded.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["distribution", "from", "to", "pre", "out"])]
    pub(crate) resume: Option<PathBuf>,
    /// Print every release, not only those at which something changed.
    #[arg(long)]
    pub(crate) every: bool,
    /// What is the same for all releases.
    #[command(flatten)]
    pub(crate) held: HeldArgs,
    /// Folder for the results [default: asgi-toll-out/<time>].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
