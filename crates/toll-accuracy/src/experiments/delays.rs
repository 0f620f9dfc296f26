//! (a) Are latencies right? A server with known delays.

use super::{Experiment, percentile, time_tolerance_ns};
use crate::generator::{Answer, Errand, Generator, Told};
use crate::known::{Delay, Spec};
use crate::row::{Row, Unit};
use crate::spread::Spread;
use crate::{AccuracyError, Bench};

pub(super) const EXPERIMENT: Experiment = Experiment {
    key: "delays",
    question: "Are latencies right?",
    how: "A server that is awake all the time answers after known delays, in a closed loop. Expected is the distribution \
          of the delays that the server itself recorded plus what the same generator measures on one connection where \
          there is no delay. Compared are p1 to p99.9; a quantile may stand where the expected ones within two \
          standard errors of its place stand (no more can be asked of a sample), and be off by 20 µs or 1 %, whichever \
          is more. Without a delay a second, independent run is expected to tell the same as the first.",
    attempts: 2,
    ask,
};

/// One server: what it is called, its delays as (share, µs), and the connections to it.
struct Known {
    name: &'static str,
    delays_us: &'static [(f64, u64)],
    connections: usize,
}

const SERVERS: [Known; 5] = [
    Known {
        name: "0.1 ms",
        delays_us: &[(1.0, 100)],
        connections: 1,
    },
    Known {
        name: "1 ms",
        delays_us: &[(1.0, 1_000)],
        connections: 1,
    },
    Known {
        name: "10 ms",
        delays_us: &[(1.0, 10_000)],
        connections: 1,
    },
    Known {
        name: "10 ms, 10 connections",
        delays_us: &[(1.0, 10_000)],
        connections: 10,
    },
    Known {
        name: "90 % 1 ms and 10 % 15 ms, 10 connections",
        delays_us: &[(0.9, 1_000), (0.1, 15_000)],
        connections: 10,
    },
];

/// What is compared, where it is told.
const QUANTILES: [f64; 11] = [
    0.01, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999,
];

fn ask(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let floor = without_delay(bench, generator)?;
    let again = without_delay(bench, generator)?;
    let Some(spread) = floor.latency.spread() else {
        return Ok(vec![Row::nothing("no delay")]);
    };
    let mut rows = compare(bench, "no delay, run twice", &again.latency, &spread);
    for known in &SERVERS {
        rows.extend(delayed(bench, generator, known, &spread)?);
    }
    Ok(rows)
}

fn without_delay(bench: &Bench, generator: &dyn Generator) -> Result<Answer, AccuracyError> {
    let server = bench.awake(Spec::default())?;
    generator.ask(
        &Errand::closed(server.url(), 1, bench.time(1_000, 3_000)),
        bench,
    )
}

fn delayed(
    bench: &Bench,
    generator: &dyn Generator,
    known: &Known,
    floor: &Spread,
) -> Result<Vec<Row>, AccuracyError> {
    let delays = known.delays_us.iter().map(|(share, us)| Delay {
        share: *share,
        delay_ns: us * 1_000,
    });
    let mut server = bench.awake(Spec {
        delays: delays.collect(),
        ..Spec::default()
    })?;
    let errand = Errand::closed(server.url(), known.connections, bench.time(1_000, 5_000));
    let answer = generator.ask(&errand, bench)?;
    let seen = server.report()?.delay.decode()?;
    let expected = Spread::from_histogram(&seen).map(|delays| delays.plus(floor));
    let rows = expected.map(|expected| compare(bench, known.name, &answer.latency, &expected));
    Ok(rows
        .filter(|rows| !rows.is_empty())
        .unwrap_or_else(|| vec![Row::nothing(known.name)]))
}

