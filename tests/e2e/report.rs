//! Reports are drawn again from what is stored, several runs together if asked.

use std::fs;

use crate::run::assert_valid;
use crate::support::Place;

const SUITE: &str = "\
[suite]
name = \"bare\"
middlewares = [0, 1, 3]
http = \"h11\"
loop = \"asyncio\"

[measure]
rounds = 2
max-rounds = 2
slice-ms = 20
blocks = 1
warmup-ms = 10

[[series]]
framework = \"bare\"
";

#[test]
fn a_report_is_drawn_again_from_the_record_alone() {
    let place = Place::new();
    place.write("suite.toml", SUITE);
    place.run(&["run", "suite.toml", "--out", "out"]).expect(0);
    let before = place.json("out/results.json");
    for file in ["results.json", "report.html", "summary.png", "summary.md"] {
        fs::remove_file(place.path("out").join(file)).unwrap();
    }
    place.run(&["report", "out"]).expect(0);
    assert_eq!(place.json("out/results.json"), before);
    assert!(place.path("out/summary.png").exists() && place.path("out/report.html").exists());
}

#[test]
fn two_runs_are_drawn_together() {
    let place = Place::new();
    place.write("suite.toml", SUITE);
    place.run(&["run", "suite.toml", "--out", "one"]).expect(0);
    place.run(&["run", "suite.toml", "--out", "two"]).expect(0);
    let refused = place.run(&["report", "one", "two"]).expect(2);
    assert!(refused.stderr.contains("--out"), "{refused:?}");
    place
        .run(&["report", "one", "two", "--out", "both"])
        .expect(0);
    let results = place.json("both/results.json");
    assert_valid(&results);
    let labels: Vec<&str> = results["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|series| series["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels.len(), 2);
    assert_ne!(labels[0], labels[1], "they can be told apart");
}

#[test]
fn a_folder_without_a_run_is_named() {
    let place = Place::new();
    let ended = place.run(&["report", "subjects"]).expect(2);
    assert!(
        ended.stderr.contains("not the folder of a run"),
        "{ended:?}"
    );
}
