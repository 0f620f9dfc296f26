//! Why a verdict is what it is, in a sentence or two.

use toll_core::audit::Layer;
use toll_core::budget::{Budget, LayerBudget};

use super::counted::Changes;
use super::results::{BudgetAudit, BudgetToll};
use super::timed::Judged;
use super::{Against, Case};
use crate::audit::results::LayerAudit;
use crate::compare::results::Verdict;

/// A pace nearer to 1 than this is not worth a word.
const SAME_PACE: f64 = 0.03;

/// Where and when a budget was saved.
pub(super) fn against(budget: &Budget) -> String {
    let on = [budget.date.as_str(), budget.machine.as_str()];
    let on: Vec<&str> = on.into_iter().filter(|text| !text.is_empty()).collect();
    format!("{}, Python {}", on.join(", "), budget.python)
}

/// A request of which the budget knows nothing.
pub(super) fn unknown(request: &str, against: &Against) -> BudgetAudit {
    BudgetAudit {
        verdict: Verdict::Missing,
        against: self::against(&against.budget),
        pace: None,
        margin: against.rules.margin,
        notes: vec![format!(
            "The budget has no `{request}`: it is not judged. Write it anew with --save."
        )],
        layers: Vec::new(),
        total: None,
        gone: Vec::new(),
    }
}

/// What is worth knowing of a request.
pub(super) fn notes(case: &Case<'_>, pace: Option<f64>, against: &Against) -> Vec<String> {
    let hindrance = case.hindrance.as_ref().or(case.times_hindrance.as_ref());
    let hindrance = hindrance.map(|why| format!("Not judged: {why}."));
    let pace = pace.map(pace_in_words);
    let is_elsewhere = against.conditions.processor != against.budget.processor;
    let elsewhere = (is_elsewhere && pace.is_some()).then(|| {
        "It is another processor, on which one toll may be off from another: the margins are wider for it."
            .to_owned()
    });
    [hindrance, pace, elsewhere].into_iter().flatten().collect()
}

fn pace_in_words(pace: f64) -> String {
    if (pace - 1.0).abs() < SAME_PACE {
        return "This machine is as fast as the one of the budget was.".to_owned();
    }
    let (times, how) = if pace > 1.0 {
        (pace, "slow")
    } else {
        (1.0 / pace, "fast")
    };
    format!(
        "This machine is {times:.2} times as {how} as the one of the budget was: its times are allowed accordingly."
    )
}

/// A layer that the budget does not have.
pub(super) fn new_layer(layer: &LayerAudit) -> BudgetToll {
    BudgetToll {
        why: "New since the budget; what it takes is in the total.".to_owned(),
        toll: layer.toll.clone(),
        by: layer.by,
        ..BudgetToll::default()
    }
}

/// Why the clock says nothing.
pub(super) fn no_time(is_saved: bool) -> String {
    if is_saved {
        "It was not measured in the way in which it was for the budget.".to_owned()
    } else {
        "The budget has no time for it.".to_owned()
    }
}

/// What the clock says.
pub(super) fn by_time(judged: &Judged) -> String {
    let told = judged.told();
    let (Some(toll), Some(allowed), Some(margin)) = (told.toll, told.allowed_us, told.margin_us)
    else {
        return String::new();
    };
    let over = toll.estimate - allowed;
    let share = if allowed > 0.0 {
        format!(", {:+.0} %", over / allowed * 100.0)
    } else {
        String::new()
    };
    let size = format!("{} µs{share}", signed(over)).replace('-', "−");
    let margin = format!("{margin:.2} µs");
    match judged.verdict {
        Verdict::Regressed => format!("{size}: more than the margin of {margin}."),
        Verdict::Improved => format!("{size}: cheaper by more than the margin of {margin}."),
        Verdict::Cleared => format!("{size}: within the margin of {margin}."),
        _ => format!(
            "{size}: undecided at a margin of {margin} after {} rounds.",
            told.rounds
        ),
    }
}

fn signed(us: f64) -> String {
    if us.abs() < 10.0 {
        format!("{us:+.2}")
    } else {
        format!("{us:+.0}")
    }
}

/// Counts that differ; nothing where none does.
pub(super) fn counts(changes: &Changes) -> String {
    let range = |[low, high]: [i64; 2]| {
        if low == high {
            low.to_string()
        } else {
            format!("{low} … {high}")
        }
    };
    let said: Vec<String> = changes
        .iter()
        .map(|(name, change)| {
            let name = name.replace('_', " ");
            format!("{name} {} → {}", range(change.saved), range(change.now))
        })
        .collect();
    if said.is_empty() {
        return String::new();
    }
    format!("Counts: {}.", said.join(", "))
}

/// Another version than the budget's.
pub(super) fn version(layer: &Layer, saved: &LayerBudget) -> String {
    match (&layer.distribution, &saved.version, &layer.version) {
        (Some(name), Some(then), Some(now)) if then != now => format!("{name} {then} → {now}."),
        _ => String::new(),
    }
}

/// The sentences that say something.
pub(super) fn joined(sentences: &[String]) -> String {
    let said = sentences.iter().filter(|sentence| !sentence.is_empty());
    said.cloned().collect::<Vec<_>>().join(" ")
}
