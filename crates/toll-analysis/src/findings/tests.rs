//! Every finding on a run that deserves it, and none on one that does not.

mod counts;
mod direct;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use toll_core::failure::{Failure, Stage};
use toll_core::host::{Remark, Severity};
use toll_core::metric::Metric;
use toll_core::sample::{MeasuredRun, Slice};

use crate::results::{Analysis, Finding};
use crate::run::analyse;
use crate::synthetic::{Synthetic, load_cells};

fn long() -> Synthetic {
    Synthetic {
        rounds: 20,
        ..Synthetic::default()
    }
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

fn of_series(run: &MeasuredRun) -> Vec<Finding> {
    analyse(run).series.remove(0).findings
}

/// The finding of that code; fails the test with what was found instead.
fn only(run: &MeasuredRun, code: &str) -> Finding {
    let findings = of_series(run);
    assert_eq!(codes(&findings), [code], "{findings:#?}");
    findings.into_iter().next().unwrap()
}

fn each_slice(run: &mut MeasuredRun, change: impl Fn(u32, &mut Slice)) {
    for cell in run.series.iter_mut().flat_map(load_cells) {
        let middlewares = cell.middlewares;
        cell.slices
            .iter_mut()
            .for_each(|slice| change(middlewares, slice));
    }
}

#[test]
fn a_good_run_has_none() {
    let analysis: Analysis = analyse(&long().run());
    assert_eq!(codes(&analysis.series[0].findings), Vec::<&str>::new());
    assert_eq!(codes(&analysis.findings), Vec::<&str>::new());
    assert!(analysis.series[0].instruments["load"].precise);
}

#[test]
fn shapes_are_findings() {
    let superlinear = only(
        &Synthetic {
            toll_us: 2.0,
            curvature_us: 0.5,
            ..long()
        }
        .run(),
        "superlinear",
    );
    assert!(
        superlinear.title.contains("from 1 to 2") && superlinear.title.contains("from 10 to 20"),
        "{superlinear:?}"
    );
    only(
        &Synthetic {
            toll_us: 10.0,
            curvature_us: -0.2,
            ..long()
        }
        .run(),
        "sublinear",
    );
    let step = only(
        &Synthetic {
            toll_us: 0.0,
            first_us: 40.0,
            noiseless: true,
            ..long()
        }
        .run(),
        "step",
    );
    assert_eq!(
        step.title,
        "The first layer costs 40.0 µs, each further one 0 µs."
    );
    let first = only(
        &Synthetic {
            first_us: 20.0,
            ..long()
        }
        .run(),
        "first-layer",
    );
    assert!(
        first.title.contains("more than each further one"),
        "{first:?}"
    );
    let cheap = only(
        &Synthetic {
            first_us: -20.0,
            ..long()
        }
        .run(),
        "first-layer",
    );
    assert!(
        cheap.title.contains("less than each further one"),
        "{cheap:?}"
    );
}

#[test]
fn a_toll_that_is_not_known_is_noisy() {
    let few = only(
        &Synthetic {
            rounds: 3,
            ..Synthetic::default()
        }
        .run(),
        "noisy",
    );
    assert_eq!(
        few.title,
        "3 rounds are too few for an interval of the toll."
    );
    let mut exacting = long().run();
    exacting.settings.precision = 0.001;
    let wide = only(&exacting, "noisy");
    assert!(wide.title.contains("±0.100 % was asked for"), "{wide:?}");
    let lost = Synthetic {
        levels: vec![0, 1, 2, 3],
        toll_us: 0.1,
        ..long()
    };
    let lost = only(&lost.run(), "noisy");
    assert!(lost.title.contains("cannot be told from zero"), "{lost:?}");
}

#[test]
fn dropped_layers_are_a_finding_and_never_a_number() {
    let mut run = Synthetic {
        noiseless: true,
        ..long()
    }
    .run();
    for cell in &mut load_cells(&mut run.series[0])[2..] {
        cell.slices.clear();
        cell.failures.push(Failure::new(
            Stage::Verify,
            "layers-dropped",
            "only 1 layer left its mark",
        ));
    }
    let series = analyse(&run).series.remove(0);
    assert_eq!(codes(&series.findings), ["layers-dropped"]);
    assert_eq!(
        series.findings[0].title,
        "With 2, 5, 10 and 20 middlewares: only 1 layer left its mark"
    );
    assert_eq!(series.error, None);
    let load = &series.instruments["load"];
    assert_eq!(load.cells[2].error.as_ref().unwrap().code, "layers-dropped");
    assert!(load.toll.is_some() && load.first_layer.is_none());
    assert!(series.notes[0].contains("the toll is the cost of the first layer"));
}

#[test]
fn a_cell_that_failed_at_times_keeps_its_number() {
    let mut run = Synthetic {
        noiseless: true,
        ..long()
    }
    .run();
    let cell = &mut load_cells(&mut run.series[0])[3];
    cell.slices.retain(|slice| slice.round != 4);
    cell.failures.push(
        Failure::new(Stage::Start, "port-taken", "the port was taken")
            .with_log(vec!["bind: in use".to_owned()]),
    );
    let finding = only(&run, "port-taken");
    assert!(
        finding.evidence.contains("bind: in use")
            && finding.evidence.contains("other rounds succeeded"),
        "{finding:?}"
    );
    let load = analyse(&run)
        .series
        .remove(0)
        .instruments
        .remove("load")
        .unwrap();
    assert_eq!(
        (
            load.rounds,
            load.cells[3].error.is_none(),
            load.cells[0].rounds
        ),
        (19, true, 19)
    );
}

#[test]
fn a_failed_series_is_told_once() {
    let mut run = Synthetic {
        rounds: 0,
        ..long()
    }
    .run();
    run.series[0].failure = Some(Failure::new(
        Stage::Provision,
        "no-solution",
        "there is no starlette 99",
    ));
    let series = analyse(&run).series.remove(0);
    assert_eq!(codes(&series.findings), ["no-solution"]);
    assert_eq!(series.error, run.series[0].failure);
    assert!(
        series.instruments["load"]
            .cells
            .iter()
            .all(|cell| cell.error == run.series[0].failure)
    );
}

#[test]
fn who_was_the_bottleneck_is_told() {
    let mut run = long().run();
    each_slice(&mut run, |middlewares, slice| {
        let (server, client) = if middlewares <= 1 {
            (0.6, 0.98)
        } else {
            (0.97, 0.3)
        };
        slow_down(slice, server, client);
    });
    assert!(
        only(&run, "generator-limited")
            .title
            .contains("with 0 and 1 middlewares")
    );
    let mut run = long().run();
    each_slice(&mut run, |_, slice| slow_down(slice, 0.6, 0.3));
    let idle = only(&run, "not-saturated");
    assert!(idle.title.contains("less than 90 % busy"), "{idle:?}");
    let load = analyse(&run)
        .series
        .remove(0)
        .instruments
        .remove("load")
        .unwrap();
    assert!(load.cells.iter().all(|cell| !cell.requests_per_s_believed));
}

/// The same requests over a wall time in which the sides were only so busy.
fn slow_down(slice: &mut Slice, server: f64, client: f64) {
    let cpu_ns = slice.readings.get(Metric::ServerCpuNs).unwrap() as f64;
    let ok = slice.readings.get(Metric::Ok).unwrap() as f64;
    let wall_ns = cpu_ns / server;
    slice.readings.set(Metric::WallNs, wall_ns as i64);
    slice
        .readings
        .set(Metric::ClientCpuNs, (wall_ns * client) as i64);
    slice.readings.set(
        Metric::LatencySumNs,
        (10.0 * wall_ns * ok / (ok + 5.0)) as i64,
    );
}

#[test]
fn failed_requests_and_latencies_that_do_not_add_up_are_told() {
    let mut run = long().run();
    load_cells(&mut run.series[0])[0].slices[0]
        .error_classes
        .push(("timeout".to_owned(), 7));
    load_cells(&mut run.series[0])[0].slices[0]
        .readings
        .set(Metric::Failed, 7);
    let errors = only(&run, "errors");
    assert!(
        errors.title.starts_with("7 of ") && errors.evidence.contains("timeout 7"),
        "{errors:?}"
    );
    let mut run = long().run();
    each_slice(&mut run, |middlewares, slice| {
        if middlewares == 5 {
            let sum_ns = slice.readings.get(Metric::LatencySumNs).unwrap();
            slice.readings.set(Metric::LatencySumNs, sum_ns * 9 / 10);
        }
    });
    assert!(
        only(&run, "littles-law")
            .title
            .contains("with 5 middlewares")
    );
}

#[test]
fn histograms_are_read_or_told() {
    let mut histogram = Histogram::<u64>::new(3).unwrap();
    histogram.record_n(2_000_000, 10).unwrap();
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&histogram, &mut bytes)
        .unwrap();
    let mut run = long().run();
    each_slice(&mut run, |_, slice| {
        slice.latency_histogram = Some(bytes.clone());
    });
    load_cells(&mut run.series[0])[1].slices[3].latency_histogram = Some(b"damaged".to_vec());
    let finding = only(&run, "unreadable-histogram");
    assert!(
        finding.title.starts_with("1 of 480 latency histograms"),
        "{finding:?}"
    );
    let load = analyse(&run)
        .series
        .remove(0)
        .instruments
        .remove("load")
        .unwrap();
    assert!(
        load.cells
            .iter()
            .all(|cell| (cell.latency.as_ref().unwrap().p99_us - 2_000.0).abs() < 2.0)
    );
}

#[test]
fn a_run_is_judged_as_a_whole() {
    let mut run = long().run();
    run.interrupted = true;
    run.quick = true;
    let remark = |severity, topic: &str| Remark {
        severity,
        topic: topic.to_owned(),
        seen: "seen".to_owned(),
        advice: "do".to_owned(),
    };
    run.remarks = vec![
        remark(Severity::Warning, "governor"),
        remark(Severity::Unfit, "cores"),
        remark(Severity::Unfit, "steal"),
    ];
    let findings = analyse(&run).findings;
    assert_eq!(codes(&findings), ["unfit-machine", "interrupted", "quick"]);
    assert_eq!(
        findings[0].title,
        "This machine is not fit for measuring, because of its cores and steal."
    );
}
