//! Bad input and bad luck: a clear message or a failed cell, and nothing else is lost.

use std::fs;

use serde_json::Value;

use crate::support::{Ended, NOBODY, Place, processes_with, pythons};

/// A short suite of the bare subject: `series` are the tables, `measure` further keys.
fn bare(measure: &str, series: &str) -> String {
    format!(
        "[suite]\nname = \"bare\"\nmiddlewares = [0, 1, 2]\ninstruments = [\"load\"]\nhttp = \"h11\"\nloop = \"asyncio\"\n\n\
         [measure]\nrounds = 2\nmax-rounds = 2\nslice-ms = 20\nblocks = 2\nwarmup-ms = 20\n{measure}\n{series}"
    )
}

fn series(kind: &str) -> String {
    format!("[[series]]\nframework = \"bare\"\nkind = \"{kind}\"\n")
}

fn run(place: &Place, suite: &str) -> Ended {
    place.write("suite.toml", suite);
    place.run(&["run", "suite.toml", "--out", "out"])
}

/// The series of that kind in the results.
fn result_of(place: &Place, kind: &str) -> Value {
    let results = place.json("out/results.json");
    let all = results["series"].as_array().unwrap();
    all.iter()
        .find(|series| series["axes"]["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {results}"))
        .clone()
}

/// A series that goes wrong beside one that goes right: the right one is measured, the wrong one is
/// a record with its reason.
#[track_caller]
fn goes_wrong_beside_a_right_one(kind: &str, measure: &str, code: &str, said: &str) {
    let place = Place::new();
    let suite = bare(measure, &(series("native") + &series(kind)));
    let ended = run(&place, &suite).expect(3);
    let wrong = result_of(&place, kind);
    let text = wrong.to_string();
    assert!(text.contains(code), "{code} is not in {text}");
    assert!(text.contains(said), "{said} is not in {text}");
    assert!(
        ended.stdout.contains(said) || ended.stderr.contains(said),
        "{said} was not said: {ended:?}"
    );
    let right = result_of(&place, "native");
    for cell in right["instruments"]["load"]["cells"].as_array().unwrap() {
        assert!(cell["requests"].as_u64().unwrap() > 0, "{cell}");
    }
    assert_eq!(
        processes_with(&place.path("subjects").display().to_string()),
        NOBODY
    );
}

#[test]
fn a_server_that_dies_at_start_shows_its_last_log_lines() {
    goes_wrong_beside_a_right_one(
        "raises",
        "",
        "server-exited",
        "this application cannot be built",
    );
}

#[test]
fn a_server_that_hangs_is_given_up() {
    goes_wrong_beside_a_right_one(
        "hangs",
        "start-timeout-ms = 3000",
        "server-hung",
        "did not answer within 3 s",
    );
}

#[test]
fn a_wrong_answer_is_no_number() {
    goes_wrong_beside_a_right_one("wrong-body", "", "wrong-answer", "many");
}

#[test]
fn a_server_that_dies_while_it_is_measured_fails_its_cells_only() {
    goes_wrong_beside_a_right_one(
        "dies-later",
        "",
        "server-exited",
        "the application has had enough",
    );
    // Its cells with fewer layers live on; see the requests of the first cell.
}

#[test]
fn dropped_layers_are_a_finding_and_no_number() {
    let place = Place::new();
    run(&place, &bare("", &series("drops"))).expect(3);
    let series = result_of(&place, "drops");
    let cells = series["instruments"]["load"]["cells"].as_array().unwrap();
    assert!(cells[1]["requests"].as_u64().unwrap() > 0);
    assert_eq!(cells[2]["error"]["code"], "layers-dropped");
    assert_eq!(cells[2]["requests"], 0);
    let findings = series["findings"].to_string();
    assert!(findings.contains("layers-dropped"), "{findings}");
}

#[test]
fn layers_that_are_dropped_at_every_level_do_not_take_the_good_cells_along() {
    let place = Place::new();
    let suite =
        bare("", &series("drops")).replace("middlewares = [0, 1, 2]", "middlewares = \"0..=8\"");
    run(&place, &suite).expect(3);
    let cells = result_of(&place, "drops")["instruments"]["load"]["cells"].clone();
    let measured: Vec<bool> = cells
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["requests"].as_u64() > Some(0))
        .collect();
    assert_eq!(
        measured,
        [true, true, false, false, false, false, false, false, false]
    );
}

#[test]
fn muffin_drops_a_function_that_is_registered_twice() {
    let place = Place::new();
    let suite = bare("", "[[series]]\nframework = \"muffin-naive\"\n");
    let ended = run(&place, &suite).expect(3);
    let results = place.json("out/results.json");
    let series = &results["series"][0];
    assert!(
        series["findings"].to_string().contains("layers-dropped"),
        "{series}"
    );
    assert!(
        ended.stdout.contains("layers-dropped") || ended.stdout.contains("asked for 2"),
        "{ended:?}"
    );
}

