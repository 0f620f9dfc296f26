use toll_core::audit::{BARE, By, Layer, LayerStyle, Removal, WHOLE, cell_of};
use toll_core::metric::{Metric, Readings};
use toll_core::sample::{MeasuredCell, Slice};

use super::*;
use crate::synthetic::Synthetic;

/// What is inside of all layers takes this, and a request through the reference.
const INSIDE_US: f64 = 60.0;
const REFERENCE_US: f64 = 17.0;
/// Where the reference stands among the cells until it is put beside the whole.
const REFERENCE: u32 = 999_999;
const TOLLS: [f64; 4] = [0.5, 2.0, 10.0, 30.0];

/// An application, and the machine on which it is measured.
#[derive(Clone)]
struct Planted {
    tolls_us: Vec<f64>,
    /// Layer, calls and tasks.
    counts: Vec<(i64, i64)>,
    /// How many times as slow the machine is.
    slow: f64,
    rounds: u32,
    seed: u64,
}

impl Planted {
    fn new(seed: u64) -> Self {
        Self {
            tolls_us: TOLLS.into(),
            counts: vec![(6, 0); TOLLS.len()],
            slow: 1.0,
            rounds: 24,
            seed,
        }
    }

    fn asked(&self) -> Asked {
        let layers: Vec<Layer> = (0..self.tolls_us.len()).map(layer).collect();
        Asked {
            request: "GET /".to_owned(),
            status: 200,
            body_bytes: 2,
            removals: vec![Removal::Same; layers.len()],
            layers,
            variants: Some(0),
            borders: Some(1),
            served: None,
            behaviour: Vec::new(),
            supposed: None,
        }
    }

    fn run(&self) -> MeasuredRun {
        let whole: f64 = INSIDE_US + self.tolls_us.iter().sum::<f64>();
        let mut variants = vec![(WHOLE, whole), (BARE, INSIDE_US)];
        let mut borders = vec![(WHOLE, whole), (BARE, INSIDE_US)];
        for (place, toll) in self.tolls_us.iter().enumerate() {
            variants.push((cell_of(place), whole - toll));
            borders.push((cell_of(place), *toll));
        }
        let ablation = (Instrument::Ablation, self.cells(&variants, 2 * self.seed));
        let exclusive = (
            Instrument::Exclusive,
            self.cells(&borders, 2 * self.seed + 1),
        );
        let counts = (Instrument::Counts, self.counted());
        let series = |instruments: Vec<(Instrument, Vec<MeasuredCell>)>| MeasuredSeries {
            instruments: instruments.into_iter().collect(),
            ..MeasuredSeries::default()
        };
        MeasuredRun {
            series: vec![series(vec![counts, ablation]), series(vec![exclusive])],
            ..MeasuredRun::default()
        }
    }

    /// Cells in one process, with the reference in the readings of the whole.
    fn cells(&self, costs_us: &[(u32, f64)], seed: u64) -> Vec<MeasuredCell> {
        let mut costs_us: Vec<(u32, f64)> = costs_us.to_vec();
        costs_us.push((REFERENCE, REFERENCE_US));
        let slowed: Vec<(u32, f64)> = costs_us
            .iter()
            .map(|(cell, us)| (*cell, us * self.slow))
            .collect();
        let synthetic = Synthetic {
            seed,
            rounds: self.rounds,
            blocks: 4,
            ..Synthetic::default()
        };
        let mut cells = synthetic.audited(&slowed);
        let reference = cells.pop().map(|cell| cell.slices).unwrap_or_default();
        for (slice, reference) in cells[0].slices.iter_mut().zip(&reference) {
            let read = |metric| reference.readings.get(metric).unwrap_or_default();
            slice
                .readings
                .set(Metric::ReferenceCpuNs, read(Metric::CpuNs));
            slice
                .readings
                .set(Metric::ReferenceRequests, read(Metric::Ok));
        }
        cells
    }

    fn counted(&self) -> Vec<MeasuredCell> {
        let all = |value: fn(&(i64, i64)) -> i64| self.counts.iter().map(value).sum::<i64>();
        let (calls, tasks) = (40 + all(|one| one.0), all(|one| one.1));
        let without = self.counts.iter().enumerate();
        let cells = without.map(|(place, (own, own_tasks))| {
            counted(cell_of(place), calls - own, tasks - own_tasks)
        });
        std::iter::once(counted(WHOLE, calls, tasks))
            .chain(cells)
            .collect()
    }

    fn budget(&self) -> Budget {
        let (run, asked) = (self.run(), [self.asked()]);
        let report = crate::audit::judge(&run, "main:app", &asked);
        budget(&run, (&asked, &report), (&conditions(), String::new())).unwrap()
    }

    fn against(&self, against: &Against) -> BudgetAudit {
        let (run, asked) = (self.run(), [self.asked()]);
        let mut report = crate::audit::judge(&run, "main:app", &asked);
        judge(&run, &asked, &mut report, against);
        report.requests.remove(0).budget.unwrap()
    }
}

