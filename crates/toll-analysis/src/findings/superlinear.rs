//! Layers that cost more the more of them there are.

use toll_core::metric::Metric;

use super::curvature::{Bend, interval};
use super::{Case, finding};
use crate::results::{Confidence, Finding, ShapeKind};

/// What may grow, what a request does with it, and what it is called; the most telling first.
const GROWING: [(Metric, &str, &str); 4] = [
    (Metric::Tasks, "creates", "tasks"),
    (Metric::LoopCallbacks, "runs", "callbacks of the event loop"),
    (Metric::PythonCalls, "makes", "Python calls"),
    (Metric::Instructions, "executes", "bytecode instructions"),
];

const ADVICE: &str = "Keep the stack of this kind short, or write the layers as pure ASGI middlewares; the toll is a \
                      mean over the levels and holds for none of them. Another release of the framework, or of what \
                      it depends on, may grow with the number of layers only: compare releases.";

const ADVICE_IN_TIME: &str = "What a layer does stays the same, what it takes does not: mostly memory that no longer fits the processor's \
                              caches. The toll is a mean over the levels.";

/// Told from exact counts where there are some, else from the fit. A bend of the time alone, beside
/// counts that are a line, is told under another code.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let found = if case.count_toll(Metric::PythonCalls).is_some() {
        from_counts(case).or_else(|| from_fit(case, "bends-in-time", ADVICE_IN_TIME))
    } else {
        from_fit(case, "superlinear", ADVICE)
    };
    found.into_iter().collect()
}

fn from_counts(case: &Case<'_>) -> Option<Finding> {
    let growing: Vec<_> = GROWING
        .iter()
        .filter(|(metric, ..)| {
            case.count_toll(*metric)
                .is_some_and(|toll| toll.shape.kind == ShapeKind::Superlinear)
        })
        .collect();
    let (metric, does, what) = growing.first()?;
    let counts = case.counts(*metric);
    let (few, least) = counts.iter().find(|(n, _)| *n >= 1)?;
    let (many, most) = counts.last()?;
    let layers = if *few == 1 { "layer" } else { "layers" };
    let title = format!(
        "With {many} layers a request {does} {} {what}, with {few} {layers} {}{}.",
        most.low,
        least.low,
        power(case.count_toll(*metric)?.shape.exponent)
    );
    let listed: Vec<String> = growing
        .iter()
        .map(|(metric, _, what)| format!("{what}: {}", case.listed_counts(*metric)))
        .collect();
    let counted = format!("Counted by number of middlewares, {}.", listed.join(", "));
    let evidence = match Bend::of(case, ShapeKind::Superlinear) {
        Some(bend) => format!("{counted} In CPU time {}.", bend.words()),
        None => counted,
    };
    Some(finding(
        "superlinear",
        case.certainty(*metric),
        title,
        evidence,
        ADVICE,
    ))
}

fn from_fit(case: &Case<'_>, code: &str, advice: &str) -> Option<Finding> {
    let bend = Bend::of(case, ShapeKind::Superlinear)?;
    let title = format!("Layers cost more the more there are: {}.", bend.words());
    let evidence = format!(
        "{}{}",
        interval(bend.result),
        bend.result
            .shape
            .exponent
            .map_or_else(String::new, |power| {
                format!(" The cost of the layers grows with the power {power:.1} of their number.")
            })
    );
    Some(finding(code, Confidence::Likely, title, evidence, advice))
}

fn power(exponent: Option<f64>) -> String {
    exponent.map_or_else(String::new, |power| {
        format!(": they grow with the power {power:.1} of the number of layers")
    })
}
