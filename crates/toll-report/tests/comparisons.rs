//! Comparisons in every format, from results that were really measured.

use serde_json::{Value, json};
use toll_analysis::bisect::Bisection;
use toll_analysis::compare::results::{ComparisonReport, Verdict};
use toll_analysis::history::{History, Release};
use toll_report::compare::{FORMATS, render_comparisons};
use toll_report::{TerminalStyle, bisection_markdown, history_svg, render_bisection};

/// starlette 0.38.2 against 0.38.3 with base-http layers.
fn measured() -> ComparisonReport {
    serde_json::from_str(include_str!("recorded/compare.json")).unwrap()
}

/// The same with another verdict, and with a name that every format must keep from breaking out.
fn with_verdict(verdict: Verdict) -> ComparisonReport {
    let mut report = measured();
    report.verdict = verdict;
    report.comparisons[0].verdict = verdict;
    "<a> & \"b\" | c".clone_into(&mut report.comparisons[0].label);
    report
}

fn file(report: &ComparisonReport, name: &str) -> String {
    let format = FORMATS
        .iter()
        .find(|format| format.file_name == name)
        .unwrap();
    String::from_utf8((format.render)(report).unwrap()).unwrap()
}

fn value(report: &ComparisonReport, name: &str) -> Value {
    serde_json::from_str(&file(report, name)).unwrap()
}

/// Bencher's own schema of its format (bencher.dev/bmf.json).
fn bencher_schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema",
        "type": "object",
        "patternProperties": {".+": {
            "type": "object",
            "patternProperties": {".+": {
                "type": "object",
                "properties": {"value": {"type": "number"}, "lower_value": {"type": "number"}, "upper_value": {"type": "number"}},
                "required": ["value"]
            }}
        }}
    })
}

/// What github-action-benchmark reads for `customSmallerIsBetter` (its src/extract.ts), as a schema.
fn github_action_schema() -> Value {
    json!({
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string"}, "unit": {"type": "string"}, "value": {"type": "number", "exclusiveMinimum": 0},
                "range": {"type": "string"}, "extra": {"type": "string"}
            },
            "required": ["name", "unit", "value"],
            "additionalProperties": false
        }
    })
}

#[track_caller]
fn valid(schema: &Value, value: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{value:#}");
}

#[test]
fn what_was_written_is_read_again() {
    let report = measured();
    let again: ComparisonReport = serde_json::from_str(&file(&report, "compare.json")).unwrap();
    assert_eq!(again, report);
}

#[test]
fn bencher_gets_nanoseconds() {
    let report = measured();
    let metrics = value(&report, "bencher.json");
    valid(&bencher_schema(), &metrics);
    let toll = &metrics["starlette base-http ping"]["direct-toll"];
    let told_us = report.comparisons[0].toll.as_ref().unwrap().after.estimate;
    assert!((toll["value"].as_f64().unwrap() - told_us * 1e3).abs() < 1e-6);
    assert!(toll["lower_value"].as_f64() < toll["value"].as_f64());
    let names = metrics["starlette base-http ping"].as_object().unwrap();
    assert!(names.keys().all(|name| name.len() <= 64));
    // The schema would refuse what is no metric.
    let validator = jsonschema::validator_for(&bencher_schema()).unwrap();
    assert!(!validator.is_valid(&json!({"a": {"b": {"lower_value": 1}}})));
}

#[test]
fn github_action_benchmark_gets_what_it_can_divide_by() {
    let entries = value(&measured(), "github-action-benchmark.json");
    valid(&github_action_schema(), &entries);
    let names: Vec<&str> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"starlette base-http ping (direct) with 10 layers"),
        "{names:?}"
    );
}

