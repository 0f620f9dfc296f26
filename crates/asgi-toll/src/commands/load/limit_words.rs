//! The search for the limit in words.

use toll_lab::serving::ServerLoad;
use toll_load::{Goal, LimitReport, LimitSettings, LoadPlan, Probe, Purpose, Verdict};

use super::limit::Found;
use super::units::{count, many, percent, rate, time};
use super::words::{BAD, FAINT, GOOD, STRONG, doubtful, line, wrapped};

/// Columns: rate, achieved, percentile, generator, server.
const COLUMN: usize = 11;

pub(super) fn title(plan: &LoadPlan, settings: &LimitSettings) -> String {
    let goal = settings.goal;
    let heads = [
        "rate/s",
        "achieved/s",
        goal.percentile,
        "generator",
        "server",
    ];
    let heads: String = heads
        .iter()
        .map(|head| format!("{head:>COLUMN$}"))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "Searching the highest rate at which {} holds {STRONG}{}{STRONG:#}, with {}, {} a rate\n{FAINT}{heads}  verdict{FAINT:#}",
        plan.target,
        goal_words(goal),
        many(plan.connections as u64, "connection"),
        time(settings.probe.as_nanos() as u64),
    )
}

fn goal_words(goal: Goal) -> String {
    format!("{} ≤ {}", goal.percentile, time(goal.at_most_ns))
}

pub(super) fn closed_loop(achieved: f64) -> String {
    let achieved = rate(achieved);
    format!(
        "{:>COLUMN$}{achieved:>COLUMN$}{:>width$}  the most that the connections do",
        "closed",
        "",
        width = 3 * COLUMN
    )
}

pub(super) fn probe(probe: &Probe, server: Option<&ServerLoad>) -> String {
    let cells = [
        rate(probe.rate),
        rate(probe.achieved_rate),
        time(probe.reached_ns),
        percent(probe.client_utilisation),
        server.map_or_else(|| "–".to_owned(), |load| percent(load.cores_used)),
    ];
    let row: String = cells
        .iter()
        .map(|cell| format!("{cell:>COLUMN$}"))
        .collect::<Vec<_>>()
        .concat();
    let style = if probe.verdict == Verdict::Held {
        GOOD
    } else {
        BAD
    };
    let purpose = match probe.purpose {
        Purpose::Search => "",
        Purpose::Repeat => " (again)",
        Purpose::Confirm => " (longer)",
    };
    format!("{row}  {style}{}{style:#}{purpose}", verdict(probe.verdict))
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "holds",
        Verdict::TooSlow => "too slow",
        Verdict::RateMissed => "rate missed",
        Verdict::Errors => "errors",
        Verdict::GeneratorLimited => "generator limited",
    }
}

/// What was found.
pub(super) fn found(found: &Found) -> String {
    let report = &found.report;
    let goal = goal_words(report.goal);
    let mut lines = match report.limit {
        Some(limit) => vec![line("limit", held(report, limit, &goal))],
        None => vec![line("limit", none_held(report, &goal))],
    };
    if let Some(result) = &report.at_limit {
        let latency = result
            .latency_from_schedule
            .as_ref()
            .unwrap_or(&result.latency);
        lines.push(line(
            "at the limit",
            format!(
                "p50 {}, p99 {}, max {} since due; {} answered in {:.1} s, {}",
                time(latency.p50_ns),
                time(latency.p99_ns),
                time(latency.max_ns),
                count(result.ok),
                result.wall_ns as f64 / 1e9,
                many(result.errors.total(), "error"),
            ),
        ));
    }
    lines.extend(
        report
            .first_failed
            .as_ref()
            .map(|probe| line("above it", failed(probe))),
    );
    let saturated = found.saturated.filter(|_| !report.generator_limited);
    lines.extend(saturated.map(|who| line("saturated", who.words())));
    lines.extend(said(report));
    lines.extend(doubtful(&found.doubts));
    lines.join("\n")
}

fn held(report: &LimitReport, limit: f64, goal: &str) -> String {
    let confirmed = if report.confirmed {
        ""
    } else {
        " so far (not confirmed)"
    };
    format!(
        "{STRONG}{} requests/s{STRONG:#} hold {goal}{confirmed}; known to {:.1} %",
        rate(limit),
        report.resolution * 100.0
    )
}

fn none_held(report: &LimitReport, goal: &str) -> String {
    let lowest = report
        .probes
        .iter()
        .map(|probe| probe.rate)
        .reduce(f64::min);
    match lowest {
        _ if report.gone.is_some() => {
            "not known: the server went away before a rate had held".to_owned()
        }
        Some(lowest) if !report.interrupted => format!(
            "{BAD}none{BAD:#}: even {} requests/s do not hold {goal}",
            rate(lowest)
        ),
        _ => "not known: interrupted before a rate had held".to_owned(),
    }
}

fn failed(probe: &Probe) -> String {
    let why = match probe.verdict {
        Verdict::Held => "held".to_owned(),
        Verdict::TooSlow => format!("took {}", time(probe.reached_ns)),
        Verdict::RateMissed => format!("reached only {:.1} % of the rate", probe.kept_up * 100.0),
        Verdict::Errors => format!("had {}", many(probe.errors, "error")),
        Verdict::GeneratorLimited => format!(
            "was too much for the generator, busy for {} of its core",
            percent(probe.client_utilisation)
        ),
    };
    format!("{} requests/s {why}", rate(probe.rate))
}

/// What should be known about the limit.
fn said(report: &LimitReport) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    if let Some(gone) = &report.gone {
        said.push(format!(
            "The server could not be reached any more, so the search ended early: {gone}"
        ));
    }
    if report.generator_limited {
        said.push("It was the generator that could not go on: the server may hold more. Add --threads, or give the generator cores of its own (--cores).".to_owned());
    }
    if report.limit.is_none() && !report.interrupted && report.gone.is_none() {
        said.push("Choose a longer time for the goal, or look at where the time goes with a plain `asgi-toll load --rate`.".to_owned());
    }
    let few = report
        .at_limit
        .as_ref()
        .is_some_and(|result| result.ok < report.goal.enough());
    if few {
        said.push("There were too few answers for this percentile; a longer --probe makes the limit surer.".to_owned());
    }
    let indented = |text: &str| {
        wrapped(text, 90)
            .into_iter()
            .map(|part| format!("  {part}"))
            .collect::<Vec<_>>()
    };
    said.iter().flat_map(|text| indented(text)).collect()
}
