//! The files that the tool ships are read, name what exists, and become plans.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toll_core::plan::{Plan, PythonRequest};
use toll_core::server::{Bind, Substitution};
use toll_core::suite::{Catalogue, Suite};
use toll_core::{axes, server, subject, suite, workload};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn catalogue() -> Catalogue {
    let mut subjects = BTreeMap::new();
    for entry in fs::read_dir(root().join("subjects")).expect("there are subjects") {
        let entry = entry.expect("the folder is readable");
        let folder = entry.file_name().into_string().expect("names are plain");
        if !entry.path().is_dir() || folder.starts_with(['.', '_']) {
            continue;
        }
        let path = format!("subjects/{folder}/subject.toml");
        let subject = subject::parse(&path, &text(&path)).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(
            subject.name, folder,
            "the folder has the name of its subject"
        );
        subjects.insert(folder, subject);
    }
    let servers = server::parse("servers.toml", &text("servers/servers.toml"));
    let workloads = workload::parse("workloads.toml", &text("workloads/workloads.toml"));
    Catalogue {
        subjects,
        servers: servers.unwrap_or_else(|fault| panic!("{fault}")),
        workloads: workloads.unwrap_or_else(|fault| panic!("{fault}")),
        load_tools: Vec::new(),
    }
}

fn suite(name: &str, catalogue: &Catalogue) -> Suite {
    suite::parse(name, &text(&format!("suites/{name}.toml")), catalogue)
        .unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn every_embedded_suite_becomes_a_plan() {
    let catalogue = catalogue();
    for (name, series, cells) in [("today", 10, 60), ("original", 7, 147)] {
        let suite = suite(name, &catalogue);
        assert_eq!(suite.name, name);
        let plan = Plan::new(&suite, &catalogue).expect("the suite was read with this catalogue");
        assert_eq!((plan.series.len(), plan.cells()), (series, cells));
    }
}

#[test]
fn today_takes_the_newest_of_everything() {
    let catalogue = catalogue();
    let plan = Plan::new(&suite("today", &catalogue), &catalogue).expect("a plan");
    assert!(
        plan.series
            .iter()
            .all(|series| series.python == PythonRequest::Newest)
    );
    let starlette = &plan.series[0];
    assert_eq!(
        starlette.requirements,
        ["starlette", "uvicorn", "httptools", "uvloop"]
    );
    assert_eq!(starlette.axes.get(axes::WITH), "");
}

#[test]
fn original_pins_what_was_pinned() {
    let catalogue = catalogue();
    let plan = Plan::new(&suite("original", &catalogue), &catalogue).expect("a plan");
    let starlette = &plan.series[0];
    assert_eq!(
        starlette.requirements,
        ["starlette==0.34.0", "gunicorn==21.2.0", "uvicorn==0.25.0"]
    );
    assert_eq!(starlette.exclude_newer.as_deref(), Some("2024-01-03"));
    assert_eq!(starlette.axes.get(axes::SERVER), "gunicorn==21.2.0");
    assert_eq!(starlette.server, "gunicorn");
    assert_eq!(starlette.levels.listed(), (0..=20).collect::<Vec<_>>());
}

#[test]
fn original_fits_into_its_budget_with_enough_rounds() {
    let catalogue = catalogue();
    let estimate = Plan::new(&suite("original", &catalogue), &catalogue)
        .expect("a plan")
        .duration_estimate();
    assert!(estimate.environments_s <= 60.0 && estimate.measuring_most_s <= 660.0);
    assert!(
        estimate.rounds >= 6,
        "an interval needs six rounds, there is room for {}",
        estimate.rounds
    );
}

#[test]
fn every_server_can_be_started_in_every_way_that_it_offers() {
    for server in catalogue().servers.values() {
        for (http, event_loop) in server
            .http
            .keys()
            .flat_map(|http| server.loops.keys().map(move |one| (http, one)))
        {
            for bind in [
                Bind::Tcp {
                    host: "127.0.0.1".to_owned(),
                    port: 4321,
                },
                Bind::Unix {
                    socket: "/tmp/a.sock".to_owned(),
                },
            ] {
                let with = Substitution {
                    python: "/env/bin/python".to_owned(),
                    http: http.clone(),
                    event_loop: event_loop.clone(),
                    lifespan: "off".to_owned(),
                    bind,
                };
                let mut words = server.command_line(&with);
                assert_eq!(words[0], "/env/bin/python");
                assert!(
                    words
                        .iter()
                        .any(|word| word.contains("4321") || word.contains("/tmp/a.sock")),
                    "{words:?}"
                );
                words.extend(
                    server
                        .environment(&with)
                        .into_iter()
                        .map(|(_, value)| value),
                );
                assert!(words.iter().all(|word| !word.contains('{')), "{words:?}");
            }
        }
    }
}

#[test]
fn a_server_may_have_words_of_its_own() {
    let servers = catalogue().servers;
    let with = Substitution {
        python: "python".to_owned(),
        http: "hyper".to_owned(),
        event_loop: "asyncio".to_owned(),
        lifespan: "off".to_owned(),
        bind: Bind::Tcp {
            host: "127.0.0.1".to_owned(),
            port: 1,
        },
    };
    assert!(
        servers["granian"]
            .command_line(&with)
            .contains(&"asginl".to_owned())
    );
}
