//! `asgi-toll app`: what would a change bring?

use std::fs;

use serde_json::Value;

use crate::app::{Project, names};
use crate::support::Ended;

/// The answer to what was asked about the only request.
fn what_if(project: &Project, args: &[&str]) -> Value {
    // It ends when it is decided; a busy machine has the time that it needs.
    let args = [args, &["--time", "5m", "--json"]].concat();
    let report = project.run(&args).expect(0).json();
    report["requests"][0]["what_if"].clone()
}

fn micros(what_if: &Value, side: &str) -> f64 {
    what_if["whole"][side]["estimate"].as_f64().unwrap()
}

#[test]
fn the_pure_twins_are_cheaper_by_their_tasks() {
    let project = Project::new("starlette-twins");
    let found = what_if(
        &project,
        &[
            "main:app",
            "--replace",
            "SlowAPIMiddleware=slowapi.middleware:SlowAPIASGIMiddleware",
            "--replace",
            "ContextMiddleware=starlette_context.middleware:RawContextMiddleware",
        ],
    );
    assert_eq!(found["counts"]["tasks"], -2.0, "{found}");
    assert!(
        micros(&found, "after") < micros(&found, "before"),
        "{found}"
    );
    assert_eq!(found["verdict"], "improved", "{found}");
}

#[test]
fn a_layer_less_and_another_order_are_counted_beside_today() {
    let project = Project::new("fastapi-shop");
    let request = ["main:app", "--request", "GET /items/3"];
    let counted = ["--instrument", "counts"];
    let asked = |change: &[&str]| what_if(&project, &[&request[..], &counted, change].concat());
    let without = asked(&["--without", "time_request"]);
    assert_eq!(without["counts"]["tasks"], -1.0, "{without}");
    let order = asked(&["--order", "GZipMiddleware,CORSMiddleware"]);
    assert_eq!(order["answer"]["kind"], "same", "{order}");
    // Nothing is there that was not there before.
    assert_eq!(order["counts"]["tasks"], 0.0, "{order}");
    assert_eq!(order["verdict"], "missing", "{order}");
}

#[test]
fn another_release_is_tried_in_a_copy_of_the_environment() {
    let project = Project::new("starlette-twins");
    let metadata = || project.packages();
    let before = metadata();
    let found = what_if(&project, &["main:app", "--upgrade", "starlette==0.38.2"]);
    let words = found["change"].as_str().unwrap();
    assert!(words.contains("starlette 0.38.2 instead of"), "{words}");
    // That release makes several tasks for each of its layers.
    assert!(found["counts"]["tasks"].as_f64().unwrap() >= 2.0, "{found}");
    assert_eq!(found["verdict"], "regressed", "{found}");
    let layers = found["layers"].as_array().unwrap();
    let slowapi = layers
        .iter()
        .find(|layer| layer["name"] == "SlowAPIMiddleware")
        .unwrap();
    let tasks = |side: &str| slowapi[side]["tasks"].as_f64().unwrap();
    assert!(tasks("counts_after") > tasks("counts_before"), "{slowapi}");
    assert_eq!(
        metadata(),
        before,
        "the project's own environment is as it was"
    );
}

#[test]
fn changes_that_cannot_be_are_refused_with_what_there_is() {
    let project = Project::new("starlette-twins");
    for (args, words) in [
        (
            &["--without", "GZipMiddleware"][..],
            &["no layer `GZipMiddleware`", "SlowAPIMiddleware"][..],
        ),
        (
            &["--replace", "SlowAPIMiddleware=nowhere:Class"],
            &["nowhere"],
        ),
        (
            &["--replace", "SlowAPIMiddleware=slowapi.middleware:Nothing"],
            &["Nothing"],
        ),
        (&["--replace", "SlowAPIMiddleware"], &["LAYER=module:Class"]),
        (&["--order", "SlowAPIMiddleware"], &["two layers"]),
        (
            &["--upgrade", "starlette==0.0.0.1"],
            &["starlette==0.0.0.1"],
        ),
        (
            &["--upgrade", "starlette", "--without", "SlowAPIMiddleware"],
            &["cannot be used with"],
        ),
    ] {
        let ended = project.run(&[&["main:app"], args].concat()).expect(2);
        for word in words {
            assert!(ended.stderr.contains(word), "{args:?}: {}", ended.stderr);
        }
        assert_eq!(ended.stdout, "", "{args:?}");
    }
}

/// Each layer makes every other one dearer: taken out one by one they save twice what they cost together.
#[test]
fn layers_that_are_dearer_in_company_are_told() {
    let project = Project::new("planted");
    let costs = ["0"; 12].join(",");
    let args = [
        "main:app",
        "--instrument",
        "ablation",
        "--time",
        "45s",
        "--json",
    ];
    let mut command = project.command(&args);
    command.envs([("COSTS", costs.as_str()), ("QUADRATIC", "3")]);
    let report = Ended::of(&command.output().unwrap()).expect(0).json();
    let request = &report["requests"][0];
    let findings = request["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|one| one["code"] == "superlinear"),
        "{findings:?} {:?} {}",
        names(request),
        request["total"]
    );
}

#[test]
fn a_layer_that_hops_is_told_with_the_line_where_it_does() {
    let project = Project::new("planted");
    let request = project.count("main:app", "GET /", &[("HOP", "3")]);
    let layers = request["layers"].as_array().unwrap();
    let hop = layers
        .iter()
        .find(|layer| layer["name"] == "HopLayer")
        .unwrap();
    let finding = hop["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["code"] == "thread-hop")
        .unwrap();
    let source = fs::read_to_string(project.folder.join("layers.py")).unwrap();
    let line = 1 + source
        .lines()
        .position(|line| line.contains("asyncio.to_thread"))
        .unwrap();
    let evidence = finding["evidence"].as_str().unwrap();
    assert!(
        evidence.contains(&format!("layers.py:{line}")),
        "{evidence}"
    );
}