#[test]
fn junit_says_what_continuous_integration_understands() {
    for (verdict, element, counted) in [
        (Verdict::Regressed, "failure", "failures"),
        (Verdict::Missing, "error", "errors"),
        (Verdict::Inconclusive, "skipped", "skipped"),
        (Verdict::Cleared, "system-out", "tests"),
        (Verdict::Improved, "system-out", "tests"),
    ] {
        let text = file(&with_verdict(verdict), "junit.xml");
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let suite = root.first_element_child().unwrap();
        assert_eq!(suite.attribute("tests"), Some("1"));
        assert_eq!(suite.attribute(counted), Some("1"), "{text}");
        let case = suite.first_element_child().unwrap();
        assert_eq!(
            (case.tag_name().name(), case.attribute("name")),
            ("testcase", Some("<a> & \"b\" | c"))
        );
        assert!(case.attribute("classname").is_some());
        assert_eq!(
            case.first_element_child().unwrap().tag_name().name(),
            element
        );
    }
}

#[test]
fn the_summary_leads_with_the_verdict() {
    let text = file(&with_verdict(Verdict::Regressed), "summary.md");
    assert!(text.starts_with("## asgi-toll: regressed\n"), "{text}");
    assert!(text.contains("please look at it") && text.contains("&lt;a> & \"b\" \\| c"));
    assert!(file(&with_verdict(Verdict::Cleared), "summary.md").contains("No action needed"));
}

#[test]
fn only_what_has_gates_speaks_of_false_alarms() {
    let mut report = measured();
    assert!(file(&report, "summary.md").contains("false alarms at most 1 %"));
    let counts = |name: &String, _: &mut _| name == "counts";
    report.comparisons[0].instruments.retain(counts);
    assert!(!file(&report, "summary.md").contains("false alarms"));
}

#[test]
fn a_history_without_times_has_an_empty_panel_and_no_axis() {
    let bisection: Bisection = serde_json::from_str(include_str!("recorded/bisect.json")).unwrap();
    let releases = bisection.probed.into_iter().map(|probed| Release {
        version: probed.version,
        footprint: Some(probed.footprint),
        base: None,
        toll: None,
        rounds: 0,
        as_of: None,
        skipped: None,
        is_step: false,
    });
    let history = History {
        schema_version: 1,
        tool_version: "0.1.0".to_owned(),
        distribution: bisection.distribution,
        subject: bisection.subject,
        python: bisection.python,
        host: toll_core::host::Host::default(),
        levels: Vec::new(),
        held: Vec::new(),
        reference: None,
        releases: releases.collect(),
        wall_s: 1.0,
    };
    let drawing = history_svg(&history);
    assert!(
        drawing.contains("not measured") && !drawing.contains("0.0000"),
        "{drawing}"
    );
    assert_eq!(drawing.matches("<circle").count(), history.releases.len());
    roxmltree::Document::parse(&drawing).unwrap();
}

#[test]
fn a_terminal_gets_the_verdict_first_and_colours_only_if_it_has_them() {
    let plain = render_comparisons(&measured(), &TerminalStyle::default());
    assert!(
        plain.lines().next().unwrap().ends_with("improved"),
        "{plain}"
    );
    assert!(!plain.contains('\u{1b}'));
    assert!(
        plain.contains("direct toll, µs")
            && plain.contains("Different distributions: starlette 0.38.2 → 0.38.3.")
    );
    let colour = TerminalStyle {
        colour: true,
        ..TerminalStyle::default()
    };
    assert!(render_comparisons(&measured(), &colour).contains('\u{1b}'));
}

#[test]
fn a_bisection_shows_the_answer_and_the_mechanism() {
    let bisection: Bisection = serde_json::from_str(include_str!("recorded/bisect.json")).unwrap();
    let text = render_bisection(&bisection, &TerminalStyle::default());
    assert!(
        text.starts_with("starlette became slower between 0.20.4 and 0.21.0."),
        "{text}"
    );
    assert!(text.contains("starlette/middleware/base.py (+37 −3):"));
    let markdown = bisection_markdown(&bisection);
    assert!(markdown.contains("````diff") && markdown.contains("receive_or_disconnect"));
}
