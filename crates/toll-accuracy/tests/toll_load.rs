//! The questions asked in earnest: a real known server, real load. Times are given much room here, since tests share
//! their machine with others; counts and bytes are given none.

mod common;

use common::bench;
use std::time::Duration;
use toll_accuracy::generator::{Errand, Generator, Own};
use toll_accuracy::known::{Class, Delay, Planted, Spec};
use toll_accuracy::{Verdict, experiments};

/// Asks as the report does: timing questions up to three times.
fn passes(key: &str) {
    let experiment = experiments::ALL
        .iter()
        .find(|experiment| experiment.key == key)
        .unwrap();
    let mut wrong = Vec::new();
    for _ in 0..experiment.attempts {
        let rows = (experiment.ask)(&bench(), &Own::default()).unwrap();
        assert!(rows.iter().any(|row| row.verdict != Verdict::NotAsked));
        wrong = rows;
        wrong.retain(|row| row.verdict == Verdict::Out);
        if wrong.is_empty() {
            return;
        }
    }
    panic!("out: {wrong:#?}");
}

#[test]
fn every_request_and_every_byte_is_counted() {
    passes("counts");
    passes("bytes");
}

#[test]
fn a_stall_is_seen() {
    passes("stall");
}

#[test]
fn all_time_is_accounted_for() {
    passes("little");
}

#[test]
fn delays_and_faults_happen_as_planted() {
    let spec = Spec {
        delays: vec![Delay {
            share: 1.0,
            delay_ns: 2_000_000,
        }],
        planted: vec![Planted {
            every: 5,
            class: Class::ServerError,
        }],
        keep_arrivals: 10,
        ..Spec::default()
    };
    let bench = bench();
    let mut server = bench.launcher.start(&spec).unwrap();
    let errand = Errand::closed(server.url(), 1, Duration::from_millis(300));
    let answer = Own::default().ask(&errand, &bench).unwrap();
    let sight = server.report().unwrap();
    assert_eq!(sight.of(Class::ServerError), sight.requests / 5);
    assert_eq!(answer.failures[&Class::ServerError], sight.requests / 5);
    assert!(sight.delay.min_ns >= 1_998_000 && answer.latency.at(0.5).unwrap() > 2e6);
    assert_eq!(sight.arrivals_ns.len(), 10);
    server.reset().unwrap();
    assert_eq!(server.report().unwrap().requests, 0);
}

#[test]
fn a_known_server_ends_with_its_deadline() {
    let spec = Spec {
        deadline_s: 0,
        ..Spec::default()
    };
    let mut server = bench().launcher.start(&spec).unwrap();
    assert!(server.report().is_err());
}
