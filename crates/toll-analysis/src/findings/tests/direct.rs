//! Findings from the application awaited in-process, and from several instruments together.

use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredRun};

use super::{codes, long, of_series, only};
use crate::results::{Confidence, ShapeKind, ShapeSource};
use crate::run::analyse;
use crate::synthetic::{Synthetic, counted};

fn by_direct(synthetic: &Synthetic) -> MeasuredRun {
    synthetic.run_by(&[Instrument::Direct])
}

/// Layers that cost `toll_us` where a plain one costs 1 µs.
fn costing(toll_us: f64) -> MeasuredRun {
    by_direct(&Synthetic {
        toll_us,
        noiseless: true,
        ..Synthetic::default()
    })
}

#[test]
fn a_good_run_has_none_and_tells_what_driving_it_costs() {
    let run = by_direct(&long());
    let series = analyse(&run).series.remove(0);
    assert_eq!(codes(&series.findings), Vec::<&str>::new());
    let direct = &series.instruments["direct"];
    assert!((direct.toll.as_ref().unwrap().estimate - 5.0).abs() < 0.3);
    let driver = direct.driver.as_ref().unwrap();
    assert!((driver.request_us - 2.0).abs() < 1e-9);
    assert!((driver.reference_layer_us.unwrap() - 1.0).abs() < 1e-9);
    let cell = &direct.cells[2];
    assert!(cell.wall_us.as_ref().unwrap().estimate > cell.cost_us().unwrap().estimate);
    assert!(cell.server_cpu_us.is_none() && cell.requests_per_s.is_none());
    assert!(cell.saturated.is_none() && cell.latency.is_none());
    assert_eq!(
        (series.shape.kind, series.shape.by),
        (ShapeKind::Linear, ShapeSource::Fit)
    );
}

#[test]
fn an_expensive_layer_is_held_against_a_plain_one() {
    let mut run = costing(95.0);
    let other = only(&run, "expensive-layer");
    assert_eq!(
        (other.title.as_str(), other.confidence),
        (
            "A layer costs 95.0 µs, 95× a plain ASGI layer.",
            Confidence::Likely
        )
    );
    assert!(!other.evidence.contains("BaseHTTPMiddleware"), "{other:?}");
    run.series[0].axes.set("kind", "base-http");
    let base_http = only(&run, "expensive-layer");
    assert!(
        base_http.evidence.contains("task group and memory streams")
            && base_http.advice.contains("pure-asgi-middleware"),
        "{base_http:?}"
    );
    assert_eq!(codes(&of_series(&costing(9.5))), Vec::<&str>::new());
}

#[test]
fn tasks_that_were_counted_explain_an_expensive_layer() {
    let mut run = costing(95.0);
    let tasks = counted(&[0, 1, 2], &[(Metric::Tasks, |n| i64::from(n))]);
    run.series[0].instruments.insert(Instrument::Counts, tasks);
    let findings = of_series(&run);
    assert_eq!(codes(&findings), ["expensive-layer", "task-per-layer"]);
    assert!(
        findings[0].evidence.contains("starts a task of its own"),
        "{findings:?}"
    );
}

#[test]
fn without_a_plain_layer_nothing_is_expensive() {
    let mut run = costing(95.0);
    let cells = run.series[0].instruments.get_mut(&Instrument::Direct);
    for slice in cells.unwrap().iter_mut().flat_map(|cell| &mut cell.slices) {
        slice.readings.set(Metric::ReferenceRequests, 0);
    }
    let series = analyse(&run).series.remove(0);
    assert_eq!(codes(&series.findings), Vec::<&str>::new());
    let driver = series.instruments["direct"].driver.as_ref().unwrap();
    assert_eq!(driver.reference_layer_us, None);
}

#[test]
fn a_fit_that_is_bent_tells_its_power() {
    let run = by_direct(&Synthetic {
        toll_us: 0.0,
        curvature_us: 0.4,
        noiseless: true,
        ..Synthetic::default()
    });
    let findings = of_series(&run);
    assert_eq!(codes(&findings)[0], "superlinear");
    assert!(findings[0].evidence.contains("power 2.0"), "{findings:?}");
    let shape = analyse(&run).series.remove(0).shape;
    assert!((shape.exponent.unwrap() - 2.0).abs() < 0.01);
}

