use super::*;
use toll_core::host::Interpreter;

fn good() -> Host {
    Host {
        cores: 4,
        threads_per_core: Some(1),
        governor: Some("performance".to_owned()),
        virtual_machine: Some(false),
        load_average: Some(0.1),
        steal_share: Some(0.0),
        clock_source: Some("tsc".to_owned()),
        clock_read_ns: Some(25.0),
        disk_free_bytes: Some(50 * GIGABYTE),
        interpreters: vec![Interpreter {
            version: "3.13.0".to_owned(),
            implementation: "cpython".to_owned(),
            path: "/usr/bin/python3.13".to_owned(),
        }],
        ..Host::default()
    }
}

fn severity(host: &Host, topic: &str) -> Option<Severity> {
    remarks(host)
        .into_iter()
        .find(|remark| remark.topic == topic)
        .map(|remark| remark.severity)
}

#[test]
fn a_good_machine_gets_no_advice() {
    let remarks = remarks(&good());
    assert_eq!(remarks.len(), CHECKS.len());
    assert!(
        remarks
            .iter()
            .all(|remark| remark.severity == Severity::Fine && remark.advice.is_empty()),
        "{remarks:?}"
    );
}

#[test]
fn what_is_unknown_is_not_remarked_on() {
    let topics: Vec<String> = remarks(&Host::default())
        .into_iter()
        .map(|remark| remark.topic)
        .collect();
    assert_eq!(topics, ["cores", "uv", "interpreters", "container engine"]);
}

#[test]
fn each_weakness_is_a_warning_with_advice() {
    let cases: [(&str, Host); 8] = [
        ("cores", Host { cores: 1, ..good() }),
        (
            "hyper-threads",
            Host {
                cores: 2,
                threads_per_core: Some(2),
                ..good()
            },
        ),
        (
            "governor",
            Host {
                governor: Some("powersave".to_owned()),
                ..good()
            },
        ),
        (
            "load",
            Host {
                load_average: Some(1.2),
                ..good()
            },
        ),
        (
            "steal",
            Host {
                steal_share: Some(0.05),
                ..good()
            },
        ),
        (
            "clock",
            Host {
                clock_source: Some("xen".to_owned()),
                clock_read_ns: Some(600.0),
                ..good()
            },
        ),
        (
            "clock",
            Host {
                clock_read_ns: Some(600.0),
                ..good()
            },
        ),
        (
            "disk",
            Host {
                disk_free_bytes: Some(500 * MEGABYTE),
                ..good()
            },
        ),
    ];
    for (topic, host) in cases {
        let remark = remarks(&host)
            .into_iter()
            .find(|remark| remark.topic == topic)
            .expect(topic);
        assert_eq!(remark.severity, Severity::Warning, "{remark:?}");
        assert!(!remark.advice.is_empty());
    }
}

#[test]
fn without_python_or_space_nothing_can_be_measured() {
    assert_eq!(
        severity(
            &Host {
                interpreters: Vec::new(),
                ..good()
            },
            "interpreters"
        ),
        Some(Severity::Unfit)
    );
    assert_eq!(
        severity(
            &Host {
                disk_free_bytes: Some(99 * MEGABYTE),
                ..good()
            },
            "disk"
        ),
        Some(Severity::Unfit)
    );
}

#[test]
fn threads_of_several_cores_are_kept_apart() {
    assert_eq!(
        severity(
            &Host {
                cores: 4,
                threads_per_core: Some(2),
                ..good()
            },
            "hyper-threads"
        ),
        Some(Severity::Fine)
    );
}
