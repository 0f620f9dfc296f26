//! Every framework, every server, both ways in: the layers are really there, and they are measured.

use std::io::Write;

use serde_json::Value;

use crate::support::{Place, pythons};

fn measure(budget: &str) -> String {
    format!(
        "[measure]\nrounds = 1\nmax-rounds = 1\nslice-ms = 20\nblocks = 1\nwarmup-ms = 10\nbudget = \"{budget}\"\n"
    )
}

/// Every cell has requests and no error.
#[track_caller]
fn all_measured(results: &Value, series: usize) {
    let all = results["series"].as_array().unwrap();
    assert_eq!(all.len(), series);
    for series in all {
        assert!(series["error"].is_null(), "{series}");
        for cell in series["instruments"]["load"]["cells"].as_array().unwrap() {
            assert!(
                cell["requests"].as_u64().unwrap() > 0 && cell["error"].is_null(),
                "{} {cell}",
                series["axes"]
            );
            assert!(
                cell["server_cpu_us"]["estimate"].as_f64().unwrap() > 1.0,
                "{cell}"
            );
        }
    }
}

#[test]
fn the_newest_release_of_ten_frameworks() {
    let place = Place::new();
    let suite = format!(
        "[suite]\nname = \"ten\"\ninstruments = [\"load\"]\nmiddlewares = [0, 3]\nkind = [\"native\", \"native-json\"]\n\n{}\n[[series]]\n\
         framework = [\"starlette\", \"fastapi\", \"litestar\", \"falcon\", \"blacksheep\", \"muffin\", \"sanic\", \
         \"quart\", \"django\", \"lilya\"]\n",
        measure("3m")
    );
    place.write("ten.toml", &suite);
    place.run(&["run", "ten.toml", "--out", "out"]).expect(0);
    let results = place.json("out/results.json");
    all_measured(&results, 20);
    for series in results["series"].as_array().unwrap() {
        let version = series["axes"]["version"].as_str().unwrap();
        assert!(
            version.starts_with(|c: char| c.is_ascii_digit()),
            "the real version is in the axes: {version}"
        );
    }
}

const FRAMEWORKS: &str = "[\"starlette\", \"fastapi\", \"litestar\", \"falcon\", \"blacksheep\", \"muffin\", \"sanic\", \
                          \"quart\", \"django\", \"lilya\"]";

/// Every one of these, in every framework where it can exist, answers rightly with every layer in
/// its place; says how many series that is.
fn all_count(axis: &str, values: &str) -> usize {
    let place = Place::new();
    let suite = format!(
        "[suite]\nname = \"all\"\nmiddlewares = [0, 3]\ninstruments = [\"counts\"]\n\n\
         [measure]\ncount-rounds = 1\ncount-repeats = 1\n\n[[series]]\nframework = {FRAMEWORKS}\n{axis} = [{values}]\n"
    );
    place.write("all.toml", &suite);
    place.run(&["run", "all.toml", "--out", "out"]).expect(0);
    let results = place.json("out/results.json");
    let all = results["series"].as_array().unwrap();
    for series in all {
        for cell in series["instruments"]["counts"]["cells"].as_array().unwrap() {
            assert!(
                cell["counts"]["python_calls"]["low"].as_i64() > Some(0),
                "{} {cell}",
                series["axes"]
            );
        }
    }
    all.len()
}

#[test]
fn every_kind_in_every_framework_that_has_it() {
    let kinds = "\"asgi\", \"asgi-header\", \"spin-1us\", \"sleep-1ms\", \"block-1ms\", \"thread-hop\", \"new-task\", \
                 \"buffer\", \"buffer-request\", \"native\", \"native-json\", \"base-http\", \"hook-header\", \"mixin\", \
                 \"cors\", \"gzip\", \"trusted-host\", \"session\"";
    // Eleven everywhere, five of Starlette's in two, and one in Quart and in Django.
    assert_eq!(all_count("kind", kinds), 11 * 10 + 5 * 2 + 2);
}

#[test]
fn every_workload_in_every_framework_that_can_answer_it() {
    let workloads = "\"ping\", \"json-1k\", \"post-1k\", \"post-1m\", \"stream-100x1k\", \"large-200k\", \
                     \"cors-no-origin\", \"cors-origin\", \"gzip-small\", \"gzip-200k\", \"background-task\", \
                     \"error-500\", \"websocket-echo\"";
    // All but three: BlackSheep and Django lack a background task, Django a websocket.
    let series = all_count("kind = \"asgi-header\"\nworkload", workloads);
    assert_eq!(series, 13 * 10 - 3);
}

#[test]
fn every_server_over_tcp_and_over_a_unix_socket() {
    let place = Place::new();
    for transport in ["tcp", "unix"] {
        let suite = format!(
            "[suite]\nname = \"servers\"\ninstruments = [\"load\"]\nmiddlewares = [0, 2]\n\n{}transport = \"{transport}\"\n\n[[series]]\n\
             framework = \"starlette\"\nserver = [\"uvicorn\", \"gunicorn\", \"hypercorn\", \"granian\"]\n",
            measure("2m")
        );
        place.write("servers.toml", &suite);
        place
            .run(&["run", "servers.toml", "--out", transport])
            .expect(0);
        all_measured(&place.json(&format!("{transport}/results.json")), 4);
    }
}

/// Releases of that time have no wheels for the Pythons of today.
#[test]
fn the_original_versions_run_on_the_day_of_the_original() {
    let place = Place::new();
    if !pythons(&place)
        .iter()
        .any(|version| version.starts_with("3.12."))
    {
        let _ = writeln!(std::io::stderr(), "skipped: no Python 3.12 here");
        return;
    }
    let original = place.run(&["suite", "show", "original"]).expect(0).stdout;
    let (suite, series) = original.split_once("[measure]").unwrap();
    let (_, series) = series.split_once("[[series]]").unwrap();
    let suite = suite
        .replace("\"0..=20\"", "[0, 4]")
        .replace("\"3.12.1\"", "\"3.12\"");
    place.write(
        "original.toml",
        &format!("{suite}{}[[series]]{series}", measure("3m")),
    );
    place
        .run(&["run", "original.toml", "--out", "out"])
        .expect(0);
    let results = place.json("out/results.json");
    all_measured(&results, 7);
    let starlette = &results["series"][0];
    assert_eq!(starlette["axes"]["version"], "0.34.0");
    let lock = starlette["lock"].to_string();
    assert!(
        lock.contains("uvicorn==0.25.0") && lock.contains("gunicorn==21.2.0"),
        "{lock}"
    );
}
