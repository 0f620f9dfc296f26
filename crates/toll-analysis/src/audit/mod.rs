//! What each layer of somebody's own application takes. Pure.
//!
//! Two ways that know nothing of one another: *ablation*, the application with and without the layer,
//! and *exclusive accounting*, what passes between its borders. Where both have a number the ablation is
//! told, because it holds all that the layer causes (tasks, garbage, other layers' work), unless it is too
//! vague beside the other; where they disagree, that is a finding. Exact counts say what it does.

pub mod budget;
mod cost;
mod findings;
pub mod results;

use std::collections::BTreeMap;

use toll_core::audit::{BARE, Layer, Removal, cell_of};
use toll_core::failure::{Failure, Stage};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredRun, MeasuredSeries};
use toll_core::settings::Settings;
use toll_stats::quantile::median;

pub use findings::CODES;

use crate::precision::Precision;
use crate::results::{Estimate, Tool};
use cost::Costs;
use results::{AUDIT_SCHEMA_VERSION, AuditReport, LayerAudit, RequestAudit, Total, Way};

/// How well a layer is to be known: by a share of its cost, or by a share of the whole, whichever is more.
const PRECISION: (f64, f64) = (0.05, 0.002);

/// An ablation whose interval's half is more than this part of it is vague.
const VAGUE: f64 = 0.15;

/// What was asked, and what a first look saw.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method and path.
    pub request: String,
    /// Status of the answer.
    pub status: u16,
    /// Bytes of its body.
    pub body_bytes: u64,
    /// The layers, outermost first.
    pub layers: Vec<Layer>,
    /// What became of the application without each.
    pub removals: Vec<Removal>,
    /// The place of the series with its variants in the run.
    pub variants: usize,
    /// The place of the series with its layers by themselves.
    pub borders: usize,
}

/// How far one instrument of an audit has come.
pub fn precision(
    series: &MeasuredSeries,
    instrument: Instrument,
    settings: &Settings,
) -> Precision {
    let costs = match instrument {
        Instrument::Ablation => cost::by_ablation(series),
        Instrument::Exclusive => cost::by_borders(series),
        _ => return crate::toll_precision(series, instrument, settings),
    };
    let worst = cost::worst(&costs, PRECISION);
    let enough = costs.rounds >= settings.rounds_min as usize;
    Precision {
        rounds: costs.rounds,
        half_width: worst.map(|worst| worst * PRECISION.0),
        done: enough && (costs.of.is_empty() || worst.is_some_and(|worst| worst <= 1.0)),
    }
}

/// Judges an audit.
pub fn judge(run: &MeasuredRun, app: &str, asked: &[Asked]) -> AuditReport {
    let first = run.series.first();
    AuditReport {
        schema_version: AUDIT_SCHEMA_VERSION,
        tool: Tool {
            name: "asgi-toll".to_owned(),
            version: run.tool_version.clone(),
        },
        app: app.to_owned(),
        python: first
            .map(|series| series.axes.get(toll_core::axes::PYTHON).to_owned())
            .unwrap_or_default(),
        lock: first.map(|series| series.lock.clone()).unwrap_or_default(),
        host: run.host.clone(),
        remarks: run.remarks.clone(),
        interrupted: run.interrupted,
        requests: asked.iter().map(|asked| request(run, asked)).collect(),
        wall_s: run.wall_s,
    }
}

fn request(run: &MeasuredRun, asked: &Asked) -> RequestAudit {
    let nothing = MeasuredSeries::default();
    let series = |place: usize| run.series.get(place).unwrap_or(&nothing);
    let (variants, borders) = (series(asked.variants), series(asked.borders));
    let (ablation, exclusive) = (cost::by_ablation(variants), cost::by_borders(borders));
    let whole = ablation.whole.clone().or_else(|| exclusive.whole.clone());
    let counted = counted(variants);
    let layers = asked.layers.iter().zip(&asked.removals).enumerate();
    let mut layers: Vec<LayerAudit> = layers
        .map(|(position, (known, removal))| {
            let mut layer = layer((position, known, removal), &ablation, &exclusive);
            layer.share = share(layer.toll.as_ref(), whole.as_ref());
            layer.counts = added(&counted, cell_of(position));
            layer
        })
        .collect();
    let total = total(&layers, &ablation, whole.as_ref());
    for layer in &mut layers {
        layer.findings = findings::of_layer(layer);
    }
    RequestAudit {
        request: asked.request.clone(),
        status: asked.status,
        body_bytes: asked.body_bytes,
        findings: findings::of_stack(&layers, total.as_ref()),
        inside: exclusive.of.get(&BARE).cloned(),
        rounds: [
            (Way::Ablation.name().to_owned(), ablation.rounds),
            (Way::Exclusive.name().to_owned(), exclusive.rounds),
        ]
        .into_iter()
        .collect(),
        error: whole
            .is_none()
            .then(|| error([variants, borders]))
            .flatten(),
        whole,
        total,
        layers,
        budget: None,
    }
}

