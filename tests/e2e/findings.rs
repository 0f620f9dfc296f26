//! Findings on real frameworks: each is there where its cause is, and absent where it is not.

use serde_json::Value;

use crate::support::Place;

/// Runs one series and gives it back. `keys` are those of the series, `measure` further settings.
fn series(instruments: &str, keys: &str, measure: &str) -> Value {
    let place = Place::new();
    let suite = format!(
        "[suite]\nname = \"findings\"\nmiddlewares = [0, 1, 2, 5, 10, 20]\ninstruments = [{instruments}]\n\n\
         [measure]\nrounds = 6\nmax-rounds = 6\nblocks = 2\ndirect-blocks = 4\ncount-rounds = 1\nwarmup-ms = 20\n{measure}\n\n\
         [[series]]\n{keys}\n"
    );
    place.write("suite.toml", &suite);
    place.run(&["run", "suite.toml", "--out", "out"]).expect(0);
    place.json("out/results.json")["series"][0].clone()
}

fn finding<'a>(series: &'a Value, code: &str) -> Option<&'a Value> {
    let all = series["findings"].as_array().unwrap();
    all.iter().find(|finding| finding["code"] == code)
}

/// The finding is there, and its title and evidence say this.
#[track_caller]
fn says(series: &Value, code: &str, words: &str) {
    let found =
        finding(series, code).unwrap_or_else(|| panic!("no {code}: {}", series["findings"]));
    assert!(found.to_string().contains(words), "{code}: {found}");
}

#[track_caller]
fn lacks(series: &Value, code: &str) {
    assert!(finding(series, code).is_none(), "{code}: {series}");
}

/// A release of BaseHTTPMiddleware with the companions of its time.
fn base_http(version: &str, anyio: &str) -> Value {
    let keys = format!(
        "framework = \"starlette\"\nversion = \"{version}\"\nkind = \"base-http\"\nhttp = \"h11\"\nloop = \"asyncio\"\n\
         python = \"3.12\"\nwith = [\"anyio=={anyio}\"]"
    );
    series("\"counts\"", &keys, "")
}

#[test]
fn base_http_middleware_was_quadratic_for_two_years() {
    let quadratic = base_http("0.21.0", "3.7.1");
    assert_eq!(quadratic["shape"]["kind"], "superlinear");
    assert_eq!(quadratic["shape"]["by"], "counts");
    let power = quadratic["shape"]["exponent"].as_f64().unwrap();
    assert!((1.5..2.5).contains(&power), "{power}");
    says(&quadratic, "superlinear", "tasks");
    says(&quadratic, "task-per-layer", "");
    let linear = base_http("0.38.3", "4.4.0");
    lacks(&linear, "superlinear");
    says(&linear, "task-per-layer", "");
    says(&linear, "extra-messages", "");
}

#[test]
fn base_http_middleware_costs_many_plain_layers() {
    let keys = "framework = \"starlette\"\nkind = \"base-http\"";
    let found = series("\"counts\", \"direct\"", keys, "");
    says(&found, "expensive-layer", "BaseHTTPMiddleware");
    says(&found, "breaks-contextvars", "");
    let plain = "framework = \"starlette\"\nkind = \"asgi-header\"";
    let plain = series("\"counts\", \"direct\"", plain, "");
    for code in [
        "expensive-layer",
        "task-per-layer",
        "extra-messages",
        "breaks-contextvars",
        "superlinear",
        "buffers-body",
    ] {
        lacks(&plain, code);
    }
}

#[test]
fn a_mixin_of_django_hops_to_a_thread_in_every_layer() {
    let found = series("\"counts\"", "framework = \"django\"\nkind = \"mixin\"", "");
    says(&found, "thread-hop-per-layer", "");
    let native = series("\"counts\"", "framework = \"django\"", "");
    lacks(&native, "thread-hop-per-layer");
}

#[test]
fn a_layer_that_collects_the_answer_breaks_streaming() {
    let stream = |kind: &str| {
        let keys =
            format!("framework = \"starlette\"\nkind = \"{kind}\"\nworkload = \"stream-100x1k\"");
        series("\"counts\"", &keys, "")
    };
    let buffer = stream("buffer");
    says(&buffer, "breaks-streaming", "100");
    says(&buffer, "buffers-body", "");
    let plain = stream("asgi");
    lacks(&plain, "breaks-streaming");
    lacks(&plain, "buffers-body");
}

#[test]
fn a_layer_that_collects_the_request_buffers_the_body() {
    let keys = "framework = \"starlette\"\nkind = \"buffer-request\"\nworkload = \"post-1m\"";
    let found = series("\"counts\"", keys, "");
    says(&found, "buffers-body", "");
    lacks(&found, "breaks-streaming");
}

#[test]
fn a_layer_that_sleeps_without_await_blocks_the_loop() {
    let keys = |kind: &str| format!("framework = \"starlette\"\nkind = \"{kind}\"");
    says(
        &series("\"counts\"", &keys("block-1ms"), ""),
        "blocks-event-loop",
        "",
    );
    lacks(
        &series("\"counts\"", &keys("sleep-1ms"), ""),
        "blocks-event-loop",
    );
}

#[test]
fn only_the_first_gzip_layer_compresses() {
    let keys = "framework = \"starlette\"\nkind = \"gzip\"\nworkload = \"gzip-200k\"\nmiddlewares = [0, 1, 2, 5]";
    let found = series("\"direct\"", keys, "direct-slice-ms = 20");
    assert_eq!(found["shape"]["kind"], "step", "{}", found["instruments"]);
    says(&found, "step", "");
}

/// Under load a layer that only hands on is far below what six short rounds can tell.
#[test]
fn a_toll_that_drowns_in_the_noise_is_said_to() {
    let keys = "framework = \"starlette\"\nkind = \"asgi\"\nmiddlewares = [0, 1, 2]";
    says(&series("\"load\"", keys, ""), "noisy", "The toll");
}

#[test]
fn a_server_with_its_defaults_has_a_layer_of_its_own() {
    let keys = |server: &str| {
        format!("framework = \"starlette\"\nserver = \"{server}\"\nmiddlewares = [0, 1]")
    };
    let found = series("\"load\"", &keys("uvicorn-defaults"), "");
    says(&found, "hidden-middleware", "ProxyHeadersMiddleware");
    let off = series("\"load\"", &keys("uvicorn"), "");
    assert!(
        !off["findings"].to_string().contains("ProxyHeaders"),
        "{}",
        off["findings"]
    );
}
