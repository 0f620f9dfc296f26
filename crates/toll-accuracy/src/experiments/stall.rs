//! (b) What is told about a server that stood still?

use super::{Experiment, for_told, percentile};
use crate::clock::now_ns;
use crate::generator::{Answer, Arrivals, Errand, Generator, Told};
use crate::known::{Brake, Spec};
use crate::row::{Row, Unit};
use crate::{AccuracyError, Bench};
use std::time::Duration;

pub(super) const EXPERIMENT: Experiment = Experiment {
    key: "stall",
    question: "Is a server that stood still seen?",
    how: "The server is stopped (SIGSTOP) from the first to the third quarter of the time. With 1 000 requests per second \
          on 10 connections, the share f of the time being S long, the quantile q of the latency from the intended moment is \
          S·(1 − (1 − q)/f) for q above 1 − f, within 1 % of S. In a closed loop exactly one request per connection waits, \
          for S, and the others are fast: p99 stays under 1 % of S.",
    attempts: 3,
    ask,
};

const PER_SECOND: f64 = 1_000.0;
const CONNECTIONS: usize = 10;
const QUANTILES: [f64; 5] = [0.6, 0.75, 0.9, 0.95, 0.99];

fn ask(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let mut rows = open(bench, generator)?;
    rows.extend(closed(bench, generator)?);
    Ok(rows)
}

fn open(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let time = bench.time(4_000, 10_000);
    let arrivals = Arrivals::Constant {
        per_second: PER_SECOND,
    };
    let what = "1 000/s";
    let errand = Errand::closed(String::new(), CONNECTIONS, time).arriving(arrivals);
    if let Some(why) = generator.refuses(&errand) {
        return Ok(vec![Row::not_asked(what, why)]);
    }
    let (answer, stall_ns) = stopped(bench, generator, &errand)?;
    let told = answer.from_schedule.as_ref().unwrap_or(&answer.latency);
    let share = stall_ns / time.as_nanos() as f64;
    let tolerance = 0.01 * stall_ns * bench.slack;
    let row = |q: f64| {
        let expected = stall_ns * (1.0 - (1.0 - q) / share);
        let what = format!("{what}, {}", percentile(q));
        Some(Row::near(
            what,
            Unit::Ns,
            (expected, told.at(q)?),
            tolerance,
        ))
    };
    let mut rows = for_told(&QUANTILES, what, row);
    let longest = (stall_ns, told.max_ns);
    rows.push(Row::near(
        format!("{what}, longest"),
        Unit::Ns,
        longest,
        tolerance,
    ));
    if answer.from_schedule.is_some() {
        rows.push(waited(
            &answer.latency,
            stall_ns,
            "1 000/s, longer than S/2 from the actual sending",
        ));
    }
    Ok(rows)
}

fn closed(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let errand = Errand::closed(String::new(), CONNECTIONS, bench.time(2_000, 6_000));
    let (answer, stall_ns) = stopped(bench, generator, &errand)?;
    let told = &answer.latency;
    let tolerance = 0.01 * stall_ns * bench.slack;
    let mut rows = vec![Row::near(
        "closed loop, longest",
        Unit::Ns,
        (stall_ns, told.max_ns),
        tolerance,
    )];
    let most = 0.01 * stall_ns;
    rows.extend(for_told(&[0.99], "closed loop", |q| {
        Some(Row::at_most(
            "closed loop, p99",
            Unit::Ns,
            most,
            told.at(q)?,
        ))
    }));
    rows.push(waited(told, stall_ns, "closed loop, longer than S/2"));
    Ok(rows)
}

/// How many waited: one per connection, since each has one request on its way.
fn waited(told: &Told, stall_ns: f64, what: &str) -> Row {
    match &told.histogram {
        Some(all) => {
            let long = all.count_between((stall_ns / 2.0) as u64, u64::MAX);
            Row::equal(what, Unit::Count, CONNECTIONS as u64, long)
        }
        None => Row::not_asked(what, "it does not tell the distribution"),
    }
}

/// Does the errand while the server stands still for half of the time; also how long it really did.
fn stopped(
    bench: &Bench,
    generator: &dyn Generator,
    errand: &Errand,
) -> Result<(Answer, f64), AccuracyError> {
    let server = bench.awake(Spec::default())?;
    let (brake, time) = (server.brake(), errand.time);
    let errand = Errand {
        url: server.url(),
        ..errand.clone()
    };
    let (answer, stall) = std::thread::scope(|scope| {
        let stall = scope.spawn(move || stand_still(brake, time));
        (generator.ask(&errand, bench), stall.join())
    });
    let stall = stall.map_err(|_| AccuracyError::Server("it could not be stopped".into()))?;
    Ok((answer?, stall? as f64))
}

fn stand_still(brake: Brake, time: Duration) -> Result<u64, AccuracyError> {
    std::thread::sleep(time / 4);
    brake.stop()?;
    let start = now_ns();
    std::thread::sleep(time / 2);
    brake.release()?;
    Ok(now_ns() - start)
}
