//! Findings from exact counts: each fires, none fires on plain layers, and none where it is close.

use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredRun};

use super::{codes, of_series, only};
use crate::results::{Confidence, ShapeKind, ShapeSource};
use crate::run::analyse;
use crate::synthetic::{Planted, Synthetic, counted};

/// A run in which only counting was done, with what is planted.
fn run(planted: &[Planted]) -> MeasuredRun {
    let synthetic = Synthetic::default();
    let mut run = synthetic.run_by(&[Instrument::Counts]);
    let cells = counted(&synthetic.levels, planted);
    run.series[0].instruments.insert(Instrument::Counts, cells);
    run
}

fn none(planted: &[Planted]) {
    assert_eq!(codes(&of_series(&run(planted))), Vec::<&str>::new());
}

/// Triangular numbers of events: the k-th layer adds k.
fn triangle(n: u32) -> i64 {
    i64::from(n * (n + 1) / 2)
}

#[test]
fn plain_layers_have_none_and_their_numbers_are_exact() {
    none(&[]);
    let series = analyse(&run(&[])).series.remove(0);
    let counts = &series.instruments["counts"];
    let toll = counts.toll.as_ref().unwrap();
    assert_eq!(
        (toll.estimate, toll.low, toll.high, toll.confidence),
        (6.0, Some(6.0), Some(6.0), 1.0)
    );
    assert_eq!(toll.unit, "calls");
    assert_eq!(counts.base.as_ref().unwrap().estimate, 46.0);
    assert_eq!(counts.first_layer.as_ref().unwrap().estimate, 0.0);
    assert!(counts.precise && counts.rounds == 2 && counts.cells[5].slices == 6);
    assert_eq!(counts.counts["instructions"].toll, Some(107.0));
    assert_eq!(
        (series.shape.kind, series.shape.by),
        (ShapeKind::Linear, ShapeSource::Counts)
    );
    assert_eq!(series.error, None);
}

#[test]
fn growing_tasks_are_superlinear_and_certain() {
    let planted: [Planted; 2] = [
        (Metric::Tasks, triangle),
        (Metric::PythonCalls, |n| 46 + 500 * triangle(n)),
    ];
    let findings = of_series(&run(&planted));
    assert_eq!(codes(&findings), ["superlinear", "task-per-layer"]);
    let superlinear = &findings[0];
    assert_eq!(
        superlinear.title,
        "With 20 layers a request creates 210 tasks, with 1 layer 1: they grow with the power 1.9 of the number of \
         layers."
    );
    assert_eq!(superlinear.confidence, Confidence::Certain);
    assert!(
        superlinear.evidence.contains("Python calls: 0: 46; 1: 546"),
        "{superlinear:?}"
    );
    let shape = analyse(&run(&planted)).series.remove(0).shape;
    assert_eq!(
        (shape.kind, shape.by),
        (ShapeKind::Superlinear, ShapeSource::Counts)
    );
    assert_eq!(shape.curvature.unwrap().unit, "calls");
    assert!((shape.exponent.unwrap() - 1.93).abs() < 0.01);
}

#[test]
fn a_bend_that_does_not_matter_is_not_superlinear() {
    // The quadratic term makes up a seventh of what 20 layers add.
    none(&[(Metric::PythonCalls, |n| {
        46 + 120 * i64::from(n) + i64::from(n * n)
    })]);
    // One call more at the top is no bend.
    none(&[(Metric::PythonCalls, |n| {
        46 + i64::from(n) + i64::from(n == 20)
    })]);
}

/// What BaseHTTPMiddleware of starlette 0.34.0 with anyio 3.7.1 does at 0, 1, 5 and 20 layers.
#[test]
fn a_release_that_is_known_to_grow_is_called_so() {
    let planted: [Planted; 3] = [
        (Metric::Tasks, |n| {
            [(0, 0), (1, 4), (5, 34), (20, 255)]
                .into_iter()
                .find(|(at, _)| *at == n)
                .map_or(0, |(_, tasks)| tasks)
        }),
        (Metric::LoopCallbacks, |n| {
            [(1, 24), (5, 267), (20, 2_572)]
                .into_iter()
                .find(|(at, _)| *at == n)
                .map_or(0, |(_, calls)| calls)
        }),
        (Metric::PythonCalls, |n| {
            [(1, 563), (5, 4_986), (20, 43_300)]
                .into_iter()
                .find(|(at, _)| *at == n)
                .map_or(46, |(_, calls)| calls)
        }),
    ];
    let mut run = run(&[]);
    run.series[0]
        .instruments
        .insert(Instrument::Counts, counted(&[0, 1, 5, 20], &planted));
    let findings = of_series(&run);
    assert_eq!(codes(&findings), ["superlinear", "task-per-layer"]);
    assert_eq!(
        findings[0].title,
        "With 20 layers a request creates 255 tasks, with 1 layer 4: they grow with the power 1.4 of the number of \
         layers."
    );
}

