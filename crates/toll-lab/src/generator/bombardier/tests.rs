use toll_load::{Request, Target};

use super::super::having_written;
use super::*;

fn read(text: &str) -> Result<Outcome, GeneratorError> {
    Bombardier.read(&having_written(text))
}

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../recorded/bombardier-", $name, ".txt"))
    };
}

#[test]
fn right_answers_with_all_units() {
    let outcome = read(recorded!("right")).unwrap();
    assert_eq!((outcome.ok, outcome.failed), (8_771, 0));
    assert_eq!(outcome.sent, Some(8_771));
    assert_eq!(outcome.wall_ns, 1_000_664_155);
    assert_eq!(outcome.latency.quantiles_ns[&9_900], 1_740_000);
    assert_eq!(outcome.latency.quantiles_ns.len(), 5);
    let window = outcome.window_rate_p99.unwrap();
    assert!(
        window > outcome.rate(),
        "{window}: a high percentile of windows is above the rate that was held"
    );
}

#[test]
fn wrong_statuses_are_never_right() {
    let mixed = read(recorded!("mixed")).unwrap();
    assert_eq!(mixed.ok, 6_616);
    assert_eq!(mixed.error_classes, [("server_error".to_owned(), 3_308)]);
    let redirect = read(recorded!("redirect")).unwrap();
    assert_eq!((redirect.ok, redirect.failed), (0, 7_825));
    let fail = read(recorded!("fail")).unwrap();
    assert_eq!(
        (fail.ok, fail.error_classes[0].0.as_str()),
        (0, "server_error")
    );
}

#[test]
fn a_server_that_is_not_there_hangs_or_talks_nonsense() {
    let refused = read(recorded!("refused")).unwrap();
    assert_eq!(refused.ok, 0);
    assert_eq!(refused.sent, Some(refused.failed));
    assert!(refused.error_classes[0].0.ends_with("connection refused"));
    let hung = read(recorded!("hung")).unwrap();
    assert_eq!(hung.error_classes, [("timeout".to_owned(), 4)]);
    assert!(
        hung.latency.max_ns > Some(5_000_000_000),
        "floats with exponents: {:?}",
        hung.latency
    );
    let garbled = read(recorded!("garbled")).unwrap();
    assert!(garbled.ok == 0 && garbled.failed > 0);
}

#[test]
fn strings_that_only_go_can_quote_are_read() {
    let text = recorded!("garbled").replace("cannot find", r"cannot \x7f\a find");
    assert_eq!(read(&text).unwrap().ok, 0);
}

#[test]
fn missing_percentiles_and_latencies_are_none() {
    let text = recorded!("right");
    let start = text.find(r#","latency""#).unwrap();
    let outcome = read(&format!("{}}}}}", &text[..start])).unwrap();
    assert_eq!(outcome.latency, ReportedLatency::default());
    assert_eq!(outcome.window_rate_p99, None);
    let plain = text.replace(r#""99":"#, r#""98":"#);
    assert_eq!(read(&plain).unwrap().window_rate_p99, None);
}

#[test]
fn each_connection_is_not_an_error_class_of_its_own() {
    let named = "read tcp 127.0.0.1:4->127.0.0.1:80: read: connection reset by peer";
    assert_eq!(
        without_ports(named),
        "read tcp read: connection reset by peer"
    );
}

#[test]
fn other_output_is_refused() {
    for text in ["", "{", "Done!", r#"{"result":{}}"#] {
        assert!(
            read(text)
                .unwrap_err()
                .to_string()
                .contains("not understood")
        );
    }
}

#[test]
fn the_version_is_read_from_the_build_when_it_does_not_say_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bombardier");
    let program =
        b"\0path\tx\nmod\tgithub.com/codesenberg/bombardier\tv1.2.6\th1:abc=\ndep\ty\n\xff";
    fs::write(&path, program).unwrap();
    let version = |said| Bombardier.version(&path, said);
    assert_eq!(
        version("bombardier version unspecified linux/amd64").as_deref(),
        Some("v1.2.6")
    );
    assert_eq!(
        version("bombardier version v2.0.2 linux/amd64").as_deref(),
        Some("v2.0.2")
    );
    assert_eq!(version("something else"), None);
}

#[test]
fn the_request_is_handed_over_whole() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program {
        generator: &Bombardier,
        path: "bombardier".into(),
        version: "v1.2.6".into(),
        runner: std::sync::Arc::new(crate::generator::OnHost),
    };
    let mut assignment = Assignment {
        target: Target::parse("http://127.0.0.1:8000/").unwrap(),
        request: Request::new("POST", "/a?b=1")
            .header("x-y", "z w")
            .body([0_u8, 255]),
        connections: 7,
        duration: Duration::from_millis(20),
        rate: Some(50.0),
        timeout: Duration::from_millis(1_500),
        core: None,
        server: None,
    };
    let command = Bombardier
        .command(&program, &assignment, folder.path())
        .unwrap();
    let line = format!("{command:?}").replace('"', "");
    for part in [
        "--connections=7",
        "--duration=1000ms",
        "--timeout=1500ms",
        "--rate=50",
        "--method=POST",
        "--header=x-y: z w",
        "http://127.0.0.1:8000/a?b=1",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert_eq!(fs::read(folder.path().join("body")).unwrap(), [0, 255]);
    assert_eq!(Bombardier.unsupported(&assignment), None);
    assignment.rate = Some(0.5);
    assert!(Bombardier.unsupported(&assignment).is_some());
    assignment.target = Target::unix("/run/x");
    assert!(
        Bombardier
            .unsupported(&assignment)
            .unwrap()
            .contains("unix")
    );
}
