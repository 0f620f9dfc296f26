//! The load instrument: a real server process under HTTP load from this process, on another core.

use std::time::Duration;

use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use toll_core::event::{Event, Step};
use toll_core::failure::{Failure, Stage};
use toll_core::metric::{Metric, Readings};
use toll_core::sample::{Block, Slice};
use toll_load::SliceOutcome;
use toll_stats::Random;

use super::rise::{Risen, rise};
use super::{Measure, Round};
use crate::bench::{Bench, Station};
use crate::cores::Bound;
use crate::ledger::{Ledger, LedgerError};
use crate::serving::Living;

/// The instrument.
pub(super) struct Load;

impl Measure for Load {
    fn round(
        &self,
        bench: &Bench,
        station: &Station,
        round: &mut Round,
        ledger: &mut dyn Ledger,
    ) -> Result<(), LedgerError> {
        let mut random = random_of(bench, station, round.number);
        let mut order = round.levels.clone();
        random.shuffle(&mut order);
        ledger.event(step(station, round, Step::Starting));
        let risen = rise(bench, station, &order, random.next_u64() as u32);
        let mut cells = admit(bench, station, risen, round, ledger)?;
        if cells.is_empty() || bench.aborted() {
            return Ok(());
        }
        let _bound = Bound::to(bench.cores.generator);
        ledger.event(step(station, round, Step::WarmingUp));
        warm_up(bench, station, &mut cells, round, ledger)?;
        ledger.event(step(station, round, Step::Measuring));
        for number in 0..bench.settings.blocks {
            if bench.aborted() || cells.is_empty() {
                break;
            }
            random.shuffle(&mut cells);
            block(bench, station, &mut cells, (round, number), ledger)?;
        }
        Ok(())
    }
}

/// Every round of every series has a random order of its own that a resumed run repeats.
fn random_of(bench: &Bench, station: &Station, round: u32) -> Random {
    Random::from_seed(bench.seed ^ ((station.series as u64 + 1) << 32) ^ (u64::from(round) + 1))
}

fn step(station: &Station, round: &Round, step: Step) -> Event {
    Event::UnitStarted {
        label: station.label.clone(),
        round: round.number,
        step,
    }
}

/// Binds the servers that came up to their core and records those that did not. Where none came up,
/// the series has failed, not each of its cells.
fn admit(
    bench: &Bench,
    station: &Station,
    risen: Risen,
    round: &mut Round,
    ledger: &mut dyn Ledger,
) -> Result<Vec<Living>, LedgerError> {
    let Risen { living, failed, .. } = risen;
    if living.is_empty() && !failed.is_empty() && !bench.aborted() {
        round.levels.clear();
        return fail_series(station, failed, ledger).map(|()| Vec::new());
    }
    for (middlewares, failure) in failed {
        fail(station, middlewares, failure, round, ledger)?;
    }
    let mut cells = Vec::new();
    for mut cell in living {
        match cell.server.settle(bench.cores.server) {
            Ok(()) => cells.push(cell),
            Err(error) => {
                let failure = Failure::new(
                    Stage::Start,
                    "not-bound",
                    format!("the server could not be bound to its core: {error}"),
                );
                fail(station, cell.middlewares, failure, round, ledger)?;
            }
        }
    }
    Ok(cells)
}

fn fail_series(
    station: &Station,
    failed: Vec<(u32, Failure)>,
    ledger: &mut dyn Ledger,
) -> Result<(), LedgerError> {
    // The lowest level tells the most: fewest layers that could be to blame.
    let lowest = failed
        .into_iter()
        .min_by_key(|(middlewares, _)| *middlewares);
    if let Some((_, failure)) = lowest {
        ledger.failure(station.series, None, &failure)?;
        ledger.event(Event::SeriesFailed {
            label: station.label.clone(),
            failure,
        });
    }
    Ok(())
}

fn fail(
    station: &Station,
    middlewares: u32,
    failure: Failure,
    round: &mut Round,
    ledger: &mut dyn Ledger,
) -> Result<(), LedgerError> {
    round.levels.retain(|level| *level != middlewares);
    ledger.failure(station.series, Some(middlewares), &failure)?;
    ledger.event(Event::CellFailed {
        label: station.label.clone(),
        middlewares,
        failure,
    });
    Ok(())
}

fn warm_up(
    bench: &Bench,
    station: &Station,
    cells: &mut Vec<Living>,
    round: &mut Round,
    ledger: &mut dyn Ledger,
) -> Result<(), LedgerError> {
    let duration = Duration::from_millis(bench.settings.warmup_ms);
    let mut failures = Vec::new();
    for cell in cells.iter_mut() {
        match send(bench, cell, duration) {
            Ok(outcome) => round.generator_cpu_ns += outcome.client_cpu_ns,
            Err(failure) => failures.push((cell.middlewares, failure)),
        }
    }
    drop_failed(station, cells, failures, round, ledger)
}

