//! Audits with a planted truth.

use super::*;
use crate::synthetic::Synthetic;
use toll_core::audit::{By, LayerStyle, WHOLE};
use toll_core::metric::Readings;
use toll_core::sample::{MeasuredCell, Slice};

/// What is inside of all layers takes this.
const INSIDE_US: f64 = 80.0;

fn known(name: &str, removable: bool) -> Layer {
    Layer {
        name: name.to_owned(),
        origin: format!("package.{name}"),
        distribution: Some("package".to_owned()),
        version: Some("1.0".to_owned()),
        file: None,
        line: None,
        place: "application".to_owned(),
        added_by: By::Application,
        removable,
        why_not: None,
        options: BTreeMap::new(),
        style: LayerStyle::Asgi,
        base_http: false,
        sync: false,
        patches: Vec::new(),
    }
}

/// An application with these layers, measured in both ways; `together_us` is what all of them cost more
/// than one by one.
fn audited(tolls_us: &[f64], together_us: f64, synthetic: &Synthetic) -> RequestAudit {
    let whole: f64 = INSIDE_US + together_us + tolls_us.iter().sum::<f64>();
    let mut variants = vec![(WHOLE, whole), (BARE, INSIDE_US)];
    let mut borders = vec![(WHOLE, whole), (BARE, INSIDE_US)];
    for (place, toll) in tolls_us.iter().enumerate() {
        variants.push((cell_of(place), whole - toll));
        borders.push((cell_of(place), *toll));
    }
    let series = |instrument, costs: &[(u32, f64)]| MeasuredSeries {
        instruments: [(instrument, synthetic.audited(costs))]
            .into_iter()
            .collect(),
        ..MeasuredSeries::default()
    };
    let run = MeasuredRun {
        series: vec![
            series(Instrument::Ablation, &variants),
            series(Instrument::Exclusive, &borders),
        ],
        ..MeasuredRun::default()
    };
    let names = (0..tolls_us.len()).map(|place| known(&format!("Layer{place}"), true));
    let asked = Asked {
        request: "GET /".to_owned(),
        status: 200,
        body_bytes: 2,
        layers: names.collect(),
        behaviour: Vec::new(),
        supposed: None,
        removals: vec![Removal::Same; tolls_us.len()],
        variants: Some(0),
        borders: Some(1),
        served: None,
    };
    judge(&run, "main:app", &[asked]).requests.remove(0)
}

fn exact() -> Synthetic {
    Synthetic {
        noiseless: true,
        ..Synthetic::default()
    }
}

#[test]
fn without_noise_every_layer_and_the_whole_come_out() {
    let told = audited(&[0.0, 1.0, 5.0, 20.0], 0.0, &exact());
    let tolls: Vec<f64> = told
        .layers
        .iter()
        .map(|layer| layer.toll.as_ref().unwrap().estimate)
        .collect();
    for (toll, planted) in tolls.iter().zip([0.0, 1.0, 5.0, 20.0]) {
        assert!((toll - planted).abs() < 0.01, "{tolls:?}");
    }
    let total = told.total.unwrap();
    assert!(total.measured && (total.toll.estimate - 26.0).abs() < 0.01);
    assert!((total.share - 26.0 / 106.0).abs() < 0.001);
    let codes: Vec<&str> = told.findings.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["few-take-most"]);
}

#[test]
fn what_was_planted_lies_in_the_intervals_as_often_as_they_say() {
    let planted = [0.5, 2.0, 10.0];
    let (mut covered, mut all) = (0.0, 0.0);
    for seed in 0..150 {
        let synthetic = Synthetic {
            seed,
            blocks: 12,
            ..Synthetic::default()
        };
        let told = audited(&planted, 0.0, &synthetic);
        // Intervals are relative to what the requests beside them took: so is the truth.
        let speed = told.whole.as_ref().unwrap().estimate / (INSIDE_US + 12.5);
        for (layer, planted) in told.layers.iter().zip(planted) {
            if let Some(toll) = &layer.ablation {
                all += 1.0;
                let (low, high) = (toll.low.unwrap() / speed, toll.high.unwrap() / speed);
                covered += f64::from(u8::from(low <= planted && planted <= high));
            }
        }
    }
    let share: f64 = covered / all;
    assert!(share > 0.92, "{share}");
}

