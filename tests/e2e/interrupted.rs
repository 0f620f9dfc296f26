//! Ctrl-C, SIGTERM, `kill -9`: what was measured is kept, no process is left, the run can go on.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{NOBODY, Place, Started, eventually, processes_with};

const SUITE: &str = "\
[suite]
instruments = [\"load\"]
name = \"long\"
middlewares = [0, 1, 2]
http = \"h11\"
loop = \"asyncio\"

[measure]
rounds = 40
max-rounds = 40
slice-ms = 20
blocks = 2
warmup-ms = 20
budget = \"10m\"

[[series]]
framework = \"bare\"
";

/// Starts a run that would take minutes and waits until a round is done.
fn started(place: &Place) -> Started {
    started_with(place, SUITE)
}

fn started_with(place: &Place, suite: &str) -> Started {
    place.write("long.toml", suite);
    let mut command = place.command(&["run", "long.toml", "--out", "out", "--seed", "7"]);
    let log = std::fs::File::create(place.path("talk")).unwrap();
    command.stderr(log);
    let started = Started::from(command.spawn().unwrap());
    eventually(120, || {
        std::fs::read_to_string(place.path("talk")).is_ok_and(|talk| talk.contains("round 2"))
    });
    started
}

/// The servers of a run name its folder of subjects in their environment.
fn servers(place: &Place) -> Vec<u32> {
    processes_with(&place.path("subjects").display().to_string())
}

fn rounds(results: &Value) -> u64 {
    rounds_of(results, "load")
}

fn rounds_of(results: &Value, instrument: &str) -> u64 {
    results["series"][0]["instruments"][instrument]["rounds"]
        .as_u64()
        .unwrap()
}

#[track_caller]
fn stops_in_good_order(signal: &str, instrument: &str) {
    let place = Place::new();
    let started = started_with(&place, &SUITE.replace("load", instrument));
    started.signal(signal);
    let ended = started.wait().expect(130);
    assert_eq!(servers(&place), NOBODY);
    let results = place.json("out/results.json");
    assert!(rounds_of(&results, instrument) >= 1);
    assert_eq!(results["run"]["interrupted"], true);
    assert!(
        ended.stdout.contains("bare"),
        "the table is printed: {ended:?}"
    );
    assert!(
        std::fs::read_to_string(place.path("talk"))
            .unwrap()
            .contains("--resume")
    );
}

#[test]
fn ctrl_c_keeps_what_was_measured() {
    stops_in_good_order("INT", "load");
}

#[test]
fn ctrl_c_without_a_server_does_the_same() {
    stops_in_good_order("INT", "direct");
}

#[test]
fn a_terminate_signal_does_the_same() {
    stops_in_good_order("TERM", "load");
}

#[test]
fn after_kill_9_no_driver_is_left() {
    let place = Place::new();
    let started = started_with(&place, &SUITE.replace("load", "direct"));
    // Between two rounds there is none for a moment.
    eventually(30, || !servers(&place).is_empty());
    started.signal("KILL");
    assert_eq!(started.wait().code, None);
    eventually(10, || servers(&place).is_empty());
}

/// What hangs when we are told to stop says nothing of how many layers an application bears.
#[test]
fn ctrl_c_while_levels_are_chosen_leaves_no_wrong_ones() {
    let place = Place::new();
    let suite = SUITE
        .replace("load", "direct")
        .replace("[0, 1, 2]", "\"auto\"")
        .replace(
            "framework = \"bare\"",
            "framework = \"bare\"\nkind = \"slow\"",
        );
    place.write("long.toml", &suite);
    let mut command = place.command(&["run", "long.toml", "--out", "out"]);
    let started = Started::from(command.spawn().unwrap());
    eventually(120, || servers(&place).len() >= 2);
    // Without layers it answers at once; with some it takes ten seconds for each request.
    std::thread::sleep(Duration::from_secs(2));
    started.signal("INT");
    started.wait().expect(130);
    let results = place.json("out/results.json");
    let series = &results["series"][0];
    assert!(series["error"].is_null(), "{series}");
    assert_eq!(
        series["instruments"]["direct"]["cells"]
            .as_array()
            .map_or(0, Vec::len),
        0,
        "{series}"
    );
}

/// A failed cell of a run is tried again when it goes on, though all others are done.
#[test]
fn a_cell_that_failed_is_tried_again() {
    let place = Place::new();
    let suite = SUITE
        .replace("load", "counts")
        .replace("rounds = 40", "rounds = 2")
        .replace(
            "framework = \"bare\"",
            "framework = \"bare\"\nkind = \"raises-later\"",
        );
    place.write("long.toml", &suite);
    let failure =
        |out: &Value| out["series"][0]["instruments"]["counts"]["cells"][1]["error"].clone();
    place.run(&["run", "long.toml", "--out", "out"]).expect(3);
    assert_eq!(
        failure(&place.json("out/results.json"))["code"],
        "app-raised"
    );
    place.run(&["run", "--resume", "out"]).expect(3);
    let again = failure(&place.json("out/results.json"));
    assert_eq!(again["code"], "app-raised", "{again}");
}

/// Only the guard can do this: the kernel tells a server of our end, but not what it has forked.
#[test]
fn after_kill_9_what_the_servers_started_is_gone_too() {
    let place = Place::new();
    let started = started_with(
        &place,
        &SUITE.replace(
            "framework = \"bare\"",
            "framework = \"bare\"\nkind = \"forks\"",
        ),
    );
    // Three servers and what they forked; between rounds there are none for a moment.
    eventually(30, || servers(&place).len() >= 6);
    started.signal("KILL");
    started.wait();
    eventually(5, || servers(&place).is_empty());
}

/// The first signal comes while nothing answers, the second does not wait for it.
#[test]
fn ctrl_c_while_servers_start_does_not_wait_for_them() {
    let place = Place::new();
    place.write(
        "hangs.toml",
        &SUITE.replace(
            "framework = \"bare\"",
            "framework = \"bare\"\nkind = \"hangs\"",
        ),
    );
    let started = Started::from(
        place
            .command(&["run", "hangs.toml", "--out", "out"])
            .spawn()
            .unwrap(),
    );
    eventually(60, || !servers(&place).is_empty());
    let before = Instant::now();
    started.signal("INT");
    started.wait().expect(130);
    assert!(
        before.elapsed() < Duration::from_secs(15),
        "the start timeout is 30 s"
    );
    assert_eq!(servers(&place), NOBODY);
}

#[test]
fn ctrl_c_before_anything_is_measured_leaves_nothing() {
    let place = Place::with_empty_cache();
    place.write("long.toml", SUITE);
    let started = Started::from(
        place
            .command(&["run", "long.toml", "--out", "out"])
            .spawn()
            .unwrap(),
    );
    eventually(60, || place.path("cache").exists());
    started.signal("INT");
    started.wait().expect(130);
    assert!(!place.path("out/run.sqlite").exists());
}

#[test]
fn after_kill_9_no_process_is_left_and_the_run_goes_on() {
    let place = Place::new();
    let started = started(&place);
    started.signal("KILL");
    started.wait();
    eventually(20, || servers(&place).is_empty());
    // The report of what there is can be drawn, and says that it was interrupted.
    let report = place.run(&["report", "out"]).expect(0);
    assert_eq!(place.json("out/results.json")["run"]["interrupted"], true);
    assert!(report.stdout.contains("bare"), "{report:?}");
    let before = rounds(&place.json("out/results.json"));
    assert!(before >= 1);
    let resumed = place
        .run(&["run", "--resume", "out", "--budget", "4s"])
        .expect(0);
    assert!(resumed.stdout.contains("bare"), "{resumed:?}");
    let results = place.json("out/results.json");
    assert!(
        rounds(&results) > before,
        "{before} rounds before, {} after",
        rounds(&results)
    );
    assert_eq!(results["run"]["seed"], 7);
    assert_eq!(results["run"]["interrupted"], false);
    assert_eq!(servers(&place), NOBODY);
}

#[test]
fn two_tools_do_not_write_one_run() {
    let place = Place::new();
    let started = started(&place);
    let second = place.run(&["run", "--resume", "out"]).expect(2);
    assert!(second.stderr.contains("another"), "{second:?}");
    started.signal("INT");
    started.wait().expect(130);
}

#[test]
fn a_run_whose_subject_was_edited_is_not_continued() {
    let place = Place::new();
    place.write("long.toml", SUITE);
    place
        .run(&["run", "long.toml", "--out", "out", "--budget", "2s"])
        .expect(0);
    let app = place.path("subjects/bare/app.py");
    let edited = std::fs::read_to_string(&app).unwrap() + "\n# edited\n";
    std::fs::write(app, edited).unwrap();
    let refused = place.run(&["run", "--resume", "out"]).expect(2);
    assert!(refused.stderr.contains("have changed"), "{refused:?}");
}
