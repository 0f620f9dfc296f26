//! Load from other programs: the whole way, and what is said when it cannot be gone.

use std::fs;
use std::io::Write;

use serde_json::Value;

use crate::run::assert_valid;
use crate::support::Place;

fn suite(load: &str) -> String {
    format!(
        "\
[suite]
name = \"external\"
middlewares = [0, 5]
instruments = [\"load\"]
load = \"{load}\"

[measure]
rounds = 2
max-rounds = 2
blocks = 1
warmup-ms = 30
connections = 4
budget = \"2m\"

[[series]]
framework = \"starlette\"
kind = \"base-http\"
"
    )
}

/// Measures with a program and checks what all of them have in common; `None` where it is not installed.
fn measured(load: &str) -> Option<(Place, Value)> {
    let place = Place::new();
    place.write("external.toml", &suite(load));
    let ended = place.run(&["run", "external.toml", "--out", "out"]);
    if ended.stderr.contains("was not found") {
        let required = std::env::var_os("ASGI_TOLL_REQUIRE_GENERATORS").is_some();
        assert!(!required, "{}", ended.stderr);
        let mut out = std::io::stderr();
        writeln!(out, "skipped: {}", ended.stderr).unwrap();
        return None;
    }
    let ended = ended.expect(0);
    let results = place.json("out/results.json");
    assert_valid(&results);
    assert_eq!(results["run"]["settings"]["load"], load);
    assert_eq!(results["run"]["settings"]["slice_ms"], 1_000);
    let generator = &results["host"]["load_generator"];
    assert_eq!(generator["name"], load);
    let title = format!("{load} {}", generator["version"].as_str().unwrap());
    for text in [
        &ended.stdout,
        &read(&place, "summary.md"),
        &read(&place, "report.html"),
    ] {
        assert!(text.contains(&title), "{title} in {text}");
        assert!(text.contains("bodies are not compared"), "{text}");
    }
    let load = &results["series"][0]["instruments"]["load"];
    assert!(load["toll"]["estimate"].as_f64().unwrap() > 0.0, "{load}");
    for cell in load["cells"].as_array().unwrap() {
        assert!(cell["requests"].as_u64().unwrap() > 200, "{cell}");
        assert_eq!(cell["errors"].as_object().unwrap().len(), 0, "{cell}");
        assert!(cell["server_cpu_us"]["estimate"].as_f64().unwrap() > 0.0);
        assert!(cell["requests_per_s"]["estimate"].as_f64().unwrap() > 0.0);
    }
    Some((place, results))
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path("out").join(name)).unwrap()
}

fn cells(results: &Value) -> &Vec<Value> {
    results["series"][0]["instruments"]["load"]["cells"]
        .as_array()
        .unwrap()
}

#[test]
fn bombardier_sends_the_load_and_its_windows_stand_beside_the_rate() {
    let Some((place, results)) = measured("bombardier") else {
        return;
    };
    for cell in cells(&results) {
        let windows = cell["window_rate"]["p99_requests_per_s"].as_f64().unwrap();
        let ratio = cell["window_rate"]["over_rate"].as_f64().unwrap();
        assert!(windows > 0.0 && ratio > 1.0, "the bias is there: {cell}");
    }
    let summary = read(&place, "summary.md");
    assert!(summary.contains("what the original plotted"), "{summary}");
}

#[test]
fn wrk_sends_the_load_and_tells_no_windows() {
    let Some((place, results)) = measured("wrk") else {
        return;
    };
    assert!(
        cells(&results)
            .iter()
            .all(|cell| cell["window_rate"].is_null())
    );
    assert!(read(&place, "summary.md").contains("every status below 400"));
}

#[test]
fn a_program_that_is_not_there_is_said_before_anything_is_begun() {
    let place = Place::new();
    place.write("external.toml", &suite("wrk"));
    let mut command = place.command(&["run", "external.toml", "--out", "out"]);
    let output = command
        .env("ASGI_TOLL_WRK", "/nonexistent")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("wrk was not found (ASGI_TOLL_WRK says /nonexistent)"),
        "{said}"
    );
    assert!(said.contains("apt install wrk"), "{said}");
    assert!(!place.path("out").exists(), "nothing was begun");
}

#[test]
fn a_slip_is_understood_and_the_command_line_takes_precedence() {
    let place = Place::new();
    place.write("slip.toml", &suite("wrkk"));
    let ended = place.run(&["plan", "slip.toml"]).expect(2);
    assert!(ended.stderr.contains("did you mean `wrk`?"), "{ended:?}");
    place.write("external.toml", &suite("wrk"));
    let settings = |args: &[&str]| place.run(args).expect(0).json()["settings"].clone();
    assert_eq!(
        settings(&["plan", "external.toml", "--json"])["load"],
        "wrk"
    );
    let own = settings(&["plan", "external.toml", "--load", "toll-load", "--json"]);
    assert_eq!(
        (&own["load"], &own["slice_ms"]),
        (&"toll-load".into(), &20.into())
    );
}

#[test]
fn a_unix_socket_is_refused_where_the_program_knows_none() {
    let place = Place::new();
    let text = suite("bombardier").replace("[measure]", "[measure]\ntransport = \"unix\"");
    place.write("external.toml", &text);
    let ended = place.run(&["run", "external.toml"]).expect(2);
    assert!(
        ended.stderr.contains("bombardier knows no unix sockets"),
        "{ended:?}"
    );
}