#[test]
fn layers_that_make_one_another_dearer_are_told() {
    // Each of them, taken out alone, saves what it causes in the others too.
    let whole = audited(&[20.0, 20.0, 20.0], -30.0, &exact());
    let codes: Vec<&str> = whole.findings.iter().map(|one| one.code.as_str()).collect();
    assert!(codes.contains(&"superlinear"), "{codes:?}");
    let shared = audited(&[5.0, 5.0, 5.0], 30.0, &exact());
    let codes: Vec<&str> = shared
        .findings
        .iter()
        .map(|one| one.code.as_str())
        .collect();
    assert!(codes.contains(&"shared-work"), "{codes:?}");
}

#[test]
fn a_layer_that_cannot_be_taken_out_is_told_by_its_borders() {
    let mut run = MeasuredRun::default();
    let cells = [(WHOLE, 100.0), (cell_of(0), 7.0), (BARE, 93.0)];
    run.series = vec![
        MeasuredSeries::default(),
        MeasuredSeries {
            instruments: [(Instrument::Exclusive, exact().audited(&cells))]
                .into_iter()
                .collect(),
            ..MeasuredSeries::default()
        },
    ];
    let asked = Asked {
        request: "GET /".to_owned(),
        status: 200,
        body_bytes: 2,
        layers: vec![known("Auth", true)],
        behaviour: Vec::new(),
        supposed: None,
        removals: vec![Removal::OtherStatus { status: 401 }],
        variants: Some(0),
        borders: Some(1),
        served: None,
    };
    let told = judge(&run, "main:app", &[asked]).requests.remove(0);
    let layer = &told.layers[0];
    assert_eq!(layer.by, Some(Way::Exclusive));
    assert!((layer.toll.as_ref().unwrap().estimate - 7.0).abs() < 0.01);
    assert_eq!(layer.findings[0].code, "load-bearing");
    assert!(!told.total.unwrap().measured);
}

#[test]
fn readings_below_nothing_count_like_those_above() {
    // A layer that takes nothing is read above and below it alike.
    let synthetic = exact();
    let mut cells = synthetic.audited(&[(WHOLE, 100.0), (cell_of(0), 1.0), (BARE, 90.0)]);
    for (place, slice) in cells[1].slices.iter_mut().enumerate() {
        let ns = if place % 2 == 0 { 9_000 } else { -9_000 };
        slice.readings = slice
            .readings
            .iter()
            .filter(|(metric, _)| *metric != Metric::CpuNs)
            .chain([(Metric::CpuNs, ns)])
            .collect();
    }
    let series = MeasuredSeries {
        instruments: [(Instrument::Exclusive, cells)].into_iter().collect(),
        ..MeasuredSeries::default()
    };
    let costs = cost::by_borders(&series);
    assert!(costs.of[&cell_of(0)].estimate.abs() < 0.01, "{costs:?}");
    assert_eq!(costs.rounds, 8);
}

#[test]
fn requests_that_cannot_be_repeated_are_told() {
    let mut cells = exact().audited(&[(WHOLE, 100.0)]);
    for slice in &mut cells[0].slices {
        slice.readings = [
            (Metric::Sent, 50),
            (Metric::Failed, 50),
            (Metric::WallNs, 5),
        ]
        .into_iter()
        .collect();
    }
    let series = MeasuredSeries {
        instruments: [(Instrument::Exclusive, cells)].into_iter().collect(),
        ..MeasuredSeries::default()
    };
    let told = wrong::error([&MeasuredSeries::default(), &series]).unwrap();
    assert_eq!(told.code, "other-answers");
    assert!(told.message.starts_with("1600 of 1600"), "{}", told.message);
}

/// A layer with a cost and a share, of which this was seen.
fn seen(name: &str, (toll_us, share): (f64, f64), behaviour: Behaviour) -> LayerAudit {
    let estimate = Estimate {
        estimate: toll_us,
        low: Some(0.9 * toll_us),
        high: Some(1.1 * toll_us),
        confidence: 0.95,
        unit: "us".to_owned(),
    };
    LayerAudit {
        position: 0,
        layer: known(name, true),
        toll: Some(estimate),
        by: Some(Way::Ablation),
        ablation: None,
        exclusive: None,
        share: Some(share),
        counts: BTreeMap::new(),
        removal: Removal::Same,
        behaviour: Some(behaviour),
        error: None,
        findings: Vec::new(),
    }
}

