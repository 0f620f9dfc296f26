//! Two releases, and many: compare, bisect, history and selftest on real releases of real frameworks.

use serde_json::Value;

use crate::support::{Ended, NOBODY, Place, processes_with};

/// anyio held still, and few layers: what is asked about is known beforehand.
const HELD: [&str; 6] = [
    "--kind",
    "base-http",
    "--with",
    "anyio==4.4.0",
    "--middlewares",
    "10",
];

fn run(place: &Place, args: &[&str]) -> Ended {
    place.run(&[args, &HELD].concat())
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn a_known_improvement_is_seen_by_counts_and_by_time() {
    let place = Place::new();
    let sides = [
        "compare",
        "starlette==0.38.2",
        "starlette==0.38.3",
        "--out",
        "c",
        "--json",
    ];
    let report = run(&place, &sides).expect(0).json();
    assert_eq!(report["verdict"], "improved");
    assert_eq!(report["shape"]["before"]["kind"], "superlinear");
    assert_eq!(report["shape"]["after"]["kind"], "linear");
    let comparison = &report["comparisons"][0];
    let toll = &comparison["instruments"]["direct"]["toll"];
    assert_eq!(toll["verdict"], "improved");
    assert!(number(&toll["relative"]) < -0.4, "{toll}");
    assert!(number(&toll["difference"]["high"]) < 0.0, "{toll}");
    let base = &comparison["instruments"]["direct"]["base"];
    assert_ne!(base["verdict"], "regressed", "{base}");
    let moved = comparison["moved"].as_array().unwrap();
    assert_eq!(moved.len(), 1, "only starlette differs: {moved:?}");
    for file in [
        "compare.json",
        "summary.md",
        "junit.xml",
        "bencher.json",
        "github-action-benchmark.json",
    ] {
        assert!(place.path("c").join(file).is_file(), "{file}");
    }
    assert_eq!(place.json("c/compare.json")["verdict"], "improved");
    assert_eq!(
        processes_with(&place.path("").display().to_string()),
        NOBODY
    );
}

#[test]
fn verdicts_that_were_named_decide_the_exit_code() {
    let place = Place::new();
    let counts = [
        "--instrument",
        "counts",
        "--fail-on",
        "regressed,inconclusive",
    ];
    let compare = |before: &str, after: &str| {
        run(&place, &[&["compare", before, after][..], &counts].concat())
    };
    let worse = compare("starlette==0.38.3", "starlette==0.38.2").expect(1);
    assert!(worse.stdout.contains("regressed"), "{}", worse.stdout);
    compare("starlette==0.38.2", "starlette==0.38.3").expect(0);
    let kept = [
        "compare",
        "starlette==0.38.2",
        "starlette==0.38.3",
        "--out",
        "kept",
    ];
    run(&place, &[&kept[..], &counts].concat()).expect(0);
    let refused = place.run(&["run", "--resume", "kept"]).expect(2);
    assert!(
        refused.stderr.contains("compare --resume"),
        "{}",
        refused.stderr
    );
    place.run(&["compare", "--resume", "kept"]).expect(0);
    let same = compare("starlette==0.38.3", "starlette==0.38.4").expect(0);
    assert!(same.stdout.contains("0.38.4: cleared"), "{}", same.stdout);
}

#[test]
fn a_project_in_a_folder_is_compared_as_it_is_now() {
    let place = Place::new();
    // A distribution of our own that the framework's layers do not touch: nothing may have changed.
    std::fs::create_dir_all(place.path("mine/mine")).unwrap();
    place.write("mine/mine/__init__.py", "X = 1\n");
    place.write(
        "mine/pyproject.toml",
        "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n[project]\nname = \"mine\"\nversion = \"1\"\n",
    );
    place.write("mine/backend.py", BACKEND);
    let args = [
        "compare",
        "starlette==0.38.3",
        "mine",
        "--instrument",
        "counts",
        "--framework",
        "starlette",
    ];
    let refused = run(&place, &args).expect(2);
    assert!(
        refused.stderr.contains("different distributions"),
        "{}",
        refused.stderr
    );
    std::fs::create_dir_all(place.path("other")).unwrap();
    for file in ["pyproject.toml", "backend.py"] {
        std::fs::copy(
            place.path("mine").join(file),
            place.path("other").join(file),
        )
        .unwrap();
    }
    std::fs::create_dir_all(place.path("other/mine")).unwrap();
    place.write("other/mine/__init__.py", "X = 2\n");
    let args = [
        "compare",
        "./mine",
        "./other",
        "--instrument",
        "counts",
        "--framework",
        "starlette",
        "--json",
    ];
    let report = run(&place, &args).expect(0).json();
    assert_eq!(report["verdict"], "cleared", "{report}");
}

/// A build backend of the standard library alone, so that nothing is fetched for it.
const BACKEND: &str = r#"
import zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "mine-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.write("mine/__init__.py")
        wheel.writestr("mine-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
        wheel.writestr("mine-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("mine-1.dist-info/RECORD", "mine/__init__.py,,\nmine-1.dist-info/METADATA,,\nmine-1.dist-info/WHEEL,,\nmine-1.dist-info/RECORD,,\n")
    return name
"#;

#[test]
fn stored_runs_are_compared_by_their_counts() {
    let place = Place::new();
    let suite = |version: &str| {
        format!(
            "[suite]\nname = \"x\"\nmiddlewares = [0, 1, 5, 10]\ninstruments = [\"counts\"]\nwith = [\"anyio==4.4.0\"]\n\
             [[series]]\nframework = \"starlette\"\nversion = \"{version}\"\nkind = \"base-http\"\n"
        )
    };
    for (name, version) in [("before", "0.38.3"), ("after", "0.38.2")] {
        place.write(&format!("{name}.toml"), &suite(version));
        place
            .run(&["run", &format!("{name}.toml"), "--out", name])
            .expect(0);
    }
    let stored = place
        .run(&[
            "compare",
            "before",
            "after",
            "--json",
            "--fail-on",
            "regressed",
        ])
        .expect(1);
    assert_eq!(stored.json()["shape"]["verdict"], "regressed");
    let suites = place
        .run(&[
            "compare",
            "before.toml",
            "after.toml",
            "--instrument",
            "counts",
            "--json",
        ])
        .expect(0);
    assert_eq!(suites.json()["verdict"], "regressed");
    let mixed = place
        .run(&["compare", "before", "starlette==1.0"])
        .expect(2);
    assert!(
        mixed.stderr.contains("a run is compared with a run"),
        "{}",
        mixed.stderr
    );
}

#[test]
fn a_known_step_is_found_with_its_mechanism() {
    let place = Place::new();
    let search = [
        "bisect",
        "starlette",
        "--good",
        "0.37.0",
        "--bad",
        "0.39.2",
        "--out",
        "b",
        "--instrument",
        "counts",
        "--json",
    ];
    let found = run(&place, &search).expect(0).json();
    let steps = found["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{}", found["answer"]);
    let step = &steps[0];
    assert_eq!(
        (step["last_before"].as_str(), step["first_after"].as_str()),
        (Some("0.38.2"), Some("0.38.3"))
    );
    assert_eq!(
        (step["direction"].as_str(), step["culprit"].as_str()),
        (Some("faster"), Some("starlette"))
    );
    assert_eq!(step["shape"]["verdict"], "improved");
    let files = step["mechanism"]["files"].as_array().unwrap();
    assert_eq!(
        files[0]["file"], "starlette/middleware/base.py",
        "{files:?}"
    );
    let probed = found["probed"].as_array().unwrap().len();
    assert!(
        probed < found["releases"].as_u64().unwrap() as usize,
        "{probed}"
    );
    // What was counted is not counted again.
    let again = place.run(&["bisect", "--resume", "b"]).expect(0);
    assert!(!again.stderr.contains("more per layer"), "{}", again.stderr);
    assert!(
        again
            .stdout
            .contains("became faster between 0.38.2 and 0.38.3"),
        "{}",
        again.stdout
    );
}

#[test]
fn where_nothing_changed_nothing_is_guessed() {
    let place = Place::new();
    let search = [
        "bisect",
        "starlette",
        "--good",
        "0.38.3",
        "--bad",
        "0.38.6",
        "--instrument",
        "counts",
        "--json",
    ];
    let found = run(&place, &search).expect(0).json();
    assert_eq!(
        found["steps"].as_array().unwrap().len(),
        0,
        "{}",
        found["answer"]
    );
    assert!(
        found["answer"]
            .as_str()
            .unwrap()
            .starts_with("No change found"),
        "{}",
        found["answer"]
    );
}

/// A place where 45 releases of a small distribution can be had besides those of the index: see shelf.py.
fn with_shelf() -> (Place, String) {
    let place = Place::new();
    let shelf = place.path("shelf");
    std::fs::create_dir(&shelf).unwrap();
    let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e/shelf.py");
    let made = std::process::Command::new("python3")
        .arg(program)
        .arg(&shelf)
        .status()
        .unwrap();
    assert!(made.success());
    (place, shelf.display().to_string())
}

fn bisect_shelf(good: &str, bad: &str, more: &[&str]) -> Value {
    let (place, shelf) = with_shelf();
    let ends = [
        "bisect",
        "tollshelf",
        "--good",
        good,
        "--bad",
        bad,
        "--framework",
        "shelf",
        "--json",
    ];
    let mut command = place.command(&[&ends, more].concat());
    command
        .env("UV_FIND_LINKS", &shelf)
        .env("PIP_FIND_LINKS", &shelf);
    let output = command.output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(0), "{stdout}\n{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

#[track_caller]
fn only_step<'a>(found: &'a Value, before: &str, after: &str) -> &'a Value {
    let steps = found["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{}", found["answer"]);
    let ends = (
        steps[0]["last_before"].as_str(),
        steps[0]["first_after"].as_str(),
    );
    assert_eq!(ends, (Some(before), Some(after)), "{}", found["answer"]);
    &steps[0]
}

#[test]
fn a_step_that_only_a_clock_sees_is_found_by_time() {
    let found = bisect_shelf("1.0", "1.29", &[]);
    let step = only_step(&found, "1.16", "1.17");
    assert_eq!(
        (found["by"].as_str(), step["direction"].as_str()),
        (Some("direct"), Some("slower"))
    );
    assert_eq!(step["toll"]["verdict"], "regressed", "{}", step["toll"]);
}

#[test]
fn one_more_call_is_found_among_many_releases_and_broken_ones_are_named() {
    let found = bisect_shelf("1.17", "1.39", &["--instrument", "counts", "--all"]);
    let step = only_step(&found, "1.29", "1.30");
    assert_eq!(step["culprit"], "tollshelf");
    let skipped = found["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    assert_eq!(skipped[0]["version"], "1.20");
    assert!(
        skipped[0]["reason"]
            .as_str()
            .unwrap()
            .contains("broken on purpose"),
        "{skipped:?}"
    );
}

#[test]
fn the_culprit_is_named_where_a_companion_moved() {
    let found = bisect_shelf("1.31", "1.44", &["--instrument", "counts"]);
    let step = only_step(&found, "1.39", "1.40");
    assert_eq!(step["culprit"], "tollcompanion", "{step}");
    let answer = found["answer"].as_str().unwrap();
    assert!(
        answer.contains("This step is tollcompanion's, not tollshelf's"),
        "{answer}"
    );
}

#[test]
fn mistakes_in_a_range_are_told_apart() {
    let place = Place::new();
    let said = |args: &[&str], code: i32, words: &str| {
        let ended = run(&place, args).expect(code);
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    };
    said(
        &[
            "bisect",
            "starlette-no-such-thing",
            "--good",
            "1.0",
            "--bad",
            "2.0",
            "--framework",
            "starlette",
        ],
        2,
        "no release of `starlette-no-such-thing`",
    );
    said(
        &[
            "bisect",
            "starlette",
            "--good",
            "0.38.25",
            "--bad",
            "0.39.0",
        ],
        2,
        "the nearest are 0.38",
    );
    said(
        &["bisect", "anyio", "--good", "4.0.0", "--bad", "4.4.0"],
        2,
        "--framework",
    );
    said(
        &[
            "compare",
            "starlette==0.38.99",
            "starlette==0.38.3",
            "--instrument",
            "counts",
        ],
        2,
        "0.38.99",
    );
}

#[test]
fn the_history_has_a_picture_and_a_table() {
    let place = Place::new();
    let args = [
        "history",
        "starlette",
        "--from",
        "0.38.1",
        "--to",
        "0.38.5",
        "--instrument",
        "counts",
        "--out",
        "h",
        "--every",
    ];
    let ended = run(&place, &args).expect(0);
    assert!(ended.stdout.contains("→ 0.38.3"), "{}", ended.stdout);
    let history = place.json("h/history.json");
    let steps: Vec<&str> = history["releases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|release| release["is_step"] == true)
        .map(|release| release["version"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["0.38.3"]);
    let picture = std::fs::read(place.path("h/history.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 10_000);
}

#[test]
fn planted_effects_are_found_and_equal_sides_are_not_told_apart() {
    let place = Place::new();
    let args = [
        "selftest",
        "--aa",
        "1",
        "--plant",
        "1call,20us",
        "--repeats",
        "1",
        "--kind",
        "asgi",
        "--middlewares",
        "10",
        "--noise",
        "--out",
        "s",
        "--json",
    ];
    let test = place.run(&args).expect(0).json();
    let rates = test["rates"].as_array().unwrap();
    assert_eq!(rates.len(), 3);
    assert_eq!(rates[0]["alarms"], 0, "{test}");
    assert_eq!(
        rates[1]["alarms"], 1,
        "one more call is always found: {test}"
    );
    assert_eq!(rates[2]["alarms"], 1, "{test}");
    let found = number(&rates[2]["median_found"]);
    assert!((found - 20.0).abs() < 4.0, "{found}");
    assert_eq!(test["noise"], true);
    assert!(place.path("s/selftest.md").is_file());
    assert_eq!(processes_with("__burn"), NOBODY);
}