fn layer(place: usize) -> Layer {
    Layer {
        name: format!("Layer{place}"),
        origin: format!("package.Layer{place}"),
        distribution: Some("package".to_owned()),
        version: Some("1.0".to_owned()),
        file: None,
        line: None,
        place: "application".to_owned(),
        added_by: By::Application,
        removable: true,
        why_not: None,
        options: std::collections::BTreeMap::new(),
        style: LayerStyle::Asgi,
        base_http: false,
        sync: false,
        patches: Vec::new(),
    }
}

fn counted(middlewares: u32, calls: i64, tasks: i64) -> MeasuredCell {
    let readings: Readings = [(Metric::PythonCalls, calls), (Metric::Tasks, tasks)]
        .into_iter()
        .collect();
    MeasuredCell {
        middlewares,
        slices: vec![Slice {
            round: 0,
            block: 0,
            position: 0,
            readings,
            latency_histogram: None,
            error_classes: Vec::new(),
        }],
        ..MeasuredCell::default()
    }
}

fn conditions() -> Conditions {
    Conditions {
        python: "3.13.1".to_owned(),
        implementation: "CPython".to_owned(),
        event_loop: "asyncio".to_owned(),
        processor: String::new(),
    }
}

/// The budget by the default margin of the command.
fn held(budget: Budget) -> Against {
    Against {
        budget,
        conditions: conditions(),
        rules: rules(Margin {
            relative: 0.15,
            absolute_us: 0.5,
        }),
    }
}

fn verdicts(told: &BudgetAudit) -> Vec<Verdict> {
    let total = told.total.iter();
    told.layers
        .iter()
        .chain(total)
        .map(|one| one.verdict)
        .collect()
}

#[test]
fn the_same_is_cleared_and_the_file_says_so_too() {
    let budget = Planted::new(1).budget();
    let source = budget.text();
    let file = "budget.toml";
    let read = Budget::read(toll_core::diagnostic::Source {
        file,
        text: &source,
    });
    assert_eq!(read.as_ref(), Ok(&budget));
    let told = Planted::new(2).against(&held(budget));
    assert_eq!(verdicts(&told), [Verdict::Cleared; 5], "{told:#?}");
    assert_eq!(told.verdict, Verdict::Cleared);
}

#[test]
fn a_layer_that_takes_a_third_more_is_told_and_the_others_are_cleared() {
    let against = held(Planted::new(1).budget());
    let mut dearer = Planted::new(2);
    dearer.tolls_us[3] *= 1.3;
    let told = dearer.against(&against);
    let verdicts = verdicts(&told);
    assert_eq!(verdicts[..3], [Verdict::Cleared; 3], "{told:#?}");
    assert_eq!(verdicts[3..], [Verdict::Regressed; 2], "{told:#?}");
    assert!(
        told.layers[3].why.contains("more than the margin"),
        "{told:#?}"
    );
    let mut cheaper = Planted::new(3);
    cheaper.tolls_us[3] *= 0.7;
    assert_eq!(
        cheaper.against(&against).layers[3].verdict,
        Verdict::Improved
    );
}

#[test]
fn a_machine_twice_as_slow_raises_no_alarm() {
    let against = held(Planted::new(1).budget());
    let slow = Planted {
        slow: 2.0,
        ..Planted::new(2)
    };
    let told = slow.against(&against);
    assert!((told.pace.unwrap() - 2.0).abs() < 0.1, "{:?}", told.pace);
    assert_eq!(told.verdict, Verdict::Cleared, "{told:#?}");
    assert!(told.notes[0].contains("times as slow"), "{:?}", told.notes);
}

#[test]
fn more_tasks_or_calls_are_regressed_whatever_the_clock_says() {
    let against = held(Planted::new(1).budget());
    for (counts, verdict) in [
        ((6, 1), Verdict::Regressed),
        ((7, 0), Verdict::Regressed),
        ((5, 0), Verdict::Improved),
    ] {
        let mut changed = Planted::new(2);
        changed.counts[2] = counts;
        let told = changed.against(&against);
        assert_eq!(told.layers[2].verdict, verdict, "{told:#?}");
        assert!(told.layers[2].why.starts_with("Counts: "), "{told:#?}");
    }
    // More of one and fewer of another: the clock decides.
    let mut changed = Planted::new(2);
    changed.counts[2] = (5, 1);
    assert_eq!(
        changed.against(&against).layers[2].verdict,
        Verdict::Cleared
    );
}

#[test]
fn new_layers_are_in_the_total_and_gone_ones_are_told() {
    let fewer = Planted {
        tolls_us: TOLLS[..3].into(),
        counts: vec![(6, 0); 3],
        ..Planted::new(1)
    };
    let told = Planted::new(2).against(&held(fewer.budget()));
    assert_eq!(told.layers[3].verdict, Verdict::Missing);
    assert_eq!(
        told.total.as_ref().unwrap().verdict,
        Verdict::Regressed,
        "{told:#?}"
    );
    let told = fewer.against(&held(Planted::new(2).budget()));
    assert_eq!(told.gone, ["Layer3"]);
    assert_eq!(told.total.unwrap().verdict, Verdict::Improved);
}

