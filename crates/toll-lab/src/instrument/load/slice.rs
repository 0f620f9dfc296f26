//! One slice: requests that have all ended, between two readings of the server's CPU clocks.

use std::time::Duration;

use toll_core::failure::{Failure, Stage};
use toll_core::metric::{Metric, Readings};
use toll_core::sample::Slice;
use toll_load::Fault;

use super::sender::{self, Sender, Sent};
use crate::bench::Bench;
use crate::process::tree::Groups;
use crate::serving::{Living, SERVER_EXITED};

/// A slice that has no place yet.
pub(super) struct Taken {
    readings: Readings,
    latency_histogram: Option<Vec<u8>>,
    error_classes: Vec<(String, u64)>,
    /// CPU time of this process that sending the load took.
    pub(super) own_cpu_ns: u64,
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
    let sender = sender::of(bench);
    let duration = length(bench, cell);
    // Before the clocks are read: accepting new connections is not the cost of a request.
    sender.make_ready(cell);
    let before = cpu_ns(cell)?;
    let sent = send(sender, bench, cell, duration)?;
    let after = cpu_ns(cell)?;
    let mut readings = sent.readings;
    readings.set(Metric::ServerCpuNs, after.saturating_sub(before) as i64);
    Ok(Taken {
        readings,
        latency_histogram: sent.latency_histogram,
        error_classes: sent.error_classes,
        own_cpu_ns: sent.own_cpu_ns,
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

/// Sends load that is not measured, with the tool's own generator: it needs no second to get going.
///
/// # Errors
/// The server died, or not one answer was right.
pub(super) fn warm_up(bench: &Bench, cell: &mut Living) -> Result<u64, Failure> {
    let duration = Duration::from_millis(bench.settings.warmup_ms);
    if duration.is_zero() {
        // Nothing was asked for, so nothing unanswered is no failure.
        return Ok(0);
    }
    send(&sender::Own, bench, cell, duration).map(|sent| sent.own_cpu_ns)
}

fn send(
    sender: &dyn Sender,
    bench: &Bench,
    cell: &mut Living,
    duration: Duration,
) -> Result<Sent, Failure> {
    let sent = sender.send(bench, cell, duration);
    if let Some(failure) = died(cell) {
        return Err(failure);
    }
    let sent =
        sent.map_err(|error| Failure::new(Stage::Measure, "generator-failed", error.to_string()))?;
    if sent.ok == 0 && !bench.aborted() {
        return Err(nothing_right(cell, &sent));
    }
    cell.pace = Some(Duration::from_nanos(sent.wall_ns / sent.ok.max(1)));
    Ok(sent)
}

fn cpu_ns(cell: &mut Living) -> Result<u64, Failure> {
    cell.server.cpu_ns().map_err(|error| {
        let message = format!("the server's CPU time cannot be read: {error}");
        died(cell).unwrap_or_else(|| Failure::new(Stage::Measure, SERVER_EXITED, message))
    })
}

fn died(cell: &mut Living) -> Option<Failure> {
    let failure = cell.server.ended()?;
    Some(Failure {
        stage: Stage::Measure,
        ..failure
    })
}

fn nothing_right(cell: &Living, sent: &Sent) -> Failure {
    let said: Vec<String> = sent
        .error_classes
        .iter()
        .map(|(class, count)| format!("{count} × {}", in_words(class)))
        .collect();
    let message = match said.join(", ") {
        said if said.is_empty() => "not one request was answered".to_owned(),
        said => format!("not one request was answered rightly ({said})"),
    };
    Failure::new(Stage::Measure, "no-right-answer", message).with_log(cell.server.log_tail())
}

/// A class in words; one of an external generator is in its own words already.
fn in_words(class: &str) -> String {
    let ours = Fault::ALL.into_iter().find(|fault| fault.name() == class);
    ours.map_or_else(|| class.to_owned(), |fault| fault.to_string())
}
