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
