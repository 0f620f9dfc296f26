use std::time::Duration;

use super::super::having_written;
use super::*;
use toll_load::Target;

fn read(text: &str) -> Result<Outcome, GeneratorError> {
    Wrk.read(&having_written(text))
}

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../recorded/wrk-", $name, ".txt"))
    };
}

#[test]
fn right_answers_with_exact_numbers() {
    let outcome = read(recorded!("right")).unwrap();
    assert_eq!(
        (outcome.ok, outcome.failed, outcome.sent),
        (12_615, 0, None)
    );
    assert_eq!(
        (outcome.wall_ns, outcome.bytes_in),
        (1_100_098_000, Some(1_551_645))
    );
    assert_eq!(outcome.latency.mean_ns, Some(396_000));
    assert_eq!(outcome.latency.quantiles_ns[&9_990], 3_904_000);
    assert_eq!(outcome.latency.quantiles_ns.len(), 6);
    assert_eq!(outcome.window_rate_p99, None);
}

#[test]
fn wrong_statuses_are_taken_off_and_redirects_cannot_be() {
    let mixed = read(recorded!("mixed")).unwrap();
    assert_eq!((mixed.ok, mixed.failed), (11_860 - 3_954, 3_954));
    let fail = read(recorded!("fail")).unwrap();
    assert_eq!(fail.ok, 0);
    let redirect = read(recorded!("redirect")).unwrap();
    assert!(redirect.ok > 0 && Wrk.blind_to().contains("below 400"));
}

#[test]
fn a_server_that_hangs_or_talks_nonsense_has_no_right_answers() {
    let garbled = read(recorded!("garbled")).unwrap();
    assert_eq!(
        (garbled.ok, garbled.error_classes[0].0.as_str()),
        (0, "read")
    );
    assert_eq!(garbled.latency, ReportedLatency::default());
    assert_eq!(read(recorded!("hung")).unwrap().ok, 0);
}

#[test]
fn late_answers_are_no_right_ones() {
    let text = recorded!("right").replace("timeout 0", "timeout 15");
    let outcome = read(&text).unwrap();
    assert_eq!((outcome.ok, outcome.failed), (12_600, 15));
}

#[test]
fn output_without_the_scripts_numbers_is_refused() {
    let (text, _) = recorded!("right").split_once("asgi-toll").unwrap();
    let error = read(text).unwrap_err().to_string();
    assert!(error.contains("`requests`"), "{error}");
    assert!(read("").unwrap_err().to_string().contains("nothing"));
}

#[test]
fn the_script_holds_any_bytes() {
    let request = Request::new("POST", "/")
        .header("x-a", "\"]] \\")
        .body(*b"a\0\n9");
    let script = lua(&request);
    assert!(script.starts_with("wrk.method = \"POST\"\n"), "{script}");
    assert!(
        script.contains(r#"wrk.headers["x\045a"] = "\034\093\093\032\092""#),
        "{script}"
    );
    assert!(script.contains(r#"wrk.body = "a\000\0109""#), "{script}");
    assert!(!script.contains("function request"));
}

#[test]
fn times_are_whole_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program {
        generator: &Wrk,
        path: "wrk".into(),
        version: "4".into(),
        runner: std::sync::Arc::new(crate::generator::OnHost),
    };
    let mut assignment = Assignment {
        target: Target::parse("http://127.0.0.1:8000/").unwrap(),
        request: Request::get("/a"),
        connections: 7,
        duration: Duration::from_millis(1_200),
        rate: None,
        timeout: Duration::from_millis(100),
        core: None,
        server: None,
    };
    let command = Wrk.command(&program, &assignment, folder.path()).unwrap();
    let line = format!("{command:?}").replace('"', "");
    assert!(
        line.contains("--connections 7 --duration 2s --timeout 1s"),
        "{line}"
    );
    assignment.rate = Some(5.0);
    assert!(Wrk.unsupported(&assignment).unwrap().contains("rate"));
    assignment.target = Target::unix("/x");
    assert!(Wrk.unsupported(&assignment).unwrap().contains("unix"));
}

#[test]
fn its_version_is_in_its_first_line() {
    let said = "wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer\nUsage:";
    assert_eq!(
        Wrk.version(Path::new("wrk"), said).as_deref(),
        Some("debian/4.1.0-3+b2")
    );
}