/// One block: every living cell once. It is kept whole, or, when everything is to stop, not at all.
fn block(
    bench: &Bench,
    station: &Station,
    cells: &mut Vec<Living>,
    (round, number): (&mut Round, u32),
    ledger: &mut dyn Ledger,
) -> Result<(), LedgerError> {
    let mut slices = Vec::new();
    let mut failures = Vec::new();
    for (position, cell) in cells.iter_mut().enumerate() {
        match slice(bench, cell, number + 1 == bench.settings.blocks) {
            Ok((readings, outcome)) => {
                round.generator_cpu_ns += outcome.client_cpu_ns;
                let place = Slice {
                    round: round.number,
                    block: number,
                    position: position as u32,
                    readings,
                    latency_histogram: encode(&outcome),
                    error_classes: classes(&outcome),
                };
                slices.push((cell.middlewares, place));
            }
            Err(failure) => failures.push((cell.middlewares, failure)),
        }
    }
    if bench.aborted() {
        return Ok(());
    }
    ledger.block(&Block {
        series: station.series,
        round: round.number,
        block: number,
        slices,
    })?;
    drop_failed(station, cells, failures, round, ledger)?;
    let (label, blocks) = (station.label.clone(), bench.settings.blocks);
    ledger.event(Event::BlockDone {
        label,
        round: round.number,
        block: number,
        blocks,
    });
    Ok(())
}

fn drop_failed(
    station: &Station,
    cells: &mut Vec<Living>,
    failures: Vec<(u32, Failure)>,
    round: &mut Round,
    ledger: &mut dyn Ledger,
) -> Result<(), LedgerError> {
    for (middlewares, failure) in failures {
        cells.retain(|cell| cell.middlewares != middlewares);
        fail(station, middlewares, failure, round, ledger)?;
    }
    Ok(())
}

/// One slice: the CPU clocks of the server's tree before and after requests that have all ended.
/// The tree itself is looked at in the last block only, as that takes longer than reading clocks.
fn slice(
    bench: &Bench,
    cell: &mut Living,
    last: bool,
) -> Result<(Readings, SliceOutcome), Failure> {
    let before = cpu_ns(cell)?;
    let outcome = send(bench, cell, Duration::from_millis(bench.settings.slice_ms))?;
    let after = cpu_ns(cell)?;
    let mut readings = readings(&outcome);
    readings.set(Metric::ServerCpuNs, after.saturating_sub(before) as i64);
    if last {
        look_at_tree(cell, &mut readings)?;
    }
    Ok((readings, outcome))
}

fn look_at_tree(cell: &Living, readings: &mut Readings) -> Result<(), Failure> {
    if !cell.server.is_unchanged() {
        let message = "the server started or replaced processes while it was measured";
        return Err(Failure::new(Stage::Measure, "server-restarted", message)
            .with_log(cell.server.log_tail()));
    }
    readings.set(Metric::ResidentBytes, cell.server.resident_bytes() as i64);
    Ok(())
}

fn cpu_ns(cell: &mut Living) -> Result<u64, Failure> {
    cell.server.cpu_ns().map_err(|error| {
        let gone = Failure::new(
            Stage::Measure,
            "server-exited",
            format!("the server's CPU time cannot be read: {error}"),
        );
        died(cell).unwrap_or(gone)
    })
}

fn died(cell: &mut Living) -> Option<Failure> {
    cell.server.ended().map(|failure| Failure {
        stage: Stage::Measure,
        ..failure
    })
}

fn send(bench: &Bench, cell: &mut Living, duration: Duration) -> Result<SliceOutcome, Failure> {
    let outcome = cell.session.slice(duration, &bench.abort);
    let outcome = outcome
        .map_err(|error| Failure::new(Stage::Measure, "generator-failed", error.to_string()))?;
    if let Some(failure) = died(cell) {
        return Err(failure);
    }
    if outcome.ok == 0 && !outcome.aborted {
        return Err(nothing_right(cell, &outcome));
    }
    Ok(outcome)
}

fn nothing_right(cell: &Living, outcome: &SliceOutcome) -> Failure {
    let said: Vec<String> = outcome
        .errors
        .by_class()
        .map(|(fault, count)| format!("{fault}: {count}"))
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
    outcome
        .errors
        .by_class()
        .filter(|(_, count)| *count > 0)
        .map(|(fault, count)| (fault.to_string(), count))
        .collect()
}
