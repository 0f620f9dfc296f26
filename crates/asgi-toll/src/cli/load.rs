//! What can be typed after `asgi-toll load`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `asgi-toll load`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll load http://127.0.0.1:8000/ -c 10 -d 10s
      as fast as ten connections go
  asgi-toll load http://127.0.0.1:8000/ --rate 1000 --json
      1000 requests per second, whatever the answers do
  asgi-toll load http://127.0.0.1:8000/ --find-limit p99=10ms
      the highest rate at which 99 % of the answers take 10 ms at most
  asgi-toll load http+unix:///run/app.sock:/items -c 50 --fail-on errors
  asgi-toll load ws://127.0.0.1:8000/echo --body hello
  asgi-toll load --self-check --beside wrk,oha
      how accurate the generator is on this machine, and how accurate others are
  asgi-toll load http://127.0.0.1:8000/ -X POST --body '{\"a\": 1}' -H 'content-type: application/json'")]
pub(crate) struct LoadArgs {
    /// What to ask: `http://host:port/path`, `http+unix:///socket:/path`, or `ws://` for a WebSocket
    /// that echoes.
    #[arg(required_unless_present = "self_check")]
    pub(crate) url: Option<String>,

    /// Connections that are kept open.
    #[arg(short, long, default_value_t = 10, value_name = "N")]
    pub(crate) connections: u32,
    /// How long, such as `10s` or `2m`.
    #[arg(short, long, default_value = "10s", value_name = "TIME")]
    pub(crate) duration: String,
    /// Stop after so many requests instead.
    #[arg(short = 'n', long, value_name = "N", conflicts_with_all = ["duration", "find_limit"])]
    pub(crate) count: Option<u64>,
    /// Requests per second in all; without it every connection asks as soon as it is answered.
    #[arg(short, long, value_name = "PER_SECOND", conflicts_with = "find_limit")]
    pub(crate) rate: Option<f64>,
    /// How requests at a rate follow one another [default: constant].
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) arrivals: Option<ArrivalKind>,
    /// Seed of random arrivals; the same seed gives the same moments.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Threads; each is bound to a core of its own.
    #[arg(short, long, default_value_t = 1, value_name = "N")]
    pub(crate) threads: u32,
    /// Cores for the threads, such as `1` or `2,3` [default: the last ones].
    #[arg(long, value_delimiter = ',', value_name = "CORE")]
    pub(crate) cores: Vec<usize>,
    /// Never sleep: answers are seen, and requests sent, without the time that waking up takes; takes a
    /// whole core per thread.
    #[arg(long)]
    pub(crate) spin: bool,
    /// Load that is sent before anything is counted.
    #[arg(long, default_value = "0s", value_name = "TIME")]
    pub(crate) warmup: String,
    /// How long one request may take.
    #[arg(long, default_value = "5s", value_name = "TIME")]
    pub(crate) timeout: String,

    /// Request method.
    #[arg(short = 'X', long, default_value = "GET", help_heading = "Request")]
    pub(crate) method: String,
    /// A file of requests that are sent in turn; --header is added to each.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["method", "body"], help_heading = "Request")]
    pub(crate) requests: Option<PathBuf>,
    /// Request header, `name: value`; may be repeated.
    #[arg(
        short = 'H',
        long = "header",
        value_name = "HEADER",
        help_heading = "Request"
    )]
    pub(crate) headers: Vec<String>,
    /// Request body, or the message of a WebSocket; `@file` reads it from a file.
    #[arg(short, long, value_name = "TEXT", help_heading = "Request")]
    pub(crate) body: Option<String>,
    /// The status that counts as a right answer [default: any 2xx].
    #[arg(long, value_name = "CODE", help_heading = "Request")]
    pub(crate) expect_status: Option<u16>,
    /// The body that a right answer has; `@file` reads it from a file.
    #[arg(long, value_name = "TEXT", help_heading = "Request")]
    pub(crate) expect_body: Option<String>,
    /// Load leaves this machine only when this says so.
    #[arg(long, help_heading = "Request")]
    pub(crate) allow_remote: bool,

    /// Search the highest rate that holds a latency, such as `p99=10ms` (p50, p90, p95, p99, p99.9
    /// or max), counted from the moment each request was due.
    #[arg(long, value_name = "GOAL", help_heading = "Finding the limit")]
    pub(crate) find_limit: Option<toll_load::Goal>,
    /// How long each rate is tried; the limit is confirmed for three times that.
    #[arg(
        long,
        default_value = "2s",
        value_name = "TIME",
        requires = "find_limit",
        help_heading = "Finding the limit"
    )]
    pub(crate) probe: String,
    /// How close the limit is to be known.
    #[arg(
        long,
        default_value = "5%",
        value_name = "SHARE",
        requires = "find_limit",
        help_heading = "Finding the limit"
    )]
    pub(crate) resolution: String,
    /// Share of the requests that may fail at the limit, such as `0.1%` [default: none].
    #[arg(
        long,
        value_name = "SHARE",
        requires = "find_limit",
        help_heading = "Finding the limit"
    )]
    pub(crate) max_errors: Option<String>,

    /// The server's process, if it is not found by what listens at the address. Its children count
    /// with it.
    #[arg(long, value_name = "PID", help_heading = "Judging")]
    pub(crate) server_pid: Option<u32>,
    /// Exit with 1 when a doubt of one of these codes is there, such as `errors,rate-missed`.
    #[arg(long, value_delimiter = ',', value_name = "CODE", value_parser = doubt_code, help_heading = "Judging")]
    pub(crate) fail_on: Vec<String>,
    /// Print a line for every second too.
    #[arg(long, conflicts_with = "find_limit", help_heading = "Judging")]
    pub(crate) per_second: bool,

    #[command(flatten)]
    pub(crate) accuracy: AccuracyArgs,
}

/// What `--self-check` asks, and of whom.
#[derive(Debug, Args)]
#[command(next_help_heading = "Accuracy")]
pub(crate) struct AccuracyArgs {
    /// Ask the generator questions whose answers are known, and print expected beside measured.
    #[arg(long, conflicts_with_all = ["url", "find_limit", "rate", "count", "spin", "requests", "body"])]
    pub(crate) self_check: bool,
    /// Ask for longer: many minutes instead of one or two.
    #[arg(long, requires = "self_check")]
    pub(crate) full: bool,
    /// Ask only these questions.
    #[arg(
        long, requires = "self_check", value_delimiter = ',', value_name = "QUESTION",
        conflicts_with = "markdown",
        value_parser = clap::builder::PossibleValuesParser::new(
            toll_accuracy::experiments::ALL.iter().map(|question| question.key),
        ),
    )]
    pub(crate) only: Vec<String>,
    /// Ask these generators the same questions.
    #[arg(
        long, requires = "self_check", value_delimiter = ',', value_name = "NAME",
        value_parser = clap::builder::PossibleValuesParser::new(
            toll_lab::generator::all().iter().map(|tool| tool.name()),
        ),
    )]
    pub(crate) beside: Vec<String>,
    /// Write the tables into the marked part of this page.
    #[arg(long, requires = "self_check", value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

/// How requests at a rate follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArrivalKind {
    /// At equal distances.
    Constant,
    /// At random (Poisson), as from many people who know nothing of one another.
    Poisson,
}

/// A typing mistake here would never fail anything.
fn doubt_code(text: &str) -> Result<String, String> {
    if toll_load::doubt_codes().any(|code| code == text) {
        return Ok(text.to_owned());
    }
    let known: Vec<_> = toll_load::doubt_codes().collect();
    Err(format!(
        "there is no such doubt; there are {}",
        known.join(", ")
    ))
}
