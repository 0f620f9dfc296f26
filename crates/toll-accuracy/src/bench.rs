//! Where the experiments are made: cores, lengths, and the known servers.

use crate::AccuracyError;
use crate::known::{KnownServer, Launcher, Spec};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use toll_lab::cores::Cores;

/// How long the experiments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Half a minute in all for one generator.
    Short,
    /// Some minutes for each generator.
    Full,
}

/// What the experiments need.
#[derive(Debug, Clone)]
pub struct Bench {
    /// How a known server is started.
    pub launcher: Launcher,
    /// Server and generator on a core each, where there are two.
    pub cores: Cores,
    /// How long.
    pub length: Length,
    /// Tolerances of times are multiplied by this: 1, and more where others use the machine too.
    pub slack: f64,
    /// Set from outside to stop.
    pub abort: Arc<AtomicBool>,
}

impl Bench {
    /// A short check on the cores that toll-lab would choose.
    pub fn new(launcher: Launcher, abort: Arc<AtomicBool>) -> Self {
        Self {
            launcher,
            cores: Cores::choose(),
            length: Length::Short,
            slack: 1.0,
            abort,
        }
    }

    /// A time that depends on the length.
    pub(crate) fn time(&self, short_ms: u64, full_ms: u64) -> Duration {
        Duration::from_millis(match self.length {
            Length::Short => short_ms,
            Length::Full => full_ms,
        })
    }

    /// A server that never sleeps, unless it has to share its core.
    pub(crate) fn awake(&self, spec: Spec) -> Result<KnownServer, AccuracyError> {
        self.asleep(Spec {
            spinning: self.cores.server.is_some(),
            ..spec
        })
    }

    /// A server that sleeps while nothing comes.
    pub(crate) fn asleep(&self, spec: Spec) -> Result<KnownServer, AccuracyError> {
        self.go_on()?;
        self.launcher.start(&Spec {
            core: self.cores.server,
            ..spec
        })
    }

    pub(crate) fn go_on(&self) -> Result<(), AccuracyError> {
        if self.abort.load(Ordering::Relaxed) {
            return Err(AccuracyError::Interrupted);
        }
        Ok(())
    }
}