#[test]
fn what_a_layer_does_at_its_borders_is_told() {
    let walks = toll_core::audit::CodePlace {
        name: "find".to_owned(),
        file: "/v/site-packages/limiter/walk.py".to_owned(),
        line: 23,
        calls: 1,
    };
    let cases = [
        (
            "walks-routes",
            Behaviour {
                route_matches: 40,
                routes_walked_from: Some(walks),
                ..Behaviour::default()
            },
        ),
        (
            "works-while-idle",
            Behaviour {
                idle: Some(true),
                calls: 60,
                ..Behaviour::default()
            },
        ),
        (
            "buffers-body",
            Behaviour {
                buffers_response: Some(true),
                ..Behaviour::default()
            },
        ),
        (
            "extra-messages",
            Behaviour {
                extra_messages: Some(1),
                ..Behaviour::default()
            },
        ),
    ];
    for (code, behaviour) in cases {
        let told = findings::of_layer(&seen("Layer", (5.0, 0.05), behaviour));
        let codes: Vec<&str> = told.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, [code]);
        if code == "walks-routes" {
            assert!(
                told[0].evidence.ends_with("at limiter/walk.py:23 (find)"),
                "{told:?}"
            );
        }
    }
    let light = seen(
        "Layer",
        (0.1, 0.001),
        Behaviour {
            idle: Some(true),
            calls: 60,
            ..Behaviour::default()
        },
    );
    assert_eq!(findings::of_layer(&light), []);
}

#[test]
fn a_layer_that_rejects_belongs_outside_of_dear_ones() {
    let dear = seen("Timing", (30.0, 0.3), Behaviour::default());
    let mut hosts = seen("TrustedHostMiddleware", (0.5, 0.005), Behaviour::default());
    "starlette.middleware.trustedhost.TrustedHostMiddleware".clone_into(&mut hosts.layer.origin);
    let codes = |layers: &[LayerAudit]| -> Vec<String> {
        let stack = findings::Stack {
            layers,
            is_whole: true,
            at_once: None,
            in_company: None,
        };
        let told = findings::of_stack(&stack).into_iter();
        told.map(|one| one.code).collect()
    };
    assert!(codes(&[dear.clone(), hosts.clone()]).contains(&"order-matters".to_owned()));
    assert!(!codes(&[hosts, dear.clone()]).contains(&"order-matters".to_owned()));
    let answers = Behaviour {
        answers_itself: Some(true),
        ..Behaviour::default()
    };
    let own = seen("Cache", (0.5, 0.005), answers);
    assert!(codes(&[dear, own]).contains(&"order-matters".to_owned()));
}

#[test]
fn counts_say_what_a_layer_does() {
    let counted = |calls: i64, tasks: i64| {
        let readings: Readings = [(Metric::PythonCalls, calls), (Metric::Tasks, tasks)]
            .into_iter()
            .collect();
        vec![Slice {
            round: 0,
            block: 0,
            position: 0,
            readings,
            latency_histogram: None,
            error_classes: Vec::new(),
        }]
    };
    let cell = |middlewares, slices| MeasuredCell {
        middlewares,
        slices,
        ..MeasuredCell::default()
    };
    let cells = vec![
        cell(WHOLE, counted(400, 3)),
        cell(cell_of(0), counted(60, 2)),
    ];
    let series = MeasuredSeries {
        instruments: [(Instrument::Counts, cells)].into_iter().collect(),
        ..MeasuredSeries::default()
    };
    let run = MeasuredRun {
        series: vec![series, MeasuredSeries::default()],
        ..MeasuredRun::default()
    };
    let asked = Asked {
        request: "GET /".to_owned(),
        status: 200,
        body_bytes: 2,
        layers: vec![Layer {
            base_http: true,
            ..known("Timing", true)
        }],
        behaviour: Vec::new(),
        supposed: None,
        removals: vec![Removal::Same],
        variants: Some(0),
        borders: Some(1),
        served: None,
    };
    let told = judge(&run, "main:app", &[asked]).requests.remove(0);
    let layer = &told.layers[0];
    assert_eq!(
        (layer.counts["python_calls"], layer.counts["tasks"]),
        (340.0, 1.0)
    );
    assert_eq!(layer.findings[0].code, "task-per-layer");
    assert!(layer.findings[0].advice.contains("pure ASGI"));
}
