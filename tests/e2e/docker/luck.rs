//! What can go wrong with containers.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::engine::lab;
use super::{long, suite};
use crate::support::{Place, Started, eventually, processes_with};
use toll_engine::Endpoint;

#[test]
fn ctrl_c_leaves_no_container_and_keeps_what_was_measured() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    let started = long(lab, &place, &lab.engine.endpoint().url());
    let pid = started.id();
    started.signal("INT");
    started.wait().expect(130);
    assert_eq!(lab.containers_of(pid), Vec::<String>::new());
    assert_eq!(place.json("out/results.json")["run"]["interrupted"], true);
}

#[test]
fn after_kill_9_the_guard_removes_the_containers() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    let started = long(lab, &place, &lab.engine.endpoint().url());
    let pid = started.id();
    started.signal("KILL");
    started.wait();
    eventually(30, || lab.containers_of(pid).is_empty());
}

#[test]
fn after_kill_9_of_tool_and_guard_the_next_start_removes_the_containers() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    let started = long(lab, &place, &lab.engine.endpoint().url());
    let pid = started.id();
    for guard in children_of(pid) {
        let is_guard = std::fs::read_to_string(format!("/proc/{guard}/cmdline"));
        if is_guard.is_ok_and(|line| line.contains("__guard")) {
            let kill = std::process::Command::new("kill")
                .args(["-9", &guard.to_string()])
                .status();
            assert!(kill.unwrap().success());
        }
    }
    started.signal("KILL");
    started.wait();
    assert!(
        !lab.containers_of(pid).is_empty(),
        "somebody else removed them"
    );
    let text = suite(lab, "bare", "instruments = [\"counts\"]", "");
    place.write("next.toml", &text);
    let next = lab
        .run(&place, &["run", "next.toml", "--out", "next"])
        .expect(0);
    assert_eq!(
        lab.containers_of(pid),
        Vec::<String>::new(),
        "{}",
        next.stderr
    );
    assert!(processes_with(&place.path("out").display().to_string()).is_empty());
}

fn children_of(parent: u32) -> Vec<u32> {
    let list = format!("/proc/{parent}/task/{parent}/children");
    let text = std::fs::read_to_string(list).unwrap();
    text.split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}

#[test]
fn want_of_memory_is_the_failure_of_a_cell() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    let more = "instruments = [\"load\"]\nkind = \"greedy\"\n";
    place.write("oom.toml", &suite(lab, "confined", more, "memory-mib = 64"));
    lab.run(&place, &["run", "oom.toml", "--out", "out"])
        .expect(3);
    let results = place.json("out/results.json").to_string();
    assert!(
        results.contains("out-of-memory") && results.contains("memory-mib"),
        "{results}"
    );
}

#[test]
fn a_server_that_never_listens_or_ends_is_a_failure_with_its_log() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    let more = "instruments = [\"load\"]\nkind = \"raises\"\n";
    place.write("raises.toml", &suite(lab, "bare", more, ""));
    let ended = lab
        .run(&place, &["run", "raises.toml", "--out", "out"])
        .expect(2);
    assert!(
        ended.stdout.contains("this application cannot be built"),
        "{}",
        ended.stdout
    );
    place.write(
        "hangs.toml",
        &suite(
            lab,
            "bare",
            &more.replace("raises", "hangs"),
            "start-timeout-ms = 3000",
        ),
    );
    let ended = lab
        .run(&place, &["run", "hangs.toml", "--out", "hung"])
        .expect(2);
    assert!(
        ended.stdout.contains("did not answer within 3 s"),
        "{}",
        ended.stdout
    );
}

#[test]
fn without_an_engine_it_says_what_to_do() {
    let place = Place::new();
    let text = "[suite]\nname = \"d\"\nprovisioner = \"docker\"\nmiddlewares = [0, 1]\n[[series]]\nframework = \"bare\"\n";
    place.write("d.toml", text);
    for (host, says) in [
        (
            "unix:///nonexistent.sock",
            "no container engine answers at /nonexistent.sock",
        ),
        ("tcp://192.0.2.1:2375", "is not on this machine"),
    ] {
        let mut command = place.command(&["run", "d.toml"]);
        command.env("DOCKER_HOST", host);
        let ended = Started::from(command.spawn().unwrap()).wait().expect(2);
        assert!(
            ended.stderr.contains(says) && ended.stderr.contains("DOCKER_HOST"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_base_image_that_cannot_be_had_is_the_failure_of_its_series() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    let more = "base-image = \"asgi-toll-no-such-image:{python}\"";
    place.write("no.toml", &suite(lab, "bare", more, ""));
    let ended = lab
        .run(&place, &["run", "no.toml", "--out", "out"])
        .expect(2);
    let said = ended
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        said.contains("is not here and cannot be pulled") && said.contains("base-image"),
        "{said}"
    );
    assert!(
        place
            .json("out/results.json")
            .to_string()
            .contains("base-image-missing")
    );
}

/// A socket in front of the engine's that can be shut.
struct Front {
    open: Arc<AtomicBool>,
    url: String,
}

impl Front {
    fn of(endpoint: &Endpoint, place: &Place) -> Self {
        let Endpoint::Socket(engine) = endpoint.clone() else {
            panic!("the tests' engine is on a socket")
        };
        let path = place.path("e.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let open = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&open);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if !flag.load(Ordering::Relaxed) {
                    continue;
                }
                let Ok(behind) = UnixStream::connect(&engine) else {
                    continue;
                };
                let (a, b) = (stream.try_clone().unwrap(), behind.try_clone().unwrap());
                for (from, to) in [(stream, behind), (b, a)] {
                    let flag = Arc::clone(&flag);
                    thread::spawn(move || pass(from, to, &flag));
                }
            }
        });
        let url = format!("unix://{}", path.display());
        Self { open, url }
    }
}

fn pass(mut from: UnixStream, mut to: UnixStream, open: &AtomicBool) {
    let mut buffer = [0; 8 * 1024];
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 || !open.load(Ordering::Relaxed) || to.write_all(&buffer[..length]).is_err()
        {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}

#[test]
fn an_engine_that_stops_half_way_loses_nothing_that_was_measured() {
    let Some(lab) = lab() else { return };
    let place = Place::new();
    let front = Front::of(lab.engine.endpoint(), &place);
    let started = long(lab, &place, &front.url);
    let pid = started.id();
    front.open.store(false, Ordering::Relaxed);
    // What was measured counts; that the later rounds were not is a finding.
    started.wait().expect(0);
    let results = place.json("out/results.json");
    let rounds = super::instruments(&results)["load"]["rounds"]
        .as_u64()
        .unwrap();
    assert!(rounds >= 2, "{rounds}");
    assert!(
        results.to_string().contains("engine does not answer"),
        "{results}"
    );
    // What could not be removed then is removed by the next run.
    for id in lab.containers_of(pid) {
        lab.engine.remove_container(&id).unwrap();
    }
}