/// The middle, the tail, and whichever is furthest off.
fn compare(bench: &Bench, name: &str, told: &Told, expected: &Spread) -> Vec<Row> {
    let row = |q: f64| quantile_row(bench, told, expected, q);
    let mut rows: Vec<Row> = [0.5, 0.99]
        .into_iter()
        .filter_map(|q| Some(named(row(q)?, format!("{name}, {}", percentile(q)))))
        .collect();
    let all: Vec<(f64, Row)> = QUANTILES
        .into_iter()
        .filter_map(|q| Some((q, row(q)?)))
        .collect();
    let furthest = all
        .iter()
        .max_by(|one, other| excess(&one.1).total_cmp(&excess(&other.1)));
    if let (Some((first, _)), Some((last, _)), Some((q, row))) = (all.first(), all.last(), furthest)
    {
        let range = format!("{} to {}", percentile(*first), percentile(*last));
        let row = named(row.clone(), format!("{name}, furthest off"));
        rows.push(row.remark(format!("{} of {range}", percentile(*q))));
    }
    rows
}

fn named(row: Row, what: String) -> Row {
    Row { what, ..row }
}

/// How far off, in tolerances.
fn excess(row: &Row) -> f64 {
    match (row.expected, row.measured, row.tolerance) {
        (Some(expected), Some(measured), Some(tolerance)) => {
            (measured - expected).abs() / tolerance.max(1.0)
        }
        _ => 0.0,
    }
}

fn quantile_row(bench: &Bench, told: &Told, expected: &Spread, q: f64) -> Option<Row> {
    let measured = told.at(q)?;
    // The standard error of the place of a quantile is that of a binomial share.
    let error = 2.0 * (q * (1.0 - q) / told.count.max(1) as f64).sqrt();
    let (low, high) = (
        expected.at((q - error).max(0.0)),
        expected.at((q + error).min(1.0)),
    );
    let nearest = measured.clamp(low, high);
    let tolerance = time_tolerance_ns(bench, nearest);
    Some(Row::near("", Unit::Ns, (nearest, measured), tolerance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Verdict;
    use hdrhistogram::Histogram;

    const MILLISECOND_NS: u64 = 1_000_000;

    fn told(values: impl Iterator<Item = u64>) -> Told {
        let mut all = Histogram::new_with_bounds(1, 60_000 * MILLISECOND_NS, 3).unwrap();
        values.for_each(|value| all.saturating_record(value));
        Told {
            count: all.len(),
            mean_ns: all.mean(),
            max_ns: all.max() as f64,
            quantiles: Vec::new(),
            histogram: Some(all),
        }
    }

    fn bench() -> Bench {
        let launcher = crate::known::Launcher {
            program: "none".into(),
            arguments: Vec::new(),
        };
        Bench::new(launcher, std::sync::Arc::default())
    }

    #[test]
    fn latencies_that_are_shifted_are_out() {
        let known = told((0..1_000).map(|_| MILLISECOND_NS)).spread().unwrap();
        let verdicts = |shift_ns: u64| {
            let shifted = told((0..1_000).map(|_| MILLISECOND_NS + shift_ns));
            compare(&bench(), "x", &shifted, &known)
                .iter()
                .map(|row| row.verdict)
                .collect::<Vec<_>>()
        };
        assert_eq!(verdicts(15_000), [Verdict::Ok; 3]);
        assert_eq!(verdicts(25_000), [Verdict::Out; 3]);
    }

    #[test]
    fn a_wrong_share_of_long_ones_is_out() {
        let mixture = |long: u64| {
            told((0..10_000).map(move |k| {
                if k < long {
                    15 * MILLISECOND_NS
                } else {
                    MILLISECOND_NS
                }
            }))
        };
        let known = mixture(1_000).spread().unwrap();
        let furthest = |long| compare(&bench(), "x", &mixture(long), &known)[2].verdict;
        assert_eq!(
            (furthest(1_000), furthest(1_020)),
            (Verdict::Ok, Verdict::Ok)
        );
        // Phantom samples, or long ones that were left out.
        assert_eq!(
            (furthest(2_500), furthest(400)),
            (Verdict::Out, Verdict::Out)
        );
    }
}
