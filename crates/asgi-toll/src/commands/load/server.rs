//! Who could not go on: the server, or the load generator.

use std::time::Duration;

use anyhow::bail;
use serde::Serialize;
use toll_lab::serving::{ServerLoad, Watch, listener};
use toll_load::{GENERATOR_BUSY, Progress, Target};

use crate::cli::LoadArgs;

/// The generator tells its counts every 20 ms; right after the warm-up they are still the old ones.
const SETTLED: Duration = Duration::from_millis(50);

/// Who was saturated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Saturated {
    /// The server could hardly have done more.
    Server,
    /// The generator could hardly have sent more.
    Generator,
    /// Both had time to spare.
    Neither,
    /// The generator had time to spare; how the server was is not known.
    Unknown,
}

impl Saturated {
    /// By the busiest generator thread's share of its core.
    pub(super) fn at(generator: f64, server: Option<&ServerLoad>) -> Self {
        match server.map(|load| load.saturated) {
            Some(true) => Self::Server,
            _ if generator > GENERATOR_BUSY => Self::Generator,
            Some(false) => Self::Neither,
            None => Self::Unknown,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Server => "the server: it could hardly have done more",
            Self::Generator => "the generator: the server may be faster than this",
            Self::Neither => "neither: server and generator both had time to spare",
            Self::Unknown => {
                "not known: the server's process was not seen for long enough; load it for longer, or name it with --server-pid"
            }
        }
    }
}

/// Over the processes that listen at the target, or the one that was named.
pub(super) fn watch(args: &LoadArgs, target: &Target) -> anyhow::Result<Watch> {
    match args.server_pid {
        Some(pid) if listener::name_of(pid).is_none() => {
            bail!("--server-pid {pid}: there is no such process that could be looked at")
        }
        Some(pid) => Ok(Watch::over(vec![pid])),
        None => Ok(Watch::over(listener::processes_at(target))),
    }
}

/// Looks at the server, unless nothing is counted yet.
pub(super) fn look(watch: &mut Watch, seen: &Progress) {
    if !seen.warming_up && seen.elapsed >= SETTLED {
        watch.look(seen.ok + seen.errors);
    }
}

/// The server by its name, such as `uvicorn`.
pub(super) fn name(watch: &Watch) -> String {
    let first = watch.roots().first().copied();
    first
        .and_then(listener::name_of)
        .unwrap_or_else(|| "server".to_owned())
}
