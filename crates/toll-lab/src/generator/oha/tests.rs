use super::super::having_written;
use super::*;
use toll_load::{Request, Target};

fn read(text: &str) -> Result<Outcome, GeneratorError> {
    Oha.read(&having_written(text))
}

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../recorded/oha-", $name, ".txt"))
    };
}

#[test]
fn right_answers_in_seconds() {
    let outcome = read(recorded!("right")).unwrap();
    assert_eq!((outcome.ok, outcome.failed), (9_496, 0));
    assert_eq!(outcome.wall_ns, 1_002_122_242);
    assert_eq!(outcome.latency.max_ns, Some(4_838_966));
    assert_eq!(outcome.latency.mean_ns, Some(418_375));
    assert_eq!(outcome.latency.quantiles_ns.len(), 9);
    assert!(outcome.latency.quantiles_ns.contains_key(&9_999));
}

#[test]
fn wrong_statuses_are_never_right() {
    let mixed = read(recorded!("mixed")).unwrap();
    assert_eq!((mixed.ok, mixed.sent), (5_660, Some(5_660 + 2_829)));
    assert_eq!(mixed.error_classes, [("server_error".to_owned(), 2_829)]);
    let redirect = read(recorded!("redirect")).unwrap();
    assert_eq!(redirect.error_classes, [("redirect".to_owned(), 8_607)]);
    assert_eq!(read(recorded!("fail")).unwrap().ok, 0);
}

#[test]
fn what_is_null_is_none() {
    for text in [
        recorded!("refused"),
        recorded!("garbled"),
        recorded!("hung"),
    ] {
        let outcome = read(text).unwrap();
        assert!(outcome.ok == 0 && outcome.failed > 0);
        assert_eq!(outcome.latency, ReportedLatency::default());
    }
}

#[test]
fn other_output_is_refused() {
    for text in ["", "{}", "Summary:\n  Success rate: 100.00%"] {
        assert!(read(text).is_err());
    }
}

#[test]
fn the_json_is_asked_for_as_the_version_knows_it() {
    assert_eq!(json_arguments("1.8.0"), ["--json"]);
    assert_eq!(json_arguments("1.9.0"), ["--output-format", "json"]);
    assert_eq!(json_arguments("1.16.0"), ["--output-format", "json"]);
    assert_eq!(json_arguments("2.0.0"), ["--output-format", "json"]);
    assert_eq!(
        Oha.version(Path::new("oha"), "oha 1.16.0\n").as_deref(),
        Some("1.16.0")
    );
}

#[test]
fn a_unix_socket_stands_beside_the_url() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program {
        generator: &Oha,
        path: "oha".into(),
        version: "1.16.0".into(),
        runner: std::sync::Arc::new(crate::generator::OnHost),
    };
    let assignment = Assignment {
        target: Target::unix("/run/x.sock"),
        request: Request::new("PUT", "/a").body("b"),
        connections: 2,
        duration: Duration::from_millis(1),
        rate: Some(2.5),
        timeout: Duration::from_secs(1),
        core: None,
        server: None,
    };
    let command = Oha.command(&program, &assignment, folder.path()).unwrap();
    let line = format!("{command:?}").replace('"', "");
    for part in [
        "-z 1000ms -t 1000ms -q 2.5 --latency-correction -m PUT",
        "-D ",
        "--unix-socket /run/x.sock http://localhost/a",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
}
