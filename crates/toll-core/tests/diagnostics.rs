//! What people see when a file is wrong, word for word.
//!
//! Each file in `diagnostics/` holds cases: a line `=== what is wrong`, the text, a line `---`, and
//! the message. With `ASGI_TOLL_BLESS=1` the messages are written anew, to be read in the diff.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use toll_core::diagnostic::Diagnostic;
use toll_core::load_tool::LoadTool;
use toll_core::suite::Catalogue;
use toll_core::{server, subject, suite, workload};

const SUBJECT: &str = r#"
distribution = "NAME"
lifespan = "on"
[kinds.native]
style = "layer"
mark = "header"
about = "a layer"
[kinds.base-http]
style = "layer"
mark = "header"
about = "a class"
"#;

const SERVERS: &str = r#"
[servers.uvicorn]
distribution = "uvicorn"
http = { h11 = [], httptools = ["httptools"] }
loop = { asyncio = [], uvloop = ["uvloop"] }
default_http = "httptools"
default_loop = "uvloop"
command = ["{python}", "-m", "uvicorn", "--http", "{http}"]
bind_tcp = ["--port", "{port}"]
bind_unix = ["--uds", "{socket}"]
processes = 1
"#;

const WORKLOADS: &str = r#"
[workloads.ping]
method = "GET"
path = "/_ping"
status = 200
content-type = "application/json"
check = "json-count"
"#;

fn catalogue() -> Catalogue {
    let subjects = ["falcon", "muffin", "starlette"].map(|name| {
        let text = format!("name = \"{name}\"{}", SUBJECT.replace("NAME", name));
        (
            name.to_owned(),
            subject::parse("subject.toml", &text).expect("the subject is right"),
        )
    });
    Catalogue {
        subjects: subjects.into_iter().collect(),
        servers: server::parse("servers.toml", SERVERS).expect("the servers are right"),
        workloads: workload::parse("workloads.toml", WORKLOADS).expect("the workloads are right"),
        load_tools: vec![LoadTool {
            name: "wrk".to_owned(),
            unix_sockets: false,
            shortest_ms: 1_000,
        }],
    }
}

/// Runs every case of a file through `parse` and compares the messages with those written there.
fn check(name: &str, parse: impl Fn(&str) -> Option<Diagnostic>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/diagnostics")
        .join(name);
    let written = fs::read_to_string(&path).expect("the cases are there");
    let mut seen = String::new();
    for case in written.split("=== ").skip(1) {
        let (title, rest) = case.split_once('\n').expect("a case has a title");
        let (text, _) = rest.split_once("---\n").expect("a case has a message");
        let message = parse(text).map_or_else(
            || "(nothing is wrong)".to_owned(),
            |fault| fault.to_string(),
        );
        write!(seen, "=== {title}\n{text}---\n{message}\n\n").expect("a string takes all");
    }
    if std::env::var_os("ASGI_TOLL_BLESS").is_some() {
        fs::write(&path, &seen).expect("the cases can be written");
    }
    assert!(written == seen, "{name} has changed; it is now:\n{seen}");
    assert!(
        !seen.contains("(nothing is wrong)"),
        "a case of {name} is no mistake:\n{seen}"
    );
}

#[test]
fn suites() {
    let catalogue = catalogue();
    check("suites.txt", |text| {
        suite::parse("my.toml", text, &catalogue).err()
    });
}

#[test]
fn subjects() {
    check("subjects.txt", |text| {
        subject::parse("subject.toml", text).err()
    });
}

#[test]
fn servers() {
    check("servers.txt", |text| {
        server::parse("servers.toml", &format!("{SERVERS}{text}")).err()
    });
}

#[test]
fn workloads() {
    check("workloads.txt", |text| {
        workload::parse("workloads.toml", &format!("{WORKLOADS}{text}")).err()
    });
}
