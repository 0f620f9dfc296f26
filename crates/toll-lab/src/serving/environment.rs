//! The environment variables that a process of a series sees: few, the same for every cell, and nothing
//! of the user's shell that would change what is measured.

use std::path::Path;
use std::process::Command;

/// What the harness must know in every process of a series.
#[derive(Debug, Clone)]
pub struct ServeRequest<'a> {
    /// Folder of the harness, put on Python's path.
    pub harness: &'a Path,
    /// Folder of the subject.
    pub subject: &'a Path,
    /// Middleware kind.
    pub kind: &'a str,
    /// Workload.
    pub workload: &'a str,
    /// HTTP implementation.
    pub http: &'a str,
    /// Event loop.
    pub event_loop: &'a str,
    /// Seed of Python's string hashing: the same for every cell of a round, another in the next.
    pub hash_seed: u32,
}

/// What a program needs of the user's own environment to run at all.
const KEPT: [&str; 8] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
];

impl ServeRequest<'_> {
    /// Gives the command exactly these variables.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.env_clear();
        command.envs(
            KEPT.iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        );
        command.env("PYTHONPATH", self.harness);
        command.env("PYTHONHASHSEED", self.hash_seed.to_string());
        command.env("PYTHONUNBUFFERED", "1");
        command.env("ASGI_TOLL_SUBJECT", self.subject);
        command.env("ASGI_TOLL_KIND", self.kind);
        command.env("ASGI_TOLL_WORKLOAD", self.workload);
        command.env("ASGI_TOLL_HTTP", self.http);
        command.env("ASGI_TOLL_LOOP", self.event_loop);
    }
}
