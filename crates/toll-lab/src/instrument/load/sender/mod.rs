//! What sends load to a cell for a while: the tool itself, or a program.

mod own;
mod program;

use std::error::Error;
use std::time::Duration;

use toll_core::metric::Readings;

use crate::bench::Bench;
use crate::serving::Living;

pub(super) use own::Own;

/// What came of sending load for a while.
pub(super) struct Sent {
    /// Right answers.
    pub(super) ok: u64,
    /// From the first request to the last answer.
    pub(super) wall_ns: u64,
    /// All that is known, but for the server's side.
    pub(super) readings: Readings,
    /// Latencies of the right answers, where each is known.
    pub(super) latency_histogram: Option<Vec<u8>>,
    /// Failed requests by class, only classes that occurred.
    pub(super) error_classes: Vec<(String, u64)>,
    /// CPU time of this process that it took.
    pub(super) own_cpu_ns: u64,
}

/// Sends load to a cell for a while.
pub(super) trait Sender {
    /// Called before the server's clocks are read.
    fn make_ready(&self, _cell: &mut Living) {}

    /// Sends in a closed loop, and returns when nothing is on its way any more.
    ///
    /// # Errors
    /// The generator failed. A server that fails is no error: it is counted.
    fn send(
        &self,
        bench: &Bench,
        cell: &mut Living,
        duration: Duration,
    ) -> Result<Sent, Box<dyn Error>>;
}

/// The sender that the bench asks for.
pub(super) fn of(bench: &Bench) -> &dyn Sender {
    match &bench.load_program {
        Some(program) => program,
        None => &Own,
    }
}
