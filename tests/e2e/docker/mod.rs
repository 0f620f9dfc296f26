//! Series in containers, with a real engine.

mod engine;
mod luck;

use serde_json::Value;

use self::engine::{Lab, lab, skipped};
use crate::support::{Place, Started, eventually};

/// A suite of one series; `more` goes to `[suite]`, `measure` to `[measure]`.
fn suite(lab: &Lab, framework: &str, more: &str, measure: &str) -> String {
    format!(
        "[suite]\nname = \"docker\"\nprovisioner = \"docker\"\nmiddlewares = [0, 1, 4]\npython = \"{}\"\n\
         http = \"h11\"\nloop = \"asyncio\"\n{more}\n\
         [measure]\nrounds = 1\nmax-rounds = 1\nblocks = 2\ndirect-blocks = 2\nwarmup-ms = 20\ncount-rounds = 1\n\
         count-repeats = 2\n{measure}\n\
         [[series]]\nframework = \"{framework}\"\n",
        lab.pythons[0]
    )
}

fn instruments(results: &Value) -> &Value {
    &results["series"][0]["instruments"]
}

#[test]
fn every_instrument_measures_in_containers_and_counts_what_a_virtualenv_counts() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    place.write("in.toml", &suite(lab, "starlette", "", ""));
    let started = Started::from(
        lab.command(&place, &["run", "in.toml", "--out", "in"])
            .spawn()
            .unwrap(),
    );
    let pid = started.id();
    started.wait().expect(0);
    assert_eq!(lab.containers_of(pid), Vec::<String>::new());
    let contained = place.json("in/results.json");
    for instrument in ["load", "direct", "counts"] {
        let cells = instruments(&contained)[instrument]["cells"].as_array();
        assert_eq!(cells.unwrap().len(), 3, "{instrument}");
    }
    let engine = contained["host"]["container_engine"].as_str().unwrap();
    assert_eq!(engine, lab.engine.facts().to_string());
    lab.run(
        &place,
        &[
            "run",
            "in.toml",
            "--out",
            "uv",
            "--provisioner",
            "uv",
            "--instrument",
            "counts",
        ],
    )
    .expect(0);
    let toll = |results: &Value| instruments(results)["counts"]["cells"].clone();
    assert_eq!(toll(&contained), toll(&place.json("uv/results.json")));
    // The images are found again, and nothing is built twice.
    let again = lab.run(
        &place,
        &["run", "in.toml", "--out", "again", "--instrument", "counts"],
    );
    let again = again.expect(0);
    assert!(
        again.stderr.contains("0 built, 1 reused"),
        "{}",
        again.stderr
    );
}

#[test]
fn every_way_leads_into_a_container() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    for (way, words) in [
        ("unix", "unix socket into containers of"),
        ("host", "the host's network into containers of"),
        ("published", "published port into containers of"),
    ] {
        let transport = format!("transport = \"{way}\"");
        let text = suite(lab, "bare", "instruments = [\"load\"]", &transport);
        place.write("way.toml", &text);
        let ended = lab
            .run(&place, &["run", "way.toml", "--out", way])
            .expect(0);
        let flat = ended
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(flat.contains(words), "{way}: {flat}");
        let results = place.json(&format!("{way}/results.json"));
        let cells = instruments(&results)["load"]["cells"]
            .as_array()
            .unwrap()
            .clone();
        assert!(
            cells
                .iter()
                .all(|cell| cell["server_cpu_us"]["estimate"].as_f64().unwrap() > 1.0),
            "{cells:?}"
        );
    }
}

#[test]
fn a_container_can_do_nothing_but_serve() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    // Its application raises what it can do too much.
    place.write("confined.toml", &suite(lab, "confined", "", ""));
    lab.run(&place, &["run", "confined.toml", "--out", "out"])
        .expect(0);
}

#[test]
fn bombardier_runs_in_a_container_beside_the_server() {
    let Some(lab) = lab() else { return };
    let bombardier = toll_lab::generator::named("bombardier").unwrap();
    if let Err(error) = toll_lab::generator::Program::find(bombardier) {
        let required = std::env::var_os("ASGI_TOLL_REQUIRE_GENERATORS").is_some();
        assert!(!required, "{error}");
        skipped(&error.to_string());
        return;
    }
    let place = Place::new();
    let more = "instruments = [\"load\"]\nload = \"bombardier\"\n";
    place.write(
        "b.toml",
        &suite(lab, "bare", more, "").replace("[0, 1, 4]", "[0, 4]"),
    );
    let ended = lab
        .run(&place, &["run", "b.toml", "--out", "out"])
        .expect(0);
    assert!(ended.stdout.contains("in a container"), "{}", ended.stdout);
    let results = place.json("out/results.json");
    assert_eq!(results["host"]["load_generator"]["in_container"], true);
    let cells = instruments(&results)["load"]["cells"]
        .as_array()
        .unwrap()
        .clone();
    for cell in &cells {
        assert!(
            cell["requests_per_s"]["estimate"].as_f64().unwrap() > 100.0,
            "{cell}"
        );
        assert!(
            cell["window_rate"]["p99_requests_per_s"].as_f64().unwrap() > 100.0,
            "{cell}"
        );
    }
}