#[test]
fn a_release_that_does_not_exist_fails_its_series_with_the_resolvers_words() {
    let place = Place::new();
    let wrong = "[[series]]\nframework = \"muffin\"\nversion = \"99.0.0\"\n";
    let ended = run(&place, &bare("", &(series("native") + wrong))).expect(3);
    let results = place.json("out/results.json");
    let error = &results["series"][1]["error"];
    assert_eq!(error["stage"], "provision");
    assert!(error.to_string().contains("muffin==99.0.0"), "{error}");
    assert!(ended.stderr.contains("muffin==99.0.0"), "{ended:?}");
}

#[test]
fn when_nothing_can_be_measured_the_exit_code_says_so() {
    let place = Place::new();
    run(
        &place,
        &bare(
            "",
            "[[series]]\nframework = \"muffin\"\nversion = \"99.0.0\"\n",
        ),
    )
    .expect(2);
}

/// A series on that Python, and its notes in the results.
fn notes_with_python(asked: &str) -> (Ended, String) {
    let place = Place::new();
    let suite = bare(
        "",
        &format!("[[series]]\nframework = \"bare\"\npython = \"{asked}\"\n"),
    );
    let ended = run(&place, &suite).expect(0);
    let results = place.json("out/results.json");
    let python = results["series"][0]["axes"]["python"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        pythons(&place).contains(&python),
        "{python} is the one that was really used"
    );
    (ended, results["series"][0]["notes"].to_string())
}

#[test]
fn the_nearest_python_stands_in_for_a_missing_one_and_the_report_says_so() {
    let newest = pythons(&Place::new()).first().unwrap().clone();
    let same_minor = format!("{}.99", newest.rsplit_once('.').unwrap().0);
    for asked in [same_minor.as_str(), "3.99"] {
        let (ended, notes) = notes_with_python(asked);
        assert!(
            notes.contains(asked) && notes.contains("was used"),
            "{notes}"
        );
        assert!(
            ended.stdout.contains(asked) && ended.stderr.contains(asked),
            "{ended:?}"
        );
    }
}

#[test]
fn an_index_that_cannot_be_reached_is_named() {
    let place = Place::with_empty_cache();
    place.write("suite.toml", &bare("", &series("native")));
    let mut command = place.command(&["run", "suite.toml", "--out", "out"]);
    // Nothing listens on port 9 of this machine, and an empty cache knows no package.
    command
        .env("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
        .env("UV_INDEX_URL", "http://127.0.0.1:9/simple");
    command
        .env("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        .env("UV_CACHE_DIR", place.path("uv-cache"));
    command.env("UV_HTTP_RETRIES", "0").env("PIP_RETRIES", "0");
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("UV_DEFAULT_INDEX"),
        "what to do is said: {stderr}"
    );
}

#[test]
fn a_suite_that_is_wrong_is_refused_at_the_character() {
    let place = Place::new();
    let ended = run(&place, &bare("", "[[series]]\nframework = \"starlete\"\n")).expect(2);
    assert!(
        ended.stderr.contains("suite.toml:16:13"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("starlette"), "{}", ended.stderr);
    assert!(
        !place.path("out").exists(),
        "nothing is written for a suite that cannot run"
    );
}

#[test]
fn a_folder_that_has_a_run_is_not_overwritten() {
    let place = Place::new();
    fs::create_dir(place.path("out")).unwrap();
    fs::write(place.path("out/run.sqlite"), "something").unwrap();
    let ended = run(&place, &bare("", &series("native"))).expect(2);
    assert!(ended.stderr.contains("--resume"), "{}", ended.stderr);
    assert_eq!(
        fs::read(place.path("out/run.sqlite")).unwrap(),
        b"something"
    );
}

/// A limit on the size of files is a disk that fills up for this process alone.
#[test]
fn a_full_disk_loses_nothing_that_was_measured() {
    let place = Place::new();
    let long = bare("budget = \"5m\"", &series("native")).replace("rounds = 2", "rounds = 300");
    place.write("suite.toml", &long);
    // The environment is there before: it is the record that finds no room.
    place
        .run(&["run", "suite.toml", "--out", "before", "--budget", "1s"])
        .expect(0);
    let tool = env!("CARGO_BIN_EXE_asgi-toll");
    let script = format!("ulimit -f 1200; trap '' XFSZ; exec '{tool}' run suite.toml --out out");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", &script])
        .current_dir(place.path(""))
        .env("ASGI_TOLL_CACHE_DIR", &place.cache);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("kept in out") && stderr.contains("--resume out"),
        "{stderr}"
    );
    assert_eq!(
        processes_with(&place.path("subjects").display().to_string()),
        NOBODY
    );
    // With room again, the run goes on from what was kept.
    place
        .run(&["run", "--resume", "out", "--budget", "1s"])
        .expect(0);
    let rounds = result_of(&place, "native")["instruments"]["load"]["rounds"]
        .as_u64()
        .unwrap();
    assert!(rounds >= 2, "{rounds}");
}
