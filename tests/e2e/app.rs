//! `asgi-toll app` on real applications, assembled from published packages: `tests/projects`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Ended, NOBODY, Place, Started, copy, eventually, processes_with};

/// A project of its own in a place, with a virtualenv that is shared.
pub(crate) struct Project {
    pub(crate) place: Place,
    pub(crate) folder: PathBuf,
    pub(crate) virtualenv: PathBuf,
}

impl Project {
    pub(crate) fn new(name: &str) -> Self {
        let place = Place::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects");
        let folder = place.path(name);
        copy(&root.join(name), &folder);
        let requirements = fs::read_to_string(folder.join("requirements.txt")).unwrap();
        Self {
            virtualenv: virtualenv(&place, name, &requirements),
            place,
            folder,
        }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.place.command(&[&["app"], args].concat());
        command
            .current_dir(&self.folder)
            .env_remove("VIRTUAL_ENV")
            .arg("--python")
            .arg(&self.virtualenv);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::of(&self.command(args).output().unwrap())
    }

    /// The audit of one request, in some seconds.
    pub(crate) fn audit(&self, app: &str, request: &str, variables: &[(&str, &str)]) -> Value {
        self.audit_by("counts,exclusive,ablation", app, request, variables)
    }

    /// What is installed for it, with versions.
    pub(crate) fn packages(&self) -> Vec<String> {
        let all = files(&self.virtualenv).into_iter();
        all.filter(|file| file.ends_with(".dist-info/RECORD"))
            .collect()
    }

    /// The same by exact counts alone, which need no time.
    pub(crate) fn count(&self, app: &str, request: &str, variables: &[(&str, &str)]) -> Value {
        self.audit_by("counts", app, request, variables)
    }

    fn audit_by(
        &self,
        instruments: &str,
        app: &str,
        request: &str,
        variables: &[(&str, &str)],
    ) -> Value {
        let args = [
            app,
            "--request",
            request,
            "--instrument",
            instruments,
            "--time",
            "20s",
            "--json",
        ];
        let mut command = self.command(&args);
        let variables = variables.iter().copied();
        let report = Ended::of(&command.envs(variables).output().unwrap())
            .expect(0)
            .json();
        report["requests"][0].clone()
    }
}

/// One virtualenv for each list of requirements; the first who needs it makes it.
fn virtualenv(place: &Place, name: &str, requirements: &str) -> PathBuf {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("projects");
    let (folder, done) = (root.join(name), root.join(format!("{name}.txt")));
    if fs::read_to_string(&done).is_ok_and(|made| made == requirements) {
        return folder;
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&root).unwrap();
    let run = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    run(Command::new(python(place))
        .args(["-m", "venv"])
        .arg(&folder));
    let list = place.path("requirements.txt");
    fs::write(&list, requirements).unwrap();
    run(Command::new(folder.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(&list));
    fs::write(&done, requirements).unwrap();
    folder
}

/// A CPython for which all that the projects need has wheels.
fn python(place: &Place) -> String {
    let facts = place.run(&["doctor", "--json"]).json();
    let all = facts["host"]["interpreters"].as_array().unwrap().clone();
    let path = |found: &Value| found["path"].as_str().unwrap().to_owned();
    let of = |minor: &str| {
        all.iter()
            .find(|found| {
                found["implementation"] == "cpython"
                    && found["version"].as_str().unwrap().starts_with(minor)
            })
            .map(path)
    };
    let found = ["3.12.", "3.13.", "3.11."].into_iter().find_map(of);
    let found = found.expect("a Python 3.11 to 3.13");
    match found.strip_prefix("~/") {
        Some(rest) => format!("{}/{rest}", std::env::var("HOME").unwrap()),
        None => found,
    }
}

fn layers(request: &Value) -> Vec<&Value> {
    request["layers"].as_array().unwrap().iter().collect()
}

pub(crate) fn names(request: &Value) -> Vec<&str> {
    let name = |layer: &'_ Value| layer["name"].as_str().unwrap().to_owned().leak() as &str;
    layers(request).into_iter().map(name).collect()
}

#[track_caller]
pub(crate) fn layer<'a>(request: &'a Value, name: &str) -> &'a Value {
    let found = layers(request)
        .into_iter()
        .find(|layer| layer["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {:?}", names(request)))
}