#[test]
fn each_instrument_that_is_noisy_says_so() {
    let mut run = long().run_by(&[Instrument::Direct, Instrument::Load]);
    run.settings.precision = 0.001;
    let findings = of_series(&run);
    assert_eq!(codes(&findings), ["noisy", "noisy"]);
    assert!(
        findings[0].title.contains("(load)") && findings[1].title.contains("(direct)"),
        "{findings:?}"
    );
    // What one instrument cannot see another may know.
    let mut run = Synthetic {
        toll_us: 5.0,
        noiseless: true,
        ..long()
    }
    .run_by(&Instrument::ALL);
    let noisy = Synthetic {
        levels: vec![0, 1, 2, 3],
        toll_us: 0.1,
        ..long()
    };
    run.series[0].instruments.extend(noisy.series().instruments);
    let lost = only(&run, "noisy");
    assert!(
        lost.title.contains("(load)") && lost.evidence.ends_with("known by direct: 5.00 µs."),
        "{lost:?}"
    );
}

#[test]
fn counts_speak_for_the_shape_and_load_for_the_microseconds() {
    let mut run = Synthetic {
        toll_us: 2.0,
        curvature_us: 0.5,
        ..long()
    }
    .run_by(&Instrument::ALL);
    // Calls grow in a line where the time does not: both are told.
    let series = analyse(&run).series.remove(0);
    assert_eq!(series.shape.kind, ShapeKind::Linear);
    let superlinear = &series.findings[0];
    assert_eq!(
        (superlinear.code.as_str(), superlinear.confidence),
        ("bends-in-time", Confidence::Likely)
    );
    let tasks = counted(
        &[0, 1, 2, 5, 10, 20],
        &[(Metric::Tasks, |n| i64::from(n * n))],
    );
    run.series[0].instruments.insert(Instrument::Counts, tasks);
    let superlinear = of_series(&run).remove(0);
    assert!(
        superlinear.title.contains("creates 400 tasks")
            && superlinear.evidence.contains("In CPU time from 1 to 2"),
        "{superlinear:?}"
    );
}

#[test]
fn a_cell_that_fails_in_one_instrument_keeps_its_other_numbers() {
    let mut run = Synthetic {
        noiseless: true,
        ..long()
    }
    .run_by(&Instrument::ALL);
    let failure = Failure::new(Stage::Measure, "timed-out", "no answer after 5 s");
    let cells = run.series[0]
        .instruments
        .get_mut(&Instrument::Direct)
        .unwrap();
    for cell in cells.iter_mut() {
        cell.slices.clear();
        cell.failures.push(failure.clone());
    }
    let series = analyse(&run).series.remove(0);
    assert_eq!(codes(&series.findings), ["timed-out"]);
    assert!(
        series.findings[0]
            .title
            .starts_with("With 0, 1, 2, 5, 10 and 20 middlewares (direct): no answer"),
        "{:?}",
        series.findings
    );
    assert_eq!(series.error, None);
    assert!(series.instruments["direct"].toll.is_none());
    assert!(series.instruments["load"].precise && series.instruments["counts"].precise);
}

#[test]
fn a_series_fails_when_every_instrument_does() {
    let mut run = Synthetic {
        rounds: 0,
        ..long()
    }
    .run_by(&Instrument::ALL);
    let failure = Failure::new(
        Stage::Verify,
        "layers-dropped",
        "only 1 layer left its mark",
    );
    for cell in run.series[0].instruments.values_mut().flatten() {
        cell.slices.clear();
        cell.failures.push(failure.clone());
    }
    let series = analyse(&run).series.remove(0);
    assert_eq!(codes(&series.findings), ["layers-dropped"]);
    assert!(series.findings[0].title.contains("20 middlewares: only 1"));
    assert_eq!(series.error, Some(failure));
}
