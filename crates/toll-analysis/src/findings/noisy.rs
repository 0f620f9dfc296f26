//! A toll that is not known as well as was asked for, or not at all.

use toll_core::sample::Instrument;

use super::{Case, finding};
use crate::results::{Confidence, Estimate, Finding, ShapeKind};
use crate::words::{percent, rounded};

/// Not told where the smallness of the toll is itself the result.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    case.timed()
        .filter_map(|(instrument, judged)| {
            let result = &judged.result;
            let small = matches!(result.shape.kind, ShapeKind::Flat | ShapeKind::Step);
            let toll = result.toll.as_ref().filter(|_| !small && !result.precise)?;
            Some(finding(
                "noisy",
                Confidence::Certain,
                title(toll, result.rounds, case, instrument),
                evidence(toll, result.rounds, better_known(case, instrument)),
                ADVICE,
            ))
        })
        .collect()
}

const ADVICE: &str = "Give the run more rounds or a larger --budget, more middlewares if a layer is cheap beside the \
                      base, or a quieter machine.";

fn title(toll: &Estimate, rounds: usize, case: &Case<'_>, instrument: Instrument) -> String {
    let suffix = case.suffix(instrument);
    let (Some(low), Some(high)) = (toll.low, toll.high) else {
        return format!("{rounds} rounds are too few for an interval of the toll{suffix}.");
    };
    if low <= 0.0 && high >= 0.0 {
        return format!(
            "The toll cannot be told from zero{suffix}: it lies between {} and {} µs.",
            rounded(low),
            rounded(high)
        );
    }
    let half_width = (high - low) / 2.0 / toll.estimate.abs();
    format!(
        "The toll is known to ±{} only{suffix}, ±{} was asked for.",
        percent(half_width),
        percent(case.settings.precision)
    )
}

fn evidence(toll: &Estimate, rounds: usize, better_known: Option<String>) -> String {
    let own = match (toll.low, toll.high) {
        (Some(low), Some(high)) => format!(
            "{} µs, between {} and {} with {:.1} % confidence over {rounds} rounds.",
            rounded(toll.estimate),
            rounded(low),
            rounded(high),
            toll.confidence * 100.0,
        ),
        _ => format!(
            "{} µs; an interval with 95 % confidence needs six rounds.",
            rounded(toll.estimate)
        ),
    };
    own + &better_known.unwrap_or_default()
}

/// Where another instrument reached the precision, its toll.
fn better_known(case: &Case<'_>, than: Instrument) -> Option<String> {
    let mut others = case.timed().filter(|(instrument, _)| *instrument != than);
    others.find_map(|(instrument, judged)| {
        let toll = judged
            .result
            .toll
            .as_ref()
            .filter(|_| judged.result.precise)?;
        let (name, toll_us) = (instrument.name(), rounded(toll.estimate));
        Some(format!(" It is known by {name}: {toll_us} µs."))
    })
}