#[test]
fn two_runs_at_once_build_an_image_once() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    // A distribution that no other test has, and so an image that no other test has.
    let text = suite(
        lab,
        "bare",
        "instruments = [\"counts\"]\nwith = [\"iniconfig==2.0.0\"]",
        "",
    );
    place.write("once.toml", &text);
    for image in lab.engine.images_labelled("org.asgi-toll.image").unwrap() {
        let lock = image.labels.get("org.asgi-toll.lock");
        if lock.is_some_and(|lock| lock.contains("iniconfig==")) {
            lab.engine.remove_image(&image.tags[0]).unwrap();
        }
    }
    let start = |out: &str| {
        Started::from(
            lab.command(&place, &["run", "once.toml", "--out", out])
                .spawn()
                .unwrap(),
        )
    };
    let both = [start("a"), start("b")].map(|run| run.wait().expect(0).stderr);
    let built = both
        .iter()
        .filter(|said| said.contains("1 built, 0 reused"))
        .count();
    let reused = both
        .iter()
        .filter(|said| said.contains("0 built, 1 reused"))
        .count();
    assert_eq!((built, reused), (1, 1), "{both:?}");
}

#[test]
fn images_are_listed_and_nothing_else_is() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    place.write(
        "list.toml",
        &suite(lab, "bare", "instruments = [\"counts\"]", ""),
    );
    lab.run(&place, &["run", "list.toml", "--out", "out"])
        .expect(0);
    let listed = lab
        .run(&place, &["cache", "list", "--docker", "--json"])
        .expect(0)
        .json();
    let images = listed["images"].as_array().unwrap();
    assert!(
        images.iter().any(|image| image["kind"] == "base"),
        "{listed}"
    );
    assert!(
        images.iter().any(|image| image["kind"] == "environment"),
        "{listed}"
    );
    let ours = |image: &Value| image["name"].as_str().unwrap().starts_with("asgi-toll/");
    assert!(images.iter().all(ours), "{listed}");
}

/// A folder with a Dockerfile whose server has layers of its own.
fn own_image(lab: &Lab, place: &Place, last_step: &str) {
    std::fs::create_dir_all(place.path("subjects/mine")).unwrap();
    place.write(
        "subjects/mine/subject.toml",
        "name = \"mine\"\nport = 9000\n[kinds.native]\nstyle = \"layer\"\nmark = \"json-count\"\nabout = \"own layers\"\n",
    );
    let from = &lab.pythons[0];
    place.write(
        "subjects/mine/Dockerfile",
        &format!("FROM python:{from}-slim\nCOPY server.py /srv/\n{last_step}\nCMD [\"python3\", \"/srv/server.py\"]\n"),
    );
    place.write(
        "subjects/mine/server.py",
        include_str!("../../docker/server.py"),
    );
    place.write(
        "mine.toml",
        "[suite]\nname = \"mine\"\nprovisioner = \"docker\"\nmiddlewares = [0, 2, 6]\n\
         [measure]\ntransport = \"published\"\nrounds = 1\nmax-rounds = 1\nblocks = 2\n\
         [[series]]\nframework = \"mine\"\nworkload = [\"ping\", \"root\"]\n",
    );
}

#[test]
fn an_image_of_ones_own_is_measured_as_it_is() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    own_image(lab, &place, "");
    lab.run(&place, &["run", "mine.toml", "--out", "out"])
        .expect(0);
    let results = place.json("out/results.json");
    let axes = &results["series"][0]["axes"];
    assert_eq!(
        (&axes["server"], axes["version"].as_str().unwrap().len()),
        (&"image".into(), 12)
    );
    let cells = instruments(&results)["load"]["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 3);
    // One that does not build is the failure of its series, with what the build said last.
    own_image(lab, &place, "RUN echo so far so good && false");
    let ended = lab
        .run(&place, &["run", "mine.toml", "--out", "broken"])
        .expect(2);
    assert!(ended.stdout.contains("so far so good"), "{}", ended.stdout);
    assert!(
        place
            .json("broken/results.json")
            .to_string()
            .contains("image-not-built")
    );
}

/// A run that would take minutes, once it measures, with the engine at this URL.
fn long(lab: &Lab, place: &Place, engine: &str) -> Started {
    let text =
        suite(lab, "bare", "instruments = [\"load\"]", "").replace("rounds = 1\n", "rounds = 90\n");
    place.write("long.toml", &text);
    let mut command = place.command(&["run", "long.toml", "--out", "out"]);
    command.env("DOCKER_HOST", engine);
    command.stderr(std::fs::File::create(place.path("talk")).unwrap());
    let started = Started::from(command.spawn().unwrap());
    eventually(120, || {
        std::fs::read_to_string(place.path("talk")).is_ok_and(|talk| talk.contains("round 2"))
            && !lab.containers_of(started.id()).is_empty()
    });
    started
}