pub(crate) fn codes(layer: &Value) -> Vec<&str> {
    let findings = layer["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

/// Whether `expected` stand in this order among `names`.
#[track_caller]
fn stand_in_order(names: &[&str], expected: &[&str]) {
    let mut rest = names.iter();
    for name in expected {
        assert!(
            rest.any(|found| found == name),
            "{name} is not in its place: {names:?}"
        );
    }
}

#[test]
fn a_shop_on_fastapi_is_told_layer_by_layer() {
    let shop = Project::new("fastapi-shop");
    let request = shop.audit("main:app", "GET /items/3", &[]);
    stand_in_order(
        &names(&request),
        &[
            "TrustedHostMiddleware",
            "CORSMiddleware",
            "CorrelationIdMiddleware",
            "GZipMiddleware",
            "SessionMiddleware",
            "PrometheusInstrumentatorMiddleware",
            "time_request",
            "TimingMiddleware",
        ],
    );
    let timed = layer(&request, "time_request");
    assert_eq!(timed["counts"]["tasks"], 1.0, "{timed}");
    assert!(codes(timed).contains(&"task-per-layer"), "{timed}");
    assert_eq!(layer(&request, "TimingMiddleware")["counts"]["tasks"], 0.0);
    assert!(codes(layer(&request, "GZipMiddleware")).contains(&"compresses-hard"));
    let gzip = layer(&request, "GZipMiddleware");
    assert_eq!(gzip["distribution"], "starlette");
    let own = layer(&request, "TimingMiddleware");
    assert!(own["file"].as_str().unwrap().ends_with("main.py"), "{own}");
    for layer in layers(&request) {
        assert!(layer["exclusive"]["estimate"].is_f64(), "{layer}");
    }
    // The dearest layer is the one that makes tasks, and what all take is less than the whole.
    let cost = |layer: &Value| layer["toll"]["estimate"].as_f64().unwrap();
    let dearest = layers(&request)
        .into_iter()
        .max_by(|one, other| cost(one).total_cmp(&cost(other)))
        .unwrap();
    assert_eq!(dearest["name"], "time_request");
    let share = request["total"]["share"].as_f64().unwrap();
    assert!((0.1..1.0).contains(&share), "{share}");
}

#[test]
fn what_patched_itself_in_is_found_and_an_option_that_saves_is_seen() {
    let project = Project::new("fastapi-otel");
    let calls = |request: &Value| {
        let layer = layer(request, "OpenTelemetryMiddleware");
        assert_eq!(layer["added_by"], "patched-in", "{layer}");
        layer["counts"]["python_calls"].as_f64().unwrap()
    };
    let all = calls(&project.count("main:app", "GET /items/1", &[]));
    let fewer = calls(&project.count("main:app", "GET /items/1", &[("EXCLUDE_SPANS", "1")]));
    assert!(fewer < 0.8 * all, "{fewer} of {all}");
}

#[test]
fn sentry_is_found_in_the_application_that_it_patches() {
    let project = Project::new("starlette-sentry");
    let request = project.count("main:app", "GET /items/4", &[]);
    let patched: Vec<&str> = layers(&request)
        .into_iter()
        .filter(|layer| layer["added_by"] == "patched-in")
        .map(|layer| layer["distribution"].as_str().unwrap_or_default())
        .collect();
    assert!(patched.contains(&"sentry-sdk"), "{:?}", names(&request));
}

/// Both packages ship the same middleware in two forms.
#[test]
fn the_pure_twin_of_a_middleware_makes_no_tasks() {
    let project = Project::new("starlette-twins");
    for (form, twins, tasks) in [
        ("base", ["ContextMiddleware", "SlowAPIMiddleware"], 1.0),
        (
            "pure",
            ["RawContextMiddleware", "SlowAPIASGIMiddleware"],
            0.0,
        ),
    ] {
        let by = "counts,exclusive";
        let request = project.audit_by(by, "main:app", "GET /", &[("FORM", form)]);
        for twin in twins {
            let layer = layer(&request, twin);
            assert_eq!(
                codes(layer).contains(&"task-per-layer"),
                tasks > 0.0,
                "{layer}"
            );
        }
        let [context, slowapi] = twins.map(|twin| layer(&request, twin));
        assert_eq!(slowapi["counts"]["tasks"], tasks, "{form}: {slowapi}");
        // The view needs its context: without it there is an error.
        assert_eq!(context["removal"]["kind"], "other-status", "{context}");
        assert_eq!(context["by"], "exclusive", "{context}");
    }
}

#[test]
fn every_middleware_of_django_and_its_hops_are_told() {
    let project = Project::new("django-default");
    let request = project.count("project.asgi:application", "GET /", &[]);
    stand_in_order(
        &names(&request),
        &[
            "SecurityMiddleware",
            "SessionMiddleware",
            "CommonMiddleware",
            "CsrfViewMiddleware",
            "AuthenticationMiddleware",
            "MessageMiddleware",
            "XFrameOptionsMiddleware",
        ],
    );
    let security = layer(&request, "SecurityMiddleware");
    assert!(
        security["counts"]["thread_hops"].as_f64().unwrap() >= 1.0,
        "{security}"
    );
    assert!(codes(security).contains(&"thread-hop"), "{security}");
}

#[test]
fn layers_on_every_level_of_litestar_are_found() {
    let project = Project::new("litestar-levels");
    let request = project.count("main:app", "GET /api/items/1", &[]);
    let own: Vec<&str> = layers(&request)
        .into_iter()
        .filter(|layer| layer["added_by"] == "application" && layer["removable"] == true)
        .map(|layer| layer["place"].as_str().unwrap())
        .collect();
    assert!(own.len() >= 4, "{:?} {own:?}", names(&request));
    let places: std::collections::BTreeSet<&str> = own.into_iter().collect();
    assert!(places.len() >= 3, "{places:?}");
}

/// The whole application under a real server, with its layers and without those that can be taken out.
#[test]
fn a_stack_is_put_under_a_real_server_with_and_without_its_layers() {
    let project = Project::new("starlette-twins");
    let args = [
        "main:app",
        "--instrument",
        "load",
        "--time",
        "25s",
        "--json",
    ];
    let mut command = project.command(&args);
    let ended = Ended::of(&command.env("FORM", "base").output().unwrap()).expect(0);
    let request = &ended.json()["requests"][0];
    let load = &request["load"];
    assert_eq!(load["server"], "uvicorn", "{load}");
    assert_eq!(load["server_version"], "0.54.0", "{load}");
    assert_eq!(
        (&load["error"], &load["http"]),
        (&Value::Null, &"h11".into())
    );
    let possible = layers(request)
        .into_iter()
        .filter(|layer| {
            ["same", "other-body"]
                .map(Value::from)
                .contains(&layer["removal"]["kind"])
        })
        .count();
    assert!(possible > 0, "{request}");
    assert_eq!(load["layers_out"], possible, "{load}");
    let of = |side: &str, what: &str| load[side][what]["estimate"].as_f64().unwrap();
    let rates = ["with", "without"].map(|side| of(side, "requests_per_s"));
    assert!(rates[0] > 10.0 && rates[1] >= 0.95 * rates[0], "{rates:?}");
    // Each side by itself says the same as the pairs.
    let saved = of("with", "cpu_us") - of("without", "cpu_us");
    let toll = load["toll_us"]["estimate"].as_f64().unwrap();
    assert!(toll > 0.0 && saved > 0.0, "{toll} {saved}");
    assert!(load["with"]["requests"].as_u64().unwrap() > 100, "{load}");
    assert_eq!(load["with"]["failed"], 0, "{load}");
    let folder = project.folder.display().to_string();
    eventually(10, || processes_with(&folder) == NOBODY);
}

#[test]
fn a_framework_that_wires_its_layers_at_startup_is_served_without_them() {
    let project = Project::new("django-default");
    let args = ["--instrument", "load,counts", "--time", "25s", "--json"];
    let ended = project.run(&[&["project.asgi:application"], &args[..]].concat());
    let request = &ended.expect(0).json()["requests"][0];
    let cpu_us = |side: &str| request["load"][side]["cpu_us"]["estimate"].as_f64();
    let (with, without) = (cpu_us("with").unwrap(), cpu_us("without").unwrap());
    assert!(without < with, "{without} of {with}");
    // Only what was asked for.
    assert_eq!(request["whole"], Value::Null);
    let security = layer(request, "SecurityMiddleware");
    assert!(security["counts"]["python_calls"].is_f64(), "{security}");
}

#[test]
fn a_server_that_is_not_there_is_told_before_anything_is_measured() {
    let project = Project::new("starlette-twins");
    for (args, word) in [
        (&["--server", "uvicorn"][..], "belongs to --instrument load"),
        (
            &["--instrument", "load", "--server", "nginx"],
            "there are granian",
        ),
        (
            &["--instrument", "load", "--server", "granian"],
            "-m pip install granian",
        ),
        (
            &["--instrument", "direct"],
            "possible values: counts, exclusive, ablation",
        ),
    ] {
        let ended = project.run(&[&["main:app"], args].concat()).expect(2);
        assert!(ended.stderr.contains(word), "{args:?}: {}", ended.stderr);
    }
}

/// Known costs in a stack of twelve come out again, in both ways. The machine may be busy: the figures of
/// a quiet one stand in docs/METHODOLOGY.md.
#[test]
fn planted_layers_are_recovered_in_any_position() {
    const PLANTED: [f64; 12] = [
        0.0, 20.0, 1.0, 5.0, 0.0, 50.0, 5.0, 1.0, 20.0, 0.0, 5.0, 20.0,
    ];
    let project = Project::new("planted");
    let costs = PLANTED.map(|cost| cost.to_string()).join(",");
    let request = project.audit("bare:app", "GET /", &[("COSTS", &costs)]);
    let own: Vec<&Value> = layers(&request);
    assert_eq!(own.len(), 12, "{:?}", names(&request));
    let toll = |place: usize| own[place]["exclusive"]["estimate"].as_f64().unwrap();
    // Each process plants by a calibration of its own: where the machine was busy meanwhile, all are off by
    // one factor.
    let (empty, all) = (toll(0), (0..12).map(toll).sum::<f64>());
    let factor = (all - 12.0 * empty) / PLANTED.iter().sum::<f64>();
    let near = |place: &usize| {
        let (found, planted) = ((toll(*place) - empty) / factor, PLANTED[*place]);
        (found - planted).abs() <= (0.3 * planted).max(2.0)
    };
    assert!((0.4..2.5).contains(&factor), "{factor}");
    let recovered = (0..12).filter(near).count();
    let found: Vec<f64> = (0..12).map(toll).collect();
    assert!(recovered >= 10, "{found:?}");
    // The heaviest and the lightest are told apart whatever the machine does.
    assert!(
        toll(5) > toll(1) && toll(1) > toll(3) && toll(3) > toll(4),
        "{found:?}"
    );
}

/// What is wrong, which code of the exit, and what to try.
const BROKEN: [(&str, &[&str]); 8] = [
    ("nope:app", &["there is no module 'nope'", "--app-dir"]),
    ("missing_attribute", &["has no 'app'", "api"]),
    ("not_asgi:app", &["int is no ASGI application", "--factory"]),
    (
        "import_error:app",
        &["a_module_that_nobody_has", "--python"],
    ),
    ("needs_env:app", &["DATABASE_URL", "--env-file"]),
    ("lifespan_fails:app", &["no database at", "--lifespan off"]),
    ("raises:app", &["status 500", "Error", "--request"]),
    ("slow:app", &["takes 5.", "--slowest"]),
];

#[test]
fn what_is_wrong_with_an_application_is_said_with_what_to_try() {
    let project = Project::new("broken");
    for (app, words) in BROKEN {
        let ended = project.run(&[app]).expect(2);
        for word in words {
            assert!(
                ended.stderr.contains(word),
                "{app}: {word} in {}",
                ended.stderr
            );
        }
        assert_eq!(ended.stdout, "", "{app}");
        assert!(
            !ended.stderr.contains("<frozen importlib"),
            "{app}: the import system's own lines say nothing: {}",
            ended.stderr
        );
    }
    let folder = project.folder.display().to_string();
    eventually(10, || processes_with(&folder).is_empty());
}

#[test]
fn nothing_in_the_project_is_written_and_secrets_are_shown_nowhere() {
    let project = Project::new("fastapi-shop");
    let before = files(&project.folder);
    let env_file = project
        .place
        .write(".env", "SHOP_PASSWORD=hunter2hunter2\n");
    let out = project.place.path("audit");
    let ended = project
        .run(&[
            "main:app",
            "--request",
            "GET /items/1",
            "--header",
            "Authorization: Bearer swordfish-0815",
            "--env-file",
            &env_file.display().to_string(),
            "--time",
            "12s",
            "--out",
            &out.display().to_string(),
        ])
        .expect(0);
    assert_eq!(files(&project.folder), before);
    assert!(ended.stdout.contains("GZipMiddleware"));
    for file in ["audit.json", "audit.md", "audit.html"] {
        let text = fs::read_to_string(out.join(file)).unwrap();
        assert!(text.contains("GZipMiddleware"), "{file}");
    }
    for path in files(&out) {
        let bytes = fs::read(out.join(&path)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in ["swordfish-0815", "hunter2hunter2"] {
            assert!(!text.contains(secret), "{secret} stands in {path}");
        }
    }
    let mistyped = project
        .run(&["main:app", "--header", "swordfish-0815"])
        .expect(2);
    assert!(
        !mistyped.stderr.contains("swordfish"),
        "{}",
        mistyped.stderr
    );
}

/// Every file below a folder, relative to it.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

#[test]
fn a_finding_that_is_asked_for_sets_the_exit_code() {
    let project = Project::new("starlette-twins");
    let audit = |form: &str| {
        let args = [
            "main:app",
            "--instrument",
            "counts",
            "--fail-on",
            "task-per-layer",
        ];
        let mut command = project.command(&args);
        Ended::of(&command.env("FORM", form).output().unwrap())
    };
    audit("base").expect(1);
    audit("pure").expect(0);
    let wrong = project.run(&["main:app", "--fail-on", "tasks"]).expect(2);
    assert!(wrong.stderr.contains("task-per-layer"), "{}", wrong.stderr);
}

/// What layers take is written down; the same application is held against it, and then a dearer one.
#[test]
fn a_budget_is_saved_kept_and_overdrawn() {
    let project = Project::new("planted");
    let before = files(&project.folder);
    let budget = project.place.path("budget.toml");
    let held = |costs: &str, args: &[&str]| {
        let file = budget.display().to_string();
        let by = "counts,exclusive";
        let mut command =
            project.command(&["bare:app", "--instrument", by, "--time", "3m", "--json"]);
        command.args(args).arg(&file);
        Ended::of(&command.env("COSTS", costs).output().unwrap())
    };
    let saved = held("0,0,0", &["--save"]).expect(0);
    assert!(saved.stderr.contains("Budget: "), "{}", saved.stderr);
    let text = fs::read_to_string(&budget).unwrap();
    for words in [
        "[[requests.layers]]",
        "python_calls = 2",
        "origin = \"layers.SpinLayer\"",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let kept = held("0,0,0", &["--fail-on", "improved", "--budget"]);
    assert_ne!(kept.code, Some(1), "{kept:?}");
    let kept = kept.json()["requests"][0]["budget"].clone();
    assert_ne!(kept["verdict"], "regressed", "{kept}");
    assert_eq!(kept["layers"].as_array().unwrap().len(), 3);
    assert!(kept["pace"].as_f64().unwrap() > 0.0, "{kept}");
    assert!(kept["total"]["rounds"].as_u64().unwrap() > 0, "{kept}");
    let dearer = held("0,60,0", &["--fail-on", "regressed", "--budget"]).expect(1);
    let dearer = dearer.json()["requests"][0]["budget"].clone();
    let verdicts =
        ["/layers/1", "/total"].map(|place| dearer.pointer(place).unwrap()["verdict"].clone());
    assert_eq!(verdicts, ["regressed", "regressed"], "{dearer}");
    assert_ne!(dearer["layers"][0]["verdict"], "regressed", "{dearer}");
    // Nobody wrote but where it was asked for.
    assert_eq!(fs::read_to_string(&budget).unwrap(), text);
    assert_eq!(files(&project.folder), before);
}

#[test]
fn a_budget_that_is_none_is_refused_before_anything_starts() {
    let place = Place::new();
    place.write("text.toml", "schema_version = 1\napp main\n");
    place.write("later.toml", "schema_version = 99\n");
    place.write("other.toml", "[project]\nname = \"x\"\n");
    let header = "schema_version = 1\napp = \"main:app\"\npython = \"3.13.1\"\nimplementation = \"CPython\"\n\
        loop = \"asyncio\"\ntool = \"0.1.0\"\ndate = \"2026-11-29\"\nprocessor = \"\"\nmachine = \"\"\n";
    place.write("good.toml", header);
    for (args, word) in [
        (
            &["--budget", "none.toml"][..],
            "one is written with --save none.toml",
        ),
        (&["--budget", "text.toml"], "text.toml:2:"),
        (&["--budget", "later.toml"], "schema version 99, not 1"),
        (&["--budget", "other.toml"], "this is no budget"),
        (
            &["--budget", "good.toml", "--margin", "3"],
            "`3` is no margin",
        ),
        (&["--fail-on", "regressed"], "--budget FILE"),
        (
            &["--save", "nowhere/budget.toml"],
            "there is no folder nowhere",
        ),
        (&["--save", "."], "this is a folder"),
    ] {
        let args = [&["app", "main:app"], args].concat();
        let ended = place.run(&args).expect(2);
        assert!(ended.stderr.contains(word), "{args:?}: {}", ended.stderr);
    }
    let other = place
        .run(&["app", "other:app", "--budget", "good.toml"])
        .expect(2);
    assert!(
        other
            .stderr
            .contains("the budget of main:app, not of other:app"),
        "{}",
        other.stderr
    );
}

#[test]
fn ctrl_c_shows_what_was_measured_and_leaves_nothing() {
    let project = Project::new("starlette-twins");
    let budget = project.place.path("budget.toml");
    let save = budget.display().to_string();
    let args = ["main:app", "--time", "5m", "--json", "--save", &save];
    let talk = project.place.path("talk");
    let mut command = project.command(&args);
    command.stderr(fs::File::create(&talk).unwrap());
    let started = Started::from(command.spawn().unwrap());
    let folder = project.folder.display().to_string();
    // The first round by ablation is done: counts are there, and much is still to come.
    eventually(120, || {
        fs::read_to_string(&talk).is_ok_and(|said| said.contains("ablation"))
    });
    started.signal("INT");
    let ended = started.wait().expect(130);
    assert_eq!(ended.json()["interrupted"], true);
    let said = fs::read_to_string(&talk).unwrap();
    assert!(
        said.contains("is not written") && !budget.exists(),
        "{said}"
    );
    eventually(10, || processes_with(&folder) == NOBODY);
}

#[test]
fn requests_that_make_no_sense_are_refused_before_anything_starts() {
    let place = Place::new();
    for (args, word) in [
        (
            &["app", "main:app", "--request", "items"][..],
            "such as 'GET /items/1'",
        ),
        (&["app", "main:app", "--body", "x"], "POST /login"),
        (
            &["app", "main:app", "--python", "nowhere"],
            "no such interpreter",
        ),
        (
            &["app", "main:app", "--app-dir", "nowhere"],
            "there is no folder nowhere",
        ),
        (
            &["app", "main:app", "--env-file", "nowhere"],
            "cannot be read",
        ),
        (&["app", "main:app", "--time", "soon"], "no duration"),
    ] {
        let ended = place.run(args).expect(2);
        assert!(ended.stderr.contains(word), "{args:?}: {}", ended.stderr);
    }
}
