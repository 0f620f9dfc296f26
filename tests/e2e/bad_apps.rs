//! Applications that misbehave in the process that awaits them: one failed cell with the reason and
//! the place, and the rest goes on.

use serde_json::Value;

use crate::support::{NOBODY, Place, processes_with};

/// The bare subject with layers of `kind`, without a server.
fn run(place: &Place, kind: &str, code: i32) -> Value {
    let suite = format!(
        "[suite]\nname = \"bad\"\nmiddlewares = [0, 1]\ninstruments = [\"counts\", \"direct\"]\n\
         http = \"h11\"\nloop = \"asyncio\"\n\n\
         [measure]\nrounds = 1\nmax-rounds = 1\ncount-rounds = 1\ndirect-blocks = 2\ntimeout-ms = 1500\nstart-timeout-ms = 3000\n\n\
         [[series]]\nframework = \"bare\"\nkind = [\"native\", \"{kind}\"]\n"
    );
    place.write("suite.toml", &suite);
    place
        .run(&["run", "suite.toml", "--out", "out"])
        .expect(code);
    let results = place.json("out/results.json");
    assert_eq!(
        processes_with(&place.path("subjects").display().to_string()),
        NOBODY
    );
    results["series"].clone()
}

fn cell<'a>(series: &'a Value, instrument: &str, middlewares: usize) -> &'a Value {
    &series["instruments"][instrument]["cells"][middlewares]
}

#[track_caller]
fn is_measured(series: &Value, middlewares: usize) {
    let counts = cell(series, "counts", middlewares);
    assert!(counts["error"].is_null(), "{counts}");
    assert!(counts["counts"]["python_calls"]["low"].as_i64() > Some(0));
    let direct = cell(series, "direct", middlewares);
    assert!(direct["error"].is_null(), "{direct}");
    assert!(direct["cpu_us"]["estimate"].as_f64() > Some(0.0));
}

/// With one layer of `kind` both instruments fail with `code`, and `said` is in the record; without
/// it, and in the series beside it, everything is measured.
#[track_caller]
fn fails_alone(kind: &str, code: &str, said: &str) {
    let place = Place::new();
    let series = run(&place, kind, 3);
    is_measured(&series[0], 0);
    is_measured(&series[0], 1);
    is_measured(&series[1], 0);
    for instrument in ["counts", "direct"] {
        let error = &cell(&series[1], instrument, 1)["error"];
        assert_eq!(error["code"], code, "{error}");
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
}

#[track_caller]
fn goes_well(kind: &str) {
    let place = Place::new();
    let series = run(&place, kind, 0);
    for index in [0, 1] {
        is_measured(&series[index], 0);
        is_measured(&series[index], 1);
    }
}

#[test]
fn an_application_that_raises() {
    fails_alone("raises-later", "app-raised", "this layer is broken");
}

#[test]
fn an_application_that_answers_nothing() {
    fails_alone("silent", "no-answer", "answer");
}

#[test]
fn an_application_that_never_answers() {
    fails_alone("never", "timed-out", "wait_forever");
}

#[test]
fn an_application_that_answers_twice() {
    fails_alone("twice", "wrong-protocol", "after a whole answer");
}

#[test]
fn an_application_that_takes_ten_seconds() {
    fails_alone("slow", "timed-out", "time.sleep(10)");
}

#[test]
fn an_application_that_exits() {
    fails_alone("exits", "app-exited", "this layer has had enough");
}

#[test]
fn an_application_that_ends_the_process() {
    fails_alone("unplugs", "app-exited", "this layer pulls the plug");
}

#[test]
fn an_application_that_prints_like_us() {
    goes_well("chatters");
}

#[test]
fn an_application_that_needs_lifespan() {
    goes_well("needs-lifespan");
}

#[test]
fn an_application_that_refuses_lifespan() {
    goes_well("refuses-lifespan");
}

#[test]
fn an_application_that_starts_threads() {
    goes_well("threads");
}
