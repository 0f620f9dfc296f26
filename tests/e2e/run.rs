//! The main job, short: a few levels of real frameworks, every file of the output folder.

use std::fs;

use serde_json::Value;

use crate::support::Place;

const SUITE: &str = "\
[suite]
name = \"short\"
middlewares = [0, 1, 5]

[measure]
rounds = 6
max-rounds = 6
slice-ms = 20
blocks = 2
warmup-ms = 30
budget = \"2m\"

[[series]]
framework = \"starlette\"
kind = [\"native\", \"base-http\"]
";

#[test]
fn a_run_measures_and_leaves_its_folder() {
    let place = Place::new();
    place.write("short.toml", SUITE);
    let ended = place.run(&["run", "short.toml", "--out", "out"]).expect(0);
    assert!(
        ended.stdout.contains("native") && ended.stdout.contains("base-http"),
        "{ended:?}"
    );
    for file in [
        "results.json",
        "report.html",
        "summary.png",
        "summary.md",
        "run.sqlite",
    ] {
        assert!(
            fs::metadata(place.path("out").join(file)).unwrap().len() > 100,
            "{file}"
        );
    }
    let locks: Vec<_> = fs::read_dir(place.path("out/environments"))
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(locks.len(), 1, "both series use one environment");
    let results = place.json("out/results.json");
    assert_valid(&results);
    if let Ok(home) = std::env::var("HOME") {
        let text = results.to_string();
        assert!(
            home.len() < 2 || !text.contains(&format!("{home}/.")),
            "no home folder in what is published"
        );
    }
    let (native, base_http) = (&results["series"][0], &results["series"][1]);
    let toll = |series: &Value| {
        series["instruments"]["load"]["toll"]["estimate"]
            .as_f64()
            .unwrap()
    };
    // 70 to 100 times as much: seen on the noisiest machine.
    assert!(
        toll(base_http) > 5.0 * toll(native),
        "{} {}",
        toll(base_http),
        toll(native)
    );
    let interval = &base_http["instruments"]["load"]["toll"];
    assert!(
        interval["low"].as_f64().unwrap() <= toll(base_http)
            && toll(base_http) <= interval["high"].as_f64().unwrap()
    );
    assert_eq!(native["instruments"]["load"]["rounds"], 6);
}

/// Checks a result against the schema in the repository.
#[track_caller]
pub(crate) fn assert_valid(results: &Value) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/schema/results-v1.schema.json"
    );
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(results)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn json_on_standard_output_is_the_file() {
    let place = Place::new();
    place.write("short.toml", SUITE);
    let args = [
        "run",
        "short.toml",
        "--out",
        "out",
        "--json",
        "--quick",
        "--only",
        "native",
        "--budget",
        "10s",
    ];
    let ended = place.run(&args).expect(0);
    assert_eq!(ended.json(), place.json("out/results.json"));
    assert_eq!(ended.json()["run"]["quick"], true);
}

#[test]
fn a_finding_that_is_asked_for_sets_the_exit_code() {
    let place = Place::new();
    place.write("short.toml", SUITE);
    let args = [
        "run",
        "short.toml",
        "--out",
        "out",
        "--quick",
        "--only",
        "native",
        "--fail-on",
        "quick",
    ];
    place.run(&args).expect(1);
}

/// Round, block, place and number of middlewares of every slice, as they were measured.
fn order(place: &Place, out: &str) -> Vec<(u32, u32, u32, u32)> {
    let run = toll_store::Store::open_for_reading(&place.path(out).join("run.sqlite"))
        .unwrap()
        .load()
        .unwrap();
    let cells = run
        .series
        .iter()
        .flat_map(|series| series.cells(toll_core::sample::Instrument::Load));
    let mut order: Vec<_> = cells
        .flat_map(|cell| {
            let at = |slice: &toll_core::sample::Slice| {
                (slice.round, slice.block, slice.position, cell.middlewares)
            };
            cell.slices.iter().map(at).collect::<Vec<_>>()
        })
        .collect();
    order.sort_unstable();
    order
}

#[test]
fn a_run_without_any_warming_up_measures() {
    let place = Place::new();
    let suite = "[suite]\nname = \"cold\"\ninstruments = [\"load\"]\nmiddlewares = [0, 1]\nhttp = \"h11\"\nloop = \"asyncio\"\n\n\
                 [measure]\nrounds = 1\nmax-rounds = 1\nslice-ms = 5\nblocks = 1\nwarmup-ms = 0\n\n\
                 [[series]]\nframework = \"bare\"\n";
    place.write("cold.toml", suite);
    place.run(&["run", "cold.toml", "--out", "out"]).expect(0);
}

#[test]
fn a_seed_repeats_the_order_of_measuring() {
    let place = Place::new();
    let suite = "[suite]\nname = \"order\"\ninstruments = [\"load\"]\nmiddlewares = \"0..=8\"\nhttp = \"h11\"\nloop = \"asyncio\"\n\n\
                 [measure]\nrounds = 2\nmax-rounds = 2\nslice-ms = 5\nblocks = 3\nwarmup-ms = 5\n\n\
                 [[series]]\nframework = \"bare\"\n";
    place.write("order.toml", suite);
    for (out, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
        place
            .run(&["run", "order.toml", "--out", out, "--seed", seed])
            .expect(0);
    }
    let first = order(&place, "a");
    assert_eq!(first.len(), 9 * 6);
    assert_eq!(order(&place, "b"), first);
    assert_ne!(order(&place, "c"), first);
}
