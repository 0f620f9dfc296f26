//! One slice: requests that have all ended, between two readings of the server's CPU clocks.

use std::time::Duration;

use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use toll_core::failure::{Failure, Stage};
use toll_core::metric::{Metric, Readings};
use toll_core::sample::Slice;
use toll_load::SliceOutcome;

use crate::bench::Bench;
use crate::process::tree::Groups;
use crate::serving::Living;

/// A slice that has no place yet.
pub(super) struct Taken {
    readings: Readings,
    latency_histogram: Option<Vec<u8>>,
    error_classes: Vec<(String, u64)>,
    /// CPU time that sending the load took.
    pub(super) generator_cpu_ns: u64,
}

impl Taken {
    /// The slice at its place: round, block, position.
    pub(super) fn at(self, (round, block, position): (u32, u32, u32)) -> Slice {
        let Self {
            readings,
            latency_histogram,
            error_classes,
            ..
        } = self;
        Slice {
            round,
            block,
            position,
            readings,
            latency_histogram,
            error_classes,
        }
    }
}

/// Takes one slice of a cell.
///
/// # Errors
/// The server died, or not one answer was right.
pub(super) fn take(bench: &Bench, cell: &mut Living) -> Result<Taken, Failure> {
    // Before the clocks are read: accepting new connections is not the cost of a request.
    cell.session.renew();
    let before = cpu_ns(cell)?;
    let outcome = send(bench, cell, length(bench, cell))?;
    let after = cpu_ns(cell)?;
    let mut readings = readings(&outcome);
    readings.set(Metric::ServerCpuNs, after.saturating_sub(before) as i64);
    Ok(Taken {
        readings,
        latency_histogram: encode(&outcome),
        error_classes: classes(&outcome),
        generator_cpu_ns: outcome.client_cpu_ns,
    })
}

/// Answers per connection that a slice has room for: with fewer, its beginning and its end, when
/// not all connections are busy, weigh too much.
const ANSWERS_PER_CONNECTION: u32 = 10;
/// The longest slice, in slices as they were asked for.
const LONGEST: u32 = 20;

/// As long as was asked for, and longer where the server is slow.
fn length(bench: &Bench, cell: &Living) -> Duration {
    let asked = Duration::from_millis(bench.settings.slice_ms);
    let answers = ANSWERS_PER_CONNECTION * bench.settings.connections;
    let needed = cell.pace.unwrap_or_default() * answers;
    needed.clamp(asked, asked * LONGEST)
}

/// Checks that the server is still made of the same processes, and reads its memory if asked.
///
/// # Errors
/// Processes came or went, and with them CPU time that was not read.
pub(super) fn look_at_tree(
    cell: &Living,
    groups: &Groups,
    memory: Option<&mut Readings>,
) -> Result<(), Failure> {
    if !cell.server.is_unchanged(groups) {
        let message = "the server started or replaced processes while it was measured";
        return Err(Failure::new(Stage::Measure, "server-restarted", message)
            .with_log(cell.server.log_tail()));
    }
    if let Some(readings) = memory {
        readings.set(Metric::ResidentBytes, cell.server.resident_bytes() as i64);
    }
    Ok(())
}

/// Sends load for a while.
///
/// # Errors
/// The server died, or not one answer was right.
pub(super) fn send(
    bench: &Bench,
    cell: &mut Living,
    duration: Duration,
) -> Result<SliceOutcome, Failure> {
    let outcome = cell.session.slice(duration, &bench.abort);
    let outcome = outcome
        .map_err(|error| Failure::new(Stage::Measure, "generator-failed", error.to_string()))?;
    if let Some(failure) = died(cell) {
        return Err(failure);
    }
    if outcome.ok == 0 && !outcome.aborted {
        return Err(nothing_right(cell, &outcome));
    }
    cell.pace = Some(Duration::from_nanos(outcome.wall_ns / outcome.ok.max(1)));
    Ok(outcome)
}

fn cpu_ns(cell: &mut Living) -> Result<u64, Failure> {
    cell.server.cpu_ns().map_err(|error| {
        let message = format!("the server's CPU time cannot be read: {error}");
        died(cell).unwrap_or_else(|| Failure::new(Stage::Measure, "server-exited", message))
    })
}

fn died(cell: &mut Living) -> Option<Failure> {
    let failure = cell.server.ended()?;
    Some(Failure {
        stage: Stage::Measure,
        ..failure
    })
}

fn nothing_right(cell: &Living, outcome: &SliceOutcome) -> Failure {
    let occurred = outcome.errors.by_class().filter(|(_, count)| *count > 0);
    let said: Vec<String> = occurred
        .map(|(fault, count)| format!("{count} × {fault}"))
        .collect();
    let message = format!("not one request was answered rightly ({})", said.join(", "));
    Failure::new(Stage::Measure, "no-right-answer", message).with_log(cell.server.log_tail())
}

fn readings(outcome: &SliceOutcome) -> Readings {
    let values = [
        (Metric::Sent, outcome.sent),
        (Metric::Ok, outcome.ok),
        (Metric::Failed, outcome.errors.total()),
        (Metric::WallNs, outcome.wall_ns),
        (Metric::ClientCpuNs, outcome.client_cpu_ns),
        (Metric::LatencySumNs, outcome.latency_sum_ns),
        (Metric::BytesIn, outcome.bytes_in),
        (Metric::BytesOut, outcome.bytes_out),
    ];
    values
        .into_iter()
        .map(|(metric, value)| (metric, value as i64))
        .collect()
}

fn encode(outcome: &SliceOutcome) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&outcome.latency, &mut bytes)
        .ok()
        .map(|_| bytes)
}

fn classes(outcome: &SliceOutcome) -> Vec<(String, u64)> {
    let occurred = outcome.errors.by_class().filter(|(_, count)| *count > 0);
    occurred
        .map(|(fault, count)| (fault.name().to_owned(), count))
        .collect()
}