fn layer(
    (position, layer, removal): (usize, &Layer, &Removal),
    ablation: &Costs,
    exclusive: &Costs,
) -> LayerAudit {
    let of = |costs: &Costs| costs.of.get(&cell_of(position)).cloned();
    let (ablation, exclusive) = (of(ablation), of(exclusive));
    let by = better(ablation.as_ref(), exclusive.as_ref());
    LayerAudit {
        position,
        layer: layer.clone(),
        toll: match by {
            Some(Way::Ablation) => ablation.clone(),
            Some(Way::Exclusive) => exclusive.clone(),
            None => None,
        },
        by,
        ablation,
        exclusive,
        share: None,
        counts: BTreeMap::new(),
        removal: removal.clone(),
        findings: Vec::new(),
    }
}

/// Which of two numbers is told: the ablation, unless it is known so badly that it says nothing beside
/// the other, as of a light layer in a heavy application.
fn better(ablation: Option<&Estimate>, exclusive: Option<&Estimate>) -> Option<Way> {
    let half = |estimate: &Estimate| Some((estimate.high? - estimate.low?) / 2.0);
    match (ablation, exclusive) {
        (Some(ablation), Some(exclusive)) => {
            let told = half(ablation);
            let is_vague = match (told, half(exclusive)) {
                (Some(told), Some(other)) => told > VAGUE * ablation.estimate.abs() && told > other,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            Some(if is_vague {
                Way::Exclusive
            } else {
                Way::Ablation
            })
        }
        (Some(_), None) => Some(Way::Ablation),
        (None, Some(_)) => Some(Way::Exclusive),
        (None, None) => None,
    }
}

fn share(part: Option<&Estimate>, whole: Option<&Estimate>) -> Option<f64> {
    let (part, whole) = (part?.estimate, whole?.estimate);
    (whole > 0.0).then(|| part / whole)
}

/// What all layers take: measured without all of them at once where every one of them can be taken
/// out, else added up.
fn total(layers: &[LayerAudit], ablation: &Costs, whole: Option<&Estimate>) -> Option<Total> {
    if layers.is_empty() {
        return None;
    }
    let tolls = layers.iter().filter_map(|layer| layer.toll.as_ref());
    let sum: f64 = tolls.map(|toll| toll.estimate).sum();
    let all_out = layers.iter().all(|layer| layer.removal.is_possible());
    let measured = ablation.of.get(&BARE).filter(|_| all_out);
    let toll = measured.cloned().unwrap_or_else(|| Estimate {
        estimate: sum,
        low: None,
        high: None,
        confidence: 0.0,
        unit: "us".to_owned(),
    });
    Some(Total {
        share: share(Some(&toll), whole)?,
        measured: measured.is_some(),
        sum_of_parts_us: sum,
        toll,
    })
}

/// The counts of every cell: the median over its repeats, which are equal where they are exact.
fn counted(series: &MeasuredSeries) -> BTreeMap<u32, BTreeMap<Metric, f64>> {
    let cells = series.cells(Instrument::Counts).iter();
    cells
        .map(|cell| {
            let of = |metric: Metric| {
                let values: Vec<f64> = cell
                    .slices
                    .iter()
                    .filter_map(|slice| slice.readings.get(metric))
                    .map(|value| value as f64)
                    .collect();
                Some((metric, median(&values)?))
            };
            (cell.middlewares, Metric::counts().filter_map(of).collect())
        })
        .collect()
}

/// What the application has more than without the layer.
fn added(counted: &BTreeMap<u32, BTreeMap<Metric, f64>>, cell: u32) -> BTreeMap<String, f64> {
    let (Some(whole), Some(without)) = (counted.get(&toll_core::audit::WHOLE), counted.get(&cell))
    else {
        return BTreeMap::new();
    };
    let both = whole.iter().filter_map(|(metric, whole)| {
        let without = without.get(metric)?;
        Some((metric.name().to_owned(), whole - without))
    });
    both.collect()
}

/// Why the clock has no number at all: the first failure of a series or of one of its cells, or that
/// requests were answered otherwise than the first one.
fn error(series: [&MeasuredSeries; 2]) -> Option<Failure> {
    let timed = || {
        let instruments = series.iter().flat_map(|series| &series.instruments);
        instruments
            .filter(|(instrument, _)| **instrument != Instrument::Counts)
            .flat_map(|(_, cells)| cells)
    };
    let of_series = series.iter().find_map(|series| series.failure.clone());
    let of_cell = || timed().find_map(|cell| cell.failures.last().cloned());
    of_series.or_else(of_cell).or_else(|| {
        let slices = || timed().flat_map(|cell| &cell.slices);
        let sum = |metric| -> i64 { slices().filter_map(|slice| slice.readings.get(metric)).sum() };
        let (wrong, all) = (sum(Metric::Failed), sum(Metric::Sent));
        (wrong > 0).then(|| {
            let message = format!(
                "{wrong} of {all} requests were answered otherwise than the first one: it cannot be repeated"
            );
            Failure::new(Stage::Measure, "other-answers", message)
        })
    })
}

#[cfg(test)]
mod tests {
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
            removals: vec![Removal::Same; tolls_us.len()],
            variants: 0,
            borders: 1,
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
            removals: vec![Removal::OtherStatus { status: 401 }],
            variants: 0,
            borders: 1,
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
        let told = error([&MeasuredSeries::default(), &series]).unwrap();
        assert_eq!(told.code, "other-answers");
        assert!(told.message.starts_with("1600 of 1600"), "{}", told.message);
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
            removals: vec![Removal::Same],
            variants: 0,
            borders: 1,
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
}
