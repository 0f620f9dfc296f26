//! What a change would bring, in the words and rows that all formats share.

use toll_analysis::audit::results::{LayerChange, WhatIf};
use toll_analysis::audit::{LEAST_ROUNDS, MOST_ROUNDS};
use toll_analysis::compare::results::{Change, Moved, Verdict};
use toll_core::audit::Removal;

use super::names::{self, COUNTS};
use crate::format;

/// The headings of the layers in two environments.
pub(super) const HEADINGS: [&str; 5] = ["layer", "µs", "then", "calls", "then"];

/// What it comes to, in a sentence or two.
pub(super) fn verdict(what_if: &WhatIf) -> String {
    let change = format!("What if: {}?", what_if.change);
    let Some(whole) = &what_if.whole else {
        let why = unmeasured(what_if);
        return format!("{change} {why}{}", counted(what_if));
    };
    let mut out = format!(
        "{change} {}: {} instead of {} µs for the request, {}.",
        word(what_if.verdict),
        names::micros(whole.after.estimate),
        names::micros(whole.before.estimate),
        format!(
            "{} µs {}",
            signed(whole.difference.estimate),
            names::interval(&whole.difference)
        )
        .trim_end()
    );
    if what_if.verdict == Verdict::Inconclusive {
        out += &undecided(whole, what_if.rounds);
    }
    out += &counted(what_if);
    if what_if.answer == Removal::OtherBody {
        out += " The body is another one then.";
    }
    out
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Improved => "Cheaper",
        Verdict::Regressed => "Dearer",
        Verdict::Cleared => "No difference that matters",
        Verdict::Inconclusive => "Not decided",
        Verdict::Missing => "No number",
    }
}

fn unmeasured(what_if: &WhatIf) -> String {
    if let Some(error) = &what_if.error {
        return format!("It has no number: {}.", error.message);
    }
    match &what_if.answer {
        Removal::OtherStatus { status } => {
            format!("It answers with status {status} then, which cannot be compared.")
        }
        Removal::NoAnswer { message } => format!("It does not answer then: {message}"),
        _ => "It was not timed.".to_owned(),
    }
}

fn undecided(whole: &Change, rounds: usize) -> String {
    if rounds < LEAST_ROUNDS {
        return format!(" {rounds} rounds are too few to tell: give it more --time.");
    }
    let seen = whole.detectable.map_or_else(String::new, |least| {
        format!("; {} µs would have been seen", names::micros(least))
    });
    let more = if rounds < MOST_ROUNDS {
        ": give it more --time"
    } else {
        ""
    };
    format!(" {rounds} rounds do not tell{seen}{more}.")
}

/// What people look at first of what is counted.
fn counted(what_if: &WhatIf) -> String {
    let told = COUNTS.iter().filter_map(|(count, word)| {
        let more = what_if.counts.get(*count).filter(|more| **more != 0.0)?;
        let sign = if *more > 0.0 { "more" } else { "fewer" };
        Some(format!("{} {sign} {word}", format::exact(more.abs())))
    });
    let told: Vec<String> = told.collect();
    if what_if.counts.is_empty() {
        return String::new();
    }
    if told.is_empty() {
        return " The counts are the same.".to_owned();
    }
    format!(" {}.", told.join(", "))
}

fn signed(micros: f64) -> String {
    let sign = if micros > 0.0 { "+" } else { "" };
    format!("{sign}{}", names::micros(micros))
}

/// What else is to be said: what moved with it, what is worth knowing.
pub(super) fn notes(what_if: &WhatIf) -> Vec<String> {
    let moved: Vec<String> = what_if.moved.iter().map(moved).collect();
    let moved = (!moved.is_empty()).then(|| format!("What differs: {}.", moved.join(", ")));
    moved.into_iter().chain(what_if.notes.clone()).collect()
}

fn moved(moved: &Moved) -> String {
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
    format!(
        "{} {} → {}",
        moved.distribution,
        version(&moved.before),
        version(&moved.after)
    )
}

/// The layers in two environments, a row each.
pub(super) fn rows(what_if: &WhatIf) -> Vec<[String; 5]> {
    let row = |layer: &LayerChange| {
        let micros = |estimate: &Option<toll_analysis::results::Estimate>| {
            estimate.as_ref().map_or_else(
                || format::NONE.to_owned(),
                |estimate| {
                    format!(
                        "{} {}",
                        names::micros(estimate.estimate),
                        names::interval(estimate)
                    )
                    .trim_end()
                    .to_owned()
                },
            )
        };
        let calls = |counts: &std::collections::BTreeMap<String, f64>| {
            let calls = counts.get(COUNTS[0].0);
            calls.map_or_else(String::new, |calls| format::exact(*calls))
        };
        [
            layer.name.clone(),
            micros(&layer.before),
            micros(&layer.after),
            calls(&layer.counts_before),
            calls(&layer.counts_after),
        ]
    };
    what_if.layers.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use toll_analysis::results::Estimate;

    fn estimate(estimate: f64) -> Estimate {
        Estimate {
            estimate,
            low: Some(estimate - 0.5),
            high: Some(estimate + 0.5),
            confidence: 0.95,
            unit: "us".to_owned(),
        }
    }

    fn what_if(verdict: Verdict) -> WhatIf {
        WhatIf {
            change: "without GZipMiddleware".to_owned(),
            answer: Removal::Same,
            verdict,
            whole: Some(Change {
                before: estimate(100.0),
                after: estimate(88.0),
                difference: estimate(-12.0),
                relative: Some(-0.12),
                margin: Some(1.0),
                detectable: Some(1.5),
                verdict: Some(verdict),
                p_regressed: Some(1.0),
                p_improved: Some(0.001),
            }),
            counts: [
                ("python_calls".to_owned(), -41.0),
                ("tasks".to_owned(), 0.0),
            ]
            .into_iter()
            .collect(),
            rounds: 8,
            error: None,
            moved: Vec::new(),
            notes: Vec::new(),
            layers: Vec::new(),
        }
    }

    #[test]
    fn the_sentence_says_what_it_comes_to() {
        assert_eq!(
            verdict(&what_if(Verdict::Improved)),
            "What if: without GZipMiddleware? Cheaper: 88.0 instead of 100 µs for the request, -12.0 µs ±0.50. 41 fewer calls."
        );
        let open = verdict(&what_if(Verdict::Inconclusive));
        assert!(open.contains("8 rounds do not tell; 1.50 µs would have been seen"));
        let other = WhatIf {
            whole: None,
            answer: Removal::OtherStatus { status: 401 },
            ..what_if(Verdict::Missing)
        };
        assert!(verdict(&other).contains("answers with status 401 then"));
    }
}
