//! `asgi-toll load` against real servers whose capacity is known: uvicorn with an application that works for a fixed
//! time per request.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{Place, Started, eventually};

/// The path says what to do: `/spin` works for a millisecond of CPU time, `/broken` fails, `/sleep` waits.
const APP: &str = r#"
import asyncio, time

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"].endswith("shutdown"):
                return
    path, status = scope["path"], 200
    if path == "/spin":
        end = time.thread_time_ns() + 1_000_000
        while time.thread_time_ns() < end:
            pass
    elif path == "/sleep":
        await asyncio.sleep(0.02)
    elif path == "/broken":
        status = 500
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"#;

/// A uvicorn of its own, ended with the test.
struct Uvicorn {
    child: Child,
    place: Place,
    address: String,
}

impl Uvicorn {
    /// On a port, or with a name on a unix socket.
    fn start(options: &[&str]) -> Self {
        let place = Place::new();
        place.write("app.py", APP);
        let port = free_port();
        let mut command = Command::new(python(&place));
        command
            .args([
                "-m",
                "uvicorn",
                "app:app",
                "--log-level",
                "warning",
                "--host",
                "127.0.0.1",
            ])
            .args(["--port", &port.to_string()])
            .args(options)
            .current_dir(place.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let server = Self {
            child: command.spawn().unwrap(),
            place,
            address: format!("127.0.0.1:{port}"),
        };
        eventually(30, || TcpStream::connect(&server.address).is_ok());
        server
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Runs `asgi-toll load` at a path, and gives its JSON.
    /// A search for its limit that has begun.
    fn searched(&self) -> Started {
        let url = self.url("/");
        let search = ["--find-limit", "p99=50ms", "--probe", "1s", "--json"];
        let args = [&["load", url.as_str()][..], &search].concat();
        Started::from(self.place.command(&args).spawn().unwrap())
    }

    fn load(&self, path: &str, args: &[&str], code: i32) -> Value {
        let url = self.url(path);
        let all = [&["load", &url, "--json"], args].concat();
        self.place.run(&all).expect(code).json()
    }

    fn talk(&self, path: &str, args: &[&str], code: i32) -> String {
        let url = self.url(path);
        let all = [&["load", &url], args].concat();
        self.place.run(&all).expect(code).stdout
    }
}

impl Drop for Uvicorn {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The Python of an environment with uvicorn, which the tool builds itself, once.
fn python(place: &Place) -> String {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| build(place)).clone()
}

fn build(place: &Place) -> String {
    place.write("suite.toml", "[suite]\nname = \"bare\"\nmiddlewares = [0]\nhttp = \"h11\"\nloop = \"asyncio\"\n[measure]\nrounds = 1\nmax-rounds = 1\nblocks = 1\nslice-ms = 20\n[[series]]\nframework = \"bare\"\n");
    place
        .run(&["run", "suite.toml", "--out", "built"])
        .expect(0);
    let environments = fs::read_dir(place.cache.join("environments")).unwrap();
    let mut pythons = environments
        .flatten()
        .map(|entry| entry.path().join("venv/bin/python"))
        .filter(|python| has_uvicorn(python));
    let found = pythons.next().expect("an environment with uvicorn");
    found.display().to_string()
}

fn has_uvicorn(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import uvicorn"]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

fn codes(value: &Value) -> Vec<&str> {
    let doubts = value["doubts"].as_array().unwrap();
    doubts
        .iter()
        .map(|doubt| doubt["code"].as_str().unwrap())
        .collect()
}

#[test]
fn the_limit_of_a_server_that_spins_for_a_millisecond_is_found() {
    let server = Uvicorn::start(&[]);
    let search = || {
        let found = server.load("/spin", &["--find-limit", "p99=50ms", "--probe", "1s"], 0);
        let closed = number(&found["closed_loop_rate"]);
        (number(&found["limit"]), closed, found)
    };
    // The closed loop is one second long; where the machine was busy with others just then, it is looked at again.
    let disturbed = |(limit, closed, _): &(f64, f64, Value)| *limit >= closed * 1.1;
    let (limit, closed, found) = Some(search())
        .filter(|first| !disturbed(first))
        .unwrap_or_else(search);
    assert!((300.0..1_000.0).contains(&limit), "{found}");
    assert!(limit < closed * 1.1 && closed < 1_000.0, "{limit} {closed}");
    assert_eq!(found["confirmed"], true);
    let failed = &found["first_failed"];
    assert!(number(&failed["rate"]) > limit && failed["verdict"] != "held");
    let at_limit = &found["at_limit"]["latency_from_schedule"];
    assert!(number(&at_limit["p99_ns"]) <= 50e6, "{at_limit}");
    let probes = found["probes"].as_array().unwrap();
    assert_eq!(found["servers"].as_array().unwrap().len(), probes.len());
    assert!(probes.iter().any(|probe| probe["purpose"] == "confirm"));
}

#[test]
fn a_goal_that_no_rate_holds_is_said() {
    let server = Uvicorn::start(&[]);
    let args = ["--find-limit", "p50=5ms", "--probe", "400ms", "--quiet"];
    let said = server.talk("/sleep", &args, 4);
    assert!(
        said.contains("none") && said.contains("do not hold p50 ≤ 5.00 ms"),
        "{said}"
    );
}

#[test]
fn an_interrupted_search_keeps_what_it_found() {
    let server = Uvicorn::start(&[]);
    let started = server.searched();
    std::thread::sleep(std::time::Duration::from_secs(3));
    started.signal("INT");
    let found = started.wait().expect(130).json();
    assert_eq!(found["interrupted"], true);
    assert_eq!(found["confirmed"], false);
    assert!(!found["probes"].as_array().unwrap().is_empty(), "{found}");
}

#[test]
fn a_search_whose_server_dies_keeps_what_it_found() {
    let mut server = Uvicorn::start(&[]);
    let started = server.searched();
    std::thread::sleep(std::time::Duration::from_secs(4));
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let found = started.wait().expect(4).json();
    assert!(
        found["gone"].as_str().unwrap().contains("cannot connect"),
        "{found}"
    );
    assert_eq!(found["confirmed"], false);
    assert!(!found["probes"].as_array().unwrap().is_empty(), "{found}");
}

#[test]
fn the_generator_answers_for_its_own_counts() {
    let place = Place::new();
    let args = ["load", "--self-check", "--only", "bytes,counts", "--json"];
    let report = place.run(&args).expect(0).json();
    let sections = report["sections"].as_array().unwrap();
    let asked: Vec<_> = sections.iter().map(|one| &one["experiment"]).collect();
    assert_eq!(asked, ["counts", "bytes"]);
    let rows = sections[0]["rows"].as_array().unwrap();
    let sent = rows.iter().find(|row| row["what"] == "sent").unwrap();
    assert!(number(&sent["measured"]) > 1_000.0, "{sent}");
    assert_eq!(sent["measured"], sent["expected"], "{sent}");
}

#[test]
fn a_server_that_spins_is_the_one_that_is_saturated() {
    let server = Uvicorn::start(&[]);
    let result = server.load("/spin", &["-d", "2s"], 0);
    assert_eq!(result["saturated"], "server", "{}", result["server"]);
    assert_eq!(
        result["server"]["pids"],
        serde_json::json!([server.child.id()])
    );
    let per_request = number(&result["server"]["cpu_per_request_ns"]);
    assert!((1e6..3e6).contains(&per_request), "{per_request}");
    let idle = server.load("/sleep", &["-d", "1s", "-c", "2"], 0);
    assert_eq!(idle["saturated"], "neither", "{}", idle["server"]);
    let named = server.load(
        "/sleep",
        &["-d", "1s", "--server-pid", &std::process::id().to_string()],
        0,
    );
    assert!(named["server"]["pids"].as_array().unwrap().len() > 1);
}

#[test]
fn every_worker_belongs_to_the_server() {
    let server = Uvicorn::start(&["--workers", "2"]);
    eventually(20, || server.load("/", &["-n", "50"], 0)["ok"] == 50);
    let result = server.load("/spin", &["-d", "2s", "-c", "8"], 0);
    assert!(
        result["server"]["pids"].as_array().unwrap().len() >= 3,
        "{}",
        result["server"]
    );
}

#[test]
fn too_high_a_rate_is_a_doubt_that_can_fail_the_command() {
    let server = Uvicorn::start(&[]);
    let args = ["--rate", "3000", "-d", "1s", "--timeout", "1s", "-c", "4"];
    let result = server.load(
        "/spin",
        &[&args[..], &["--fail-on", "rate-missed"]].concat(),
        1,
    );
    assert!(
        codes(&result).contains(&"rate-missed"),
        "{:?}",
        codes(&result)
    );
    let calm = server.load(
        "/",
        &["--rate", "100", "-d", "1s", "--fail-on", "rate-missed"],
        0,
    );
    assert!(!codes(&calm).contains(&"rate-missed"), "{calm}");
}

#[test]
fn failures_are_a_doubt_and_an_exit_code() {
    let server = Uvicorn::start(&[]);
    let result = server.load("/broken", &["-n", "20"], 2);
    assert_eq!(
        (&result["ok"], &result["errors"]["server_error"]),
        (&0.into(), &20.into())
    );
    assert!(codes(&result).contains(&"errors"));
    let body = server.load("/", &["-n", "20", "--expect-body", "no"], 2);
    assert_eq!(body["errors"]["wrong_body"], 20);
    server.load("/", &["-n", "20", "--expect-body", "ok"], 0);
}

#[test]
fn requests_are_sent_in_turn() {
    let server = Uvicorn::start(&[]);
    let file = server.place.write("mixed.http", "GET /\n\nGET /broken\n");
    let result = server.load(
        "/",
        &["-n", "40", "-c", "1", "--requests", file.to_str().unwrap()],
        3,
    );
    assert_eq!(
        (&result["ok"], &result["errors"]["server_error"]),
        (&20.into(), &20.into())
    );
}

#[test]
fn arrivals_at_random_are_not_taken_for_a_missed_rate() {
    let server = Uvicorn::start(&[]);
    let args = [
        "--rate",
        "200",
        "--arrivals",
        "poisson",
        "--seed",
        "7",
        "-d",
        "2s",
    ];
    let result = server.load("/", &args, 0);
    assert_eq!(result["schedule"]["kind"], "poisson");
    assert!(
        !codes(&result).contains(&"rate-missed"),
        "{:?}",
        result["doubts"]
    );
}

#[test]
fn people_read_columns_and_colours_only_on_a_terminal() {
    let server = Uvicorn::start(&[]);
    let said = server.talk("/", &["--rate", "200", "-d", "1s", "--per-second"], 0);
    for word in [
        "requests/s",
        "since due",
        "sent late",
        "p99.9",
        "generator",
        "server",
        "saturated",
        "second",
    ] {
        assert!(said.contains(word), "{word} is missing: {said}");
    }
    assert!(!said.contains('\u{1b}'), "{said}");
    let coloured = server.talk("/", &["-n", "10", "--color", "always"], 0);
    assert!(coloured.contains('\u{1b}'));
}
