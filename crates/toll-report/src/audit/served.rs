//! What an application holds under a real server, in a sentence or two that all formats share.

use toll_analysis::audit::results::{LoadAudit, LoadSide, RequestAudit};
use toll_analysis::results::{Estimate, Saturated};

use super::names;
use crate::format;

/// The paragraph, where load was asked for.
pub(super) fn paragraph(request: &RequestAudit) -> Option<String> {
    let load = request.load.as_ref()?;
    let Some(with) = &load.with else {
        return Some(format!(
            "Under {} there is no number: {}.",
            server(load),
            why(load)
        ));
    };
    let first = format!(
        "Under {}: {} requests/s{}, {} µs of CPU each; {}.",
        server(load),
        rate(with),
        precision(&with.requests_per_s),
        names::micros(with.cpu_us.estimate),
        without(load, with, request.layers.len()),
    );
    let remarks = [idle(load), failed(load)].into_iter().flatten();
    Some(
        std::iter::once(first)
            .chain(remarks)
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// The last lines of the server where a number is not there.
pub(super) fn log_tail(request: &RequestAudit) -> &[String] {
    let error = request.load.as_ref().and_then(|load| load.error.as_ref());
    error.map_or(&[], |error| &error.log_tail)
}

/// `uvicorn 0.34.0 (h11, asyncio)`.
fn server(load: &LoadAudit) -> String {
    let version = load.server_version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    format!(
        "{}{version} ({}, {})",
        load.server, load.http, load.event_loop
    )
}

fn without(load: &LoadAudit, with: &LoadSide, all: usize) -> String {
    let (layers, toll_of) = layers(load.layers_out, all);
    match (&load.without, &load.toll_us) {
        _ if load.layers_out == 0 => layers,
        (Some(side), Some(toll)) => format!(
            "without {layers} {} requests/s{}, {} µs: {toll_of} {}",
            rate(side),
            precision(&side.requests_per_s),
            names::micros(side.cpu_us.estimate),
            toll_in_words(toll, with),
        ),
        _ => format!("without {layers} there is no number: {}", why(load)),
    }
}

fn why(load: &LoadAudit) -> &str {
    load.error
        .as_ref()
        .map_or("the time was up", |error| &error.message)
}

/// What is left out, honestly: not all layers can be. And who takes what is saved by it.
fn layers(out: usize, all: usize) -> (String, &'static str) {
    let that_can = "that can be taken out,";
    match (out, out == all) {
        (0, true) => ("there is no layer to take out".to_owned(), ""),
        (0, false) => (format!("none of its {all} layers can be taken out"), ""),
        (1, true) => ("its only layer".to_owned(), "it takes"),
        (_, true) => (format!("its {all} layers"), "the stack takes"),
        (1, false) => (
            format!("the one of its {all} layers {that_can}"),
            "it takes",
        ),
        (_, false) => (
            format!("the {out} of its {all} layers {that_can}"),
            "these take",
        ),
    }
}

fn toll_in_words(toll: &Estimate, with: &LoadSide) -> String {
    let value = format!("{} {}", names::micros(toll.estimate), names::interval(toll));
    let share = format::percent(toll.estimate / with.cpu_us.estimate);
    format!("{} µs ({})", value.trim_end(), plain(&share))
}

fn rate(side: &LoadSide) -> String {
    plain(&format::rate(side.requests_per_s.estimate))
}

/// ` (±2 %)`; nothing before there is an interval.
fn precision(estimate: &Estimate) -> String {
    let (Some(low), Some(high)) = (estimate.low, estimate.high) else {
        return String::new();
    };
    let half = (high - low) / 2.0 / estimate.estimate;
    format!(" (±{})", plain(&format::percent(half)))
}

/// A rate is the server's only where the server was busy.
fn idle(load: &LoadAudit) -> Option<String> {
    let is_idle = |side: &Option<LoadSide>| {
        let side = side.as_ref();
        side.is_some_and(|side| side.saturated != Saturated::Server)
    };
    let when = match (is_idle(&load.with), is_idle(&load.without)) {
        (false, false) => return None,
        (true, false) if load.without.is_some() => " with them",
        (false, true) => " without them",
        _ => "",
    };
    Some(format!(
        "The server was not busy all the time{when}: requests/s say what it waits for, CPU what it does."
    ))
}

fn failed(load: &LoadAudit) -> Option<String> {
    let sides = || [&load.with, &load.without].into_iter().flatten();
    let failed: u64 = sides().map(|side| side.failed).sum();
    let all: u64 = failed + sides().map(|side| side.requests).sum::<u64>();
    (failed > 0).then(|| {
        let (failed, all) = (format::count(failed), format::count(all));
        format!(
            "{} of {} requests were not answered rightly.",
            plain(&failed),
            plain(&all)
        )
    })
}

fn plain(text: &str) -> String {
    text.replace(format::GROUP, " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn estimate(estimate: f64, half: f64, unit: &str) -> Estimate {
        Estimate {
            estimate,
            low: Some(estimate - half),
            high: Some(estimate + half),
            confidence: 0.97,
            unit: unit.to_owned(),
        }
    }

    fn side(rate: f64, cpu_us: f64) -> LoadSide {
        LoadSide {
            requests_per_s: estimate(rate, 0.02 * rate, "requests/s"),
            cpu_us: estimate(cpu_us, 2.0, "us"),
            p99_us: None,
            saturated: Saturated::Server,
            requests: 40_000,
            failed: 0,
        }
    }

    fn load(layers_out: usize) -> LoadAudit {
        LoadAudit {
            server: "uvicorn".to_owned(),
            server_version: Some("0.34.0".to_owned()),
            http: "h11".to_owned(),
            event_loop: "asyncio".to_owned(),
            switched_off: Vec::new(),
            connections: 10,
            layers_out,
            with: Some(side(3_210.0, 311.0)),
            without: (layers_out > 0).then(|| side(9_870.0, 101.0)),
            toll_us: (layers_out > 0).then(|| estimate(210.0, 4.0, "us")),
            ratio: None,
            rounds: 6,
            error: None,
        }
    }

    fn told(load: LoadAudit, all: usize) -> String {
        let layer = serde_json::json!({
            "position": 0, "name": "L", "origin": "L", "distribution": null, "version": null,
            "file": null, "line": null, "place": "application", "added_by": "application",
            "removable": true, "why_not": null, "style": "asgi", "toll": null, "by": null,
            "ablation": null, "exclusive": null, "share": null, "counts": {},
            "removal": {"kind": "same"}, "findings": [],
        });
        let layer = serde_json::from_value(layer).unwrap();
        paragraph(&RequestAudit {
            request: "GET /".to_owned(),
            status: 200,
            body_bytes: 2,
            whole: None,
            total: None,
            layers: vec![layer; all],
            inside: None,
            load: Some(load),
            what_if: None,
            at_once: None,
            in_company: None,
            budget: None,
            rounds: BTreeMap::new(),
            findings: Vec::new(),
            error: None,
        })
        .unwrap()
    }

    #[test]
    fn rates_cpu_and_what_the_stack_takes_are_told() {
        assert_eq!(
            told(load(7), 7),
            "Under uvicorn 0.34.0 (h11, asyncio): 3 210 requests/s (±2.0 %), 311 µs of CPU each; \
             without its 7 layers 9 870 requests/s (±2.0 %), 101 µs: the stack takes 210 ±4.00 µs (68 %)."
        );
    }

    #[test]
    fn what_cannot_be_taken_out_is_said() {
        assert!(
            told(load(5), 7).contains("without the 5 of its 7 layers that can be taken out, 9 870")
        );
        assert!(told(load(5), 7).contains(": these take 210"));
        assert!(told(load(1), 2).contains("µs: it takes 210"));
        assert!(told(load(1), 1).contains("without its only layer"));
        assert!(told(load(0), 3).ends_with("each; none of its 3 layers can be taken out."));
        assert!(told(load(0), 0).ends_with("each; there is no layer to take out."));
    }

    #[test]
    fn what_is_missing_or_doubtful_is_said() {
        let failure = |message| {
            toll_core::failure::Failure::new(
                toll_core::failure::Stage::Verify,
                "wrong-answer",
                message,
            )
        };
        let half = LoadAudit {
            without: None,
            toll_us: None,
            error: Some(failure("expected status 200, got 500")),
            ..load(2)
        };
        assert!(
            told(half, 2).ends_with(
                "without its 2 layers there is no number: expected status 200, got 500."
            )
        );
        let nothing = LoadAudit {
            with: None,
            error: Some(failure("the server ended by itself")),
            ..load(2)
        };
        assert_eq!(
            told(nothing, 2),
            "Under uvicorn 0.34.0 (h11, asyncio) there is no number: the server ended by itself."
        );
        let mut doubtful = load(2);
        if let Some(with) = &mut doubtful.with {
            with.saturated = Saturated::Neither;
            with.failed = 3;
        }
        let told = told(doubtful, 2);
        assert!(
            told.contains("was not busy all the time with them:"),
            "{told}"
        );
        assert!(
            told.ends_with("3 of 80 003 requests were not answered rightly."),
            "{told}"
        );
    }
}