#[test]
fn what_is_not_comparable_is_not_judged() {
    let budget = Planted::new(1).budget();
    let judged = |change: fn(&mut Conditions, &mut Budget)| {
        let mut against = held(budget.clone());
        change(&mut against.conditions, &mut against.budget);
        let mut more_tasks = Planted::new(2);
        more_tasks.counts[0] = (6, 1);
        more_tasks.against(&against)
    };
    let told = judged(|now, _| now.python = "3.12.1".to_owned());
    assert_eq!(verdicts(&told), [Verdict::Inconclusive; 5]);
    assert!(
        told.notes[0].contains("Python 3.13, this is 3.12"),
        "{:?}",
        told.notes
    );
    let told = judged(|now, _| now.implementation = "PyPy".to_owned());
    assert_eq!(told.verdict, Verdict::Inconclusive);
    let told = judged(|_, budget| budget.requests[0].status = 404);
    assert_eq!(told.verdict, Verdict::Inconclusive);
    // Counts are always taken on one loop.
    let told = judged(|now, _| now.event_loop = "uvloop".to_owned());
    assert_eq!(
        verdicts(&told)[..2],
        [Verdict::Regressed, Verdict::Inconclusive]
    );
    let told = judged(|_, budget| budget.requests.clear());
    assert_eq!((told.verdict, told.total), (Verdict::Missing, None));
}

#[test]
fn another_processor_has_wider_margins_and_is_told() {
    let against = held(Planted::new(1).budget());
    let elsewhere = Against {
        conditions: Conditions {
            processor: "another".to_owned(),
            ..conditions()
        },
        ..against.clone()
    };
    let margin = |against: &Against| {
        Planted::new(2).against(against).layers[3]
            .margin_us
            .unwrap()
    };
    let wider = margin(&elsewhere) - margin(&against);
    assert!((wider - 0.15 * 30.0).abs() < 0.3, "{wider}");
}

/// What an audit that is not precise or was stopped has is no budget.
#[test]
fn what_has_no_interval_is_not_saved() {
    let few = Planted {
        rounds: 5,
        ..Planted::new(1)
    };
    let (run, asked) = (few.run(), [few.asked()]);
    let mut report = crate::audit::judge(&run, "main:app", &asked);
    let saved =
        |report: &AuditReport| budget(&run, (&asked, report), (&conditions(), String::new()));
    assert!(
        saved(&report)
            .unwrap_err()
            .contains("allow more with --time")
    );
    report.interrupted = true;
    assert!(saved(&report).unwrap_err().contains("stopped"));
}

#[test]
fn layers_of_one_class_are_told_by_their_order() {
    let one = |name: &str| Layer {
        origin: "package.Same".to_owned(),
        name: name.to_owned(),
        ..layer(0)
    };
    let saved = |name: &str| LayerBudget {
        name: name.to_owned(),
        ..Planted::new(1).budget().requests[0].layers[0].clone()
    };
    let budget: Vec<LayerBudget> = ["a", "b", "c"]
        .map(|name| LayerBudget {
            origin: "package.Same".to_owned(),
            ..saved(name)
        })
        .into();
    let now = [one("a"), layer(7), one("b")];
    let found: Vec<Option<&str>> = matched::layers(&now, &budget)
        .into_iter()
        .map(|found| found.map(|found| found.name.as_str()))
        .collect();
    assert_eq!(found, [Some("a"), None, Some("b")]);
    assert_eq!(matched::gone(&now, &budget), ["c"]);
}

/// Budgets and applications alike, by some margin: how many of these raise an alarm.
fn alarms(runs: u64, margin: Margin) -> usize {
    let one = |seed: u64| {
        let saving = Planted {
            rounds: 12,
            ..Planted::new(2 * seed)
        };
        let against = Against {
            rules: rules(margin),
            ..held(saving.budget())
        };
        let told = Planted::new(2 * seed + 1).against(&against);
        verdicts(&told).contains(&Verdict::Regressed)
    };
    (100..100 + runs).filter(|seed| one(*seed)).count()
}

#[test]
fn equal_applications_raise_alarms_as_rarely_as_is_said() {
    // 200 at 1 %: more than six have a chance of less than one in a hundred.
    let default = Margin {
        relative: 0.15,
        absolute_us: 0.5,
    };
    let found = alarms(200, default);
    assert!(found <= 2, "{found} of 200 by the default margin");
    let found = alarms(
        300,
        Margin {
            relative: 0.0,
            absolute_us: 0.0,
        },
    );
    assert!(found <= 6, "{found} of 200 without a margin");
}
