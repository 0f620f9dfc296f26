use super::*;
use crate::{DelayedAck, Errors, Histogram, Latency};
use std::collections::BTreeMap;

fn latency(count: u64, ns: u64) -> Latency {
    let mut histogram = Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap();
    histogram.record_n(ns, count).unwrap();
    Latency::from_histogram(&histogram).unwrap()
}

/// Ten seconds at 1000 requests per second, without a blemish.
fn blameless() -> LoadResult {
    LoadResult {
        target: "http://127.0.0.1:1/".into(),
        requests: 1,
        method: "GET".into(),
        path: "/".into(),
        headers: Vec::new(),
        request_body_bytes: 0,
        connections: 10,
        threads: 1,
        cores: vec![1],
        spin: false,
        schedule: Schedule::ConstantRate { per_second: 1000.0 },
        warmup_ns: 0,
        timeout_ns: 5_000_000_000,
        wall_ns: 10_000_000_000,
        sent: 10_000,
        ok: 10_000,
        errors: Errors::default(),
        in_flight: 0,
        unsent: 0,
        statuses: BTreeMap::from([(200, 10_000)]),
        bytes_in: 1,
        bytes_out: 1,
        reconnects: 0,
        unasked: 0,
        asked_rate: Some(1000.0),
        achieved_rate: 1000.0,
        rate_ratio: Some(1.0),
        latency: latency(10_000, 500_000),
        latency_from_schedule: Some(latency(10_000, 510_000)),
        schedule_lag: Some(latency(10_000, 10_000)),
        littles_law_ratio: None,
        client_cpu_ns: 1,
        client_utilisation: 0.1,
        per_second: Vec::new(),
        delayed_ack: None,
        aborted: false,
        gave_up: false,
    }
}

fn codes(change: impl FnOnce(&mut LoadResult)) -> Vec<&'static str> {
    let mut result = blameless();
    change(&mut result);
    let found = doubts(&result, &Surroundings::default());
    assert!(found.iter().all(|doubt| !doubt.message.is_empty()));
    found.iter().map(|doubt| doubt.code).collect()
}

fn around(surroundings: Surroundings) -> Vec<&'static str> {
    let found = doubts(&blameless(), &surroundings);
    found.iter().map(|doubt| doubt.code).collect()
}

#[test]
fn a_blameless_result_has_no_doubts() {
    assert_eq!(codes(|_| {}), Vec::<&str>::new());
}

#[test]
fn codes_are_unique() {
    let mut all: Vec<_> = doubt_codes().collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), RULES.len());
}

#[test]
fn littles_law_has_a_bound_on_both_sides() {
    let with = |ratio| codes(move |result| result.littles_law_ratio = Some(ratio));
    assert_eq!(
        (with(0.969), with(1.031)),
        (vec!["littles-law"], vec!["littles-law"])
    );
    assert!(with(0.975).is_empty() && with(1.025).is_empty());
}

#[test]
fn a_busy_generator_is_named() {
    assert_eq!(
        codes(|result| result.client_utilisation = 0.81),
        ["generator-busy"]
    );
    assert!(codes(|result| result.client_utilisation = 0.79).is_empty());
}

#[test]
fn a_backlog_that_was_sent_later_misses_the_rate() {
    // All were answered in the end, but that took two seconds more than planned.
    assert_eq!(
        codes(|result| result.wall_ns = 12_000_000_000),
        ["rate-missed"]
    );
    // The last answer of a slow server is no backlog.
    let slow = |result: &mut LoadResult| {
        result.latency = latency(10_000, 300_000_000);
        result.wall_ns = 10_290_000_000;
    };
    assert!(codes(slow).is_empty());
}

#[test]
fn a_missed_rate_says_why() {
    let why = |change: fn(&mut LoadResult)| {
        let mut result = blameless();
        (result.ok, result.sent, result.unsent) = (9_000, 9_000, 1_000);
        change(&mut result);
        let found = doubts(&result, &Surroundings::default());
        let doubt = found.into_iter().find(|doubt| doubt.code == "rate-missed");
        doubt.unwrap().message
    };
    assert!(why(|_| {}).contains("server is full"));
    assert!(
        why(|result| result.schedule_lag = Some(latency(9, 5_000_000)))
            .contains("generator itself")
    );
    assert!(why(|result| result.errors.timeout = 2_000).contains("2000 requests failed"));
}

#[test]
fn an_aborted_run_has_not_missed_its_rate() {
    let cut = |result: &mut LoadResult| {
        (result.aborted, result.ok, result.in_flight) = (true, 9_000, 1_000);
    };
    assert!(codes(cut).is_empty());
}

#[test]
fn lateness_is_measured_against_the_gap() {
    let late = |ns| codes(move |result| result.schedule_lag = Some(latency(10_000, ns)));
    assert!(late(900_000).is_empty());
    assert_eq!(late(1_100_000), ["sent-late"]);
    assert_eq!((lag_bound_ns(1.0), lag_bound_ns(1e6)), (1e6, 1e5));
}

#[test]
fn what_the_counts_say() {
    assert_eq!(codes(|result| result.unasked = 1), ["unasked-bytes"]);
    assert_eq!(codes(|result| result.errors.closed = 1), ["errors"]);
    assert_eq!(codes(|result| result.gave_up = true), ["gave-up"]);
    let mode = DelayedAck {
        share: 0.5,
        peak_ns: 41_000_000,
    };
    assert_eq!(
        codes(|result| result.delayed_ack = Some(mode)),
        ["delayed-ack"]
    );
    assert_eq!(
        codes(|result| result.latency = latency(999, 1)),
        ["few-answers"]
    );
}

#[test]
fn the_machine_is_looked_at() {
    let switches = |count| {
        around(Surroundings {
            involuntary_switches: Some(count),
            ..Surroundings::default()
        })
    };
    assert_eq!(switches(1_001), ["preempted"]);
    assert!(switches(999).is_empty());
    let steal = |share| {
        around(Surroundings {
            steal_share: Some(share),
            ..Surroundings::default()
        })
    };
    assert_eq!(steal(0.02), ["cpu-stolen"]);
    assert!(steal(0.005).is_empty());
}

#[test]
fn ten_answers_must_lie_beyond_a_percentile() {
    assert!(percentile_is_known(1_000, 0.99) && !percentile_is_known(999, 0.99));
    assert!(percentile_is_known(10_000, 0.999) && !percentile_is_known(9_999, 0.999));
}
