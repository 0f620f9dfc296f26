//! (c) Are requests sent when they should be? As the server saw it.

use super::{Experiment, percentile};
use crate::generator::{Arrivals, Errand, Generator};
use crate::known::{Sight, Spec};
use crate::row::{Row, Unit};
use crate::{AccuracyError, Bench};
use toll_stats::distance::{exponential_distance, kolmogorov_p, lag_one_correlation};
use toll_stats::quantile::{mean, quantile};

pub(super) const EXPERIMENT: Experiment = Experiment {
    key: "spacing",
    question: "Are requests sent when they should be?",
    how: "1 000 requests per second on 10 connections to a server that is awake all the time and notes when each has come. At a \
          constant rate the distances may differ from 1 ms by 10 µs (median) and 50 µs (p90); what lies further out is how often \
          the machine took a core away, from the generator or from the server, and is shown without a bound. Poisson \
          arrivals have a mean distance of 1 ms within three standard errors, follow the exponential distribution \
          (Kolmogorov-Smirnov, p at least 0.001) and are not correlated with the distance before (within three \
          standard errors of 0).",
    attempts: 2,
    ask,
};

const PER_SECOND: f64 = 1_000.0;
const GAP_NS: f64 = 1e9 / PER_SECOND;
const MOST_ARRIVALS: usize = 200_000;
/// How far the distance may be from 1 ms, by quantile.
const ALLOWED_NS: [(f64, f64); 2] = [(0.5, 10_000.0), (0.9, 50_000.0)];
/// What is shown without a bound.
const SHOWN: [f64; 2] = [0.99, 1.0];

fn ask(bench: &Bench, generator: &dyn Generator) -> Result<Vec<Row>, AccuracyError> {
    let per_second = PER_SECOND;
    let mut rows = asked(
        bench,
        generator,
        "constant",
        Arrivals::Constant { per_second },
        constant,
    )?;
    rows.extend(asked(
        bench,
        generator,
        "Poisson",
        Arrivals::Poisson { per_second },
        poisson,
    )?);
    Ok(rows)
}

fn asked(
    bench: &Bench,
    generator: &dyn Generator,
    name: &str,
    arrivals: Arrivals,
    judge: fn(&Bench, &Sight) -> Vec<Row>,
) -> Result<Vec<Row>, AccuracyError> {
    let time = bench.time(2_000, 10_000);
    let errand = Errand::closed(String::new(), 10, time).arriving(arrivals);
    if let Some(why) = generator.refuses(&errand) {
        return Ok(vec![Row::not_asked(format!("{name} 1 000/s"), why)]);
    }
    let mut server = bench.awake(Spec {
        keep_arrivals: MOST_ARRIVALS,
        ..Spec::default()
    })?;
    let url = server.url();
    generator.ask(&Errand { url, ..errand }, bench)?;
    Ok(judge(bench, &server.report()?))
}

fn constant(bench: &Bench, sight: &Sight) -> Vec<Row> {
    if sight.gaps_ns().is_empty() {
        return vec![Row::nothing("constant 1 000/s")];
    }
    let off: Vec<f64> = sight
        .gaps_ns()
        .iter()
        .map(|gap| (gap - GAP_NS).abs())
        .collect();
    let named = |q: f64| {
        let place = if q < 1.0 {
            percentile(q)
        } else {
            "most".into()
        };
        format!("constant 1 000/s, distance off 1 ms, {place}")
    };
    let judged = |(q, most): (f64, f64)| {
        let measured = quantile(&off, q)?;
        Some(Row::at_most(
            named(q),
            Unit::Ns,
            most * bench.slack,
            measured,
        ))
    };
    let shown = |q: f64| Some(Row::told(named(q), Unit::Ns, quantile(&off, q)?));
    let mut rows: Vec<Row> = ALLOWED_NS.into_iter().filter_map(judged).collect();
    rows.extend(SHOWN.into_iter().filter_map(shown));
    rows
}

fn poisson(bench: &Bench, sight: &Sight) -> Vec<Row> {
    let gaps = sight.gaps_ns();
    let error = 1.0 / (gaps.len().max(1) as f64).sqrt();
    let (Some(mean_ns), Some(distance)) = (mean(&gaps), exponential_distance(&gaps, GAP_NS)) else {
        return vec![Row::nothing("Poisson 1 000/s")];
    };
    let correlation = lag_one_correlation(&gaps).unwrap_or(f64::NAN);
    let near = |what: &str, unit, expected, measured, tolerance| {
        Row::near(
            format!("Poisson 1 000/s, {what}"),
            unit,
            (expected, measured),
            tolerance,
        )
    };
    vec![
        near(
            "mean distance",
            Unit::Ns,
            GAP_NS,
            mean_ns,
            3.0 * error * GAP_NS,
        ),
        Row::at_least(
            "Poisson 1 000/s, exponential distances: p",
            Unit::Ratio,
            0.001 / bench.slack,
            kolmogorov_p(distance, gaps.len()),
        ),
        near(
            "correlation with the distance before",
            Unit::Ratio,
            0.0,
            correlation,
            3.0 * error,
        ),
    ]
}