#[test]
fn growing_callbacks_alone_are_superlinear_too() {
    let finding = only(&run(&[(Metric::LoopCallbacks, triangle)]), "superlinear");
    assert!(
        finding
            .title
            .contains("runs 210 callbacks of the event loop"),
        "{finding:?}"
    );
}

#[test]
fn only_the_first_layer_adds() {
    let step = only(
        &run(&[(Metric::PythonCalls, |n| 46 + 30 * i64::from(n >= 1))]),
        "step",
    );
    assert_eq!(
        (step.title.as_str(), step.confidence),
        (
            "The first layer costs 30.0 calls, each further one 0 calls.",
            Confidence::Certain
        )
    );
    // Further layers add a third of the first one.
    none(&[(Metric::PythonCalls, |n| {
        46 + 30 * i64::from(n >= 1) + i64::from(n)
    })]);
}

#[test]
fn tasks_and_threads_per_layer() {
    let task = only(
        &run(&[(Metric::Tasks, |n| 1 + i64::from(n))]),
        "task-per-layer",
    );
    assert!(
        task.title.ends_with("per request: 1.") && task.evidence.contains("0: 1; 1: 2"),
        "{task:?}"
    );
    assert_eq!(task.confidence, Confidence::Certain);
    let hop = only(
        &run(&[(Metric::ThreadHops, |n| 2 * i64::from(n))]),
        "thread-hop-per-layer",
    );
    assert!(hop.title.ends_with("per request: 2."), "{hop:?}");
    // One task for all layers together, or for every second one, is not one per layer.
    none(&[
        (Metric::Tasks, |n| i64::from(n >= 1)),
        (Metric::ThreadHops, |n| i64::from(n / 2)),
    ]);
}

#[test]
fn a_body_that_is_held_back() {
    const STREAM: [Planted; 2] = [
        (Metric::MessagesSent, |_| 102),
        (Metric::BodyBytesSent, |_| 102_400),
    ];
    let with = |held| [STREAM[0], STREAM[1], (Metric::HeldBytes, held)];
    let held = only(&run(&with(|n| 102_400 * i64::from(n >= 1))), "buffers-body");
    assert_eq!(
        (held.title.as_str(), held.confidence),
        (
            "A layer holds the response back until it has 102400 of its 102400 bytes.",
            Confidence::Certain
        )
    );
    none(&with(|n| 80_000 * i64::from(n >= 1)));
    // Held without layers as well, or the only piece of a small body.
    none(&with(|_| 102_400));
    none(&[(Metric::HeldBytes, |n| 11 * i64::from(n >= 1))]);
}

#[test]
fn a_request_that_is_held_back() {
    const UPLOAD: [Planted; 2] = [
        (Metric::MessagesReceived, |_| 16),
        (Metric::BodyBytesReceived, |_| 1_048_576),
    ];
    let with = |held| [UPLOAD[0], UPLOAD[1], (Metric::HeldBytes, held)];
    let held = only(
        &run(&with(|n| 1_048_576 * i64::from(n >= 1))),
        "buffers-body",
    );
    assert_eq!(
        (held.title.as_str(), held.confidence),
        (
            "A layer holds the request back until it has 1048576 of its 1048576 bytes.",
            Confidence::Certain
        )
    );
    none(&with(|n| 524_288 * i64::from(n >= 1)));
    none(&[
        (Metric::MessagesReceived, |_| 1),
        (Metric::BodyBytesReceived, |_| 1_024),
        (Metric::HeldBytes, |n| 1_024 * i64::from(n >= 1)),
    ]);
}

#[test]
fn streams_that_are_broken() {
    let with = |produced| {
        [
            (Metric::MessagesSent, (|_| 102) as fn(u32) -> i64),
            (Metric::ChunksBeforeFirst, produced),
        ]
    };
    let broken = only(
        &run(&with(|n| if n == 0 { 1 } else { 100 })),
        "breaks-streaming",
    );
    assert_eq!(
        broken.title,
        "With 1 middleware the first chunk comes out when 100 of 100 are produced."
    );
    // Each layer runs one chunk ahead; or nothing streams without layers either.
    none(&with(|n| 1 + i64::from(n)));
    none(&with(|_| 100));
}

#[test]
fn context_variables_that_are_lost() {
    let lost = only(
        &run(&[(Metric::ContextvarsLost, |n| i64::from(n))]),
        "breaks-contextvars",
    );
    assert!(lost.title.contains("20 of 20 layers"), "{lost:?}");
    none(&[(Metric::ContextvarsLost, |_| 0)]);
}

