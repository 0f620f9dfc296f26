//! The generators, each as a process of its own on the same core.

use super::say;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use toll_lab::generator::{self, Assignment, Program};
use toll_lab::process::{Limits, run_metered};
use toll_load::{Request, Target};

/// What one measurement gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Right answers.
    pub(crate) ok: u64,
    /// CPU time of the whole process, its start included.
    pub(crate) cpu_ns: u64,
    /// Wall time of the load.
    pub(crate) wall_ns: u64,
    /// The most memory that it held.
    pub(crate) peak_bytes: u64,
}

pub(crate) enum Tool {
    /// `asgi-toll load`.
    Own(PathBuf),
    /// Another program.
    Other(Program),
}

/// The own one and all others that are installed; says how to get those that are not.
pub(crate) fn find(own: &Path) -> anyhow::Result<Vec<Tool>> {
    ensure!(
        own.exists(),
        "{} is not there: cargo build --release -p asgi-toll, or name it with --asgi-toll",
        own.display()
    );
    let mut tools = vec![Tool::Own(own.to_owned())];
    for known in generator::all() {
        match Program::find(*known) {
            Ok(program) => tools.push(Tool::Other(program)),
            Err(error) => say(&format!("left out: {error}"))?,
        }
    }
    Ok(tools)
}

impl Tool {
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Own(_) => "toll-load".to_owned(),
            Self::Other(program) => program.title(),
        }
    }

    pub(crate) fn measure(
        &self,
        url: &str,
        connections: u32,
        time: Duration,
        core: Option<usize>,
    ) -> anyhow::Result<Figures> {
        match self {
            Self::Own(path) => own(path, url, connections, time, core),
            Self::Other(program) => other(program, url, connections, time, core),
        }
    }
}

fn own(
    path: &Path,
    url: &str,
    connections: u32,
    time: Duration,
    core: Option<usize>,
) -> anyhow::Result<Figures> {
    let mut command = Command::new(path);
    command.args(["load", url, "--json", "--quiet"]);
    command.args(["--connections", &connections.to_string()]);
    command.args(["--duration", &format!("{}s", time.as_secs())]);
    if let Some(core) = core {
        command.args(["--cores", &core.to_string()]);
    }
    let limits = Limits {
        timeout: time + Duration::from_secs(30),
        abort: Arc::new(AtomicBool::new(false)),
    };
    let (finished, usage) = run_metered(command, &limits)?;
    let told: serde_json::Value = serde_json::from_str(&finished.stdout)
        .with_context(|| format!("`{}` wrote no JSON: {}", path.display(), finished.stderr))?;
    let number = |name: &str| told[name].as_u64().with_context(|| format!("no `{name}`"));
    Ok(Figures {
        ok: number("ok")?,
        cpu_ns: usage.cpu_ns,
        wall_ns: number("wall_ns")?,
        peak_bytes: usage.peak_resident_bytes,
    })
}

fn other(
    program: &Program,
    url: &str,
    connections: u32,
    time: Duration,
    core: Option<usize>,
) -> anyhow::Result<Figures> {
    let target = Target::parse(url)?;
    let assignment = Assignment {
        request: Request::get(target.path()),
        target,
        connections,
        duration: time,
        rate: None,
        timeout: Duration::from_secs(5),
        core,
        server: None,
    };
    let outcome = program.run(&assignment, &Arc::new(AtomicBool::new(false)))?;
    Ok(Figures {
        ok: outcome.ok,
        cpu_ns: outcome.client_cpu_ns,
        wall_ns: outcome.wall_ns,
        peak_bytes: outcome.peak_resident_bytes,
    })
}
