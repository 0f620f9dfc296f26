//! The bench: everything that stands ready before the first round.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use toll_core::plan::SeriesPlan;
use toll_core::server::Server;
use toll_core::settings::Settings;
use toll_core::subject::Mark;
use toll_core::workload::Workload;

use crate::cores::Cores;

/// One series with all that is needed to bring its cells up.
#[derive(Debug, Clone)]
pub struct Station {
    /// Place of the series in the plan.
    pub series: usize,
    /// Its name in events.
    pub label: String,
    /// What is to be measured.
    pub plan: SeriesPlan,
    /// Folder of the subject.
    pub subject: PathBuf,
    /// The lifespan setting that the subject asks for.
    pub lifespan: String,
    /// The mark that each layer leaves.
    pub mark: Mark,
    /// The environment's interpreter.
    pub python: PathBuf,
    /// The server's table entry.
    pub server: Server,
    /// The workload.
    pub workload: Workload,
    /// Rounds that an earlier session has already measured.
    pub rounds_before: u32,
    /// A short name for files.
    pub slug: String,
}

/// What all series share.
#[derive(Debug, Clone)]
pub struct Bench {
    /// How to measure.
    pub settings: Settings,
    /// Seed of the random orders.
    pub seed: u64,
    /// Which core is whose.
    pub cores: Cores,
    /// Folder of the harness.
    pub harness: PathBuf,
    /// Folder for the servers' logs.
    pub logs: PathBuf,
    /// Folder for unix sockets; short, as their paths are limited to about 100 bytes.
    pub sockets: PathBuf,
    /// Set when everything is to stop.
    pub abort: Arc<AtomicBool>,
}

impl Bench {
    /// Whether everything is to stop.
    pub fn aborted(&self) -> bool {
        self.abort.load(Ordering::Relaxed)
    }
}