#[test]
fn a_loop_that_is_blocked() {
    let blocks = only(
        &run(&[(Metric::BlockedNs, |n| 5_000 + 1_000_000 * i64::from(n))]),
        "blocks-event-loop",
    );
    assert!(blocks.title.contains("1000 µs"), "{blocks:?}");
    assert_eq!(blocks.confidence, Confidence::Likely);
    none(&[(Metric::BlockedNs, |n| 5_000 + 190_000 * i64::from(n))]);
}

#[test]
fn messages_that_nobody_sent() {
    let extra = only(
        &run(&[(Metric::LayerMessagesSent, |n| 3 * i64::from(n))]),
        "extra-messages",
    );
    assert_eq!(
        extra.title,
        "A layer sends 3 messages per request where the application itself sends 2."
    );
    none(&[(Metric::LayerMessagesSent, |n| i64::from(n))]);
}

#[test]
fn layers_that_nobody_asked_for() {
    let mut run = run(&[]);
    run.series[0].hidden_layers = vec![
        "server: uvicorn.middleware.proxy_headers.ProxyHeadersMiddleware".to_owned(),
        "framework: starlette.middleware.errors.ServerErrorMiddleware".to_owned(),
        "framework: starlette.middleware.exceptions.ExceptionMiddleware".to_owned(),
    ];
    let findings = of_series(&run);
    assert_eq!(codes(&findings), ["hidden-middleware", "hidden-middleware"]);
    assert_eq!(
        (findings[0].confidence, findings[1].confidence),
        (Confidence::Certain, Confidence::Possible)
    );
    assert!(
        findings[0].title.ends_with("ProxyHeadersMiddleware.")
            && findings[1].evidence.starts_with("2 found"),
        "{findings:?}"
    );
}

#[test]
fn counts_that_do_not_repeat_are_ranges_with_a_cause() {
    let causes = [
        (None, "unknown"),
        (Some(Metric::ThreadHops), "other threads"),
        (Some(Metric::Timers), "timers"),
        (Some(Metric::GcRuns), "garbage collection"),
    ];
    let mut run = run(&[]);
    for (betrays, cause) in causes {
        let cells = run.series[0].instruments.get_mut(&Instrument::Counts);
        let slice = &mut cells.unwrap()[3].slices[4];
        slice.readings.set(Metric::PythonCalls, 80);
        if let Some(metric) = betrays {
            slice.readings.set(metric, 1);
        }
        let findings = of_series(&run);
        let inexact = &findings[0];
        assert_eq!(codes(&findings), ["inexact-counts"]);
        assert!(
            inexact.evidence.contains(&format!(
                "python_calls with 5 middlewares: 76 to 80 ({cause})"
            )),
            "{inexact:?}"
        );
        assert!(!inexact.advice.is_empty());
    }
    let counts = analyse(&run).series.remove(0).instruments["counts"].clone();
    let count = &counts.cells[3].counts["python_calls"];
    assert_eq!((count.low, count.high), (76, 80));
    let toll = counts.toll.unwrap();
    assert_eq!(
        (toll.low, toll.confidence, counts.precise),
        (None, 0.0, false)
    );
}

#[test]
fn what_need_not_repeat_is_no_finding() {
    let mut run = run(&[]);
    let cells = run.series[0].instruments.get_mut(&Instrument::Counts);
    let slice = &mut cells.unwrap()[3].slices[4];
    slice.readings.set(Metric::BlockedNs, 900_000_000);
    slice.readings.set(Metric::GcRuns, 1);
    assert_eq!(codes(&of_series(&run)), Vec::<&str>::new());
    let cells = analyse(&run).series.remove(0).instruments["counts"]
        .cells
        .clone();
    let blocked = &cells[3].counts["blocked_ns"];
    assert_eq!((blocked.low, blocked.high), (3_000, 3_000));
}

#[test]
fn a_cell_that_could_not_be_counted_says_so() {
    let mut run = run(&[]);
    let cells = run.series[0]
        .instruments
        .get_mut(&Instrument::Counts)
        .unwrap();
    cells[5].slices.clear();
    cells[5].failures.push(Failure::new(
        Stage::Measure,
        "app-raised",
        "RecursionError: maximum recursion depth exceeded",
    ));
    for slice in &mut cells[4].slices {
        slice.readings = toll_core::metric::Readings::default();
    }
    let series = analyse(&run).series.remove(0);
    assert_eq!(codes(&series.findings), ["not-counted", "app-raised"]);
    assert_eq!(series.error, None);
    let counts = &series.instruments["counts"];
    assert_eq!(counts.cells[4].error.as_ref().unwrap().code, "not-counted");
    assert_eq!(counts.toll.as_ref().unwrap().estimate, 6.0);
}
