//! Runs with a planted truth, for the tests: a machine whose speed drifts, processes that differ.

use toll_core::metric::{Metric, Readings};
use toll_core::sample::{Instrument, MeasuredCell, MeasuredRun, MeasuredSeries, Slice};
use toll_core::settings::Settings;
use toll_stats::random::Random;

/// What is planted. The noise is what real servers show: fresh processes of
/// the same code differ by 4 %, the machine's speed wanders by 3 %.
#[derive(Debug, Clone)]
pub(crate) struct Synthetic {
    pub seed: u64,
    pub levels: Vec<u32>,
    pub rounds: u32,
    pub blocks: u32,
    pub base_us: f64,
    pub first_us: f64,
    pub toll_us: f64,
    pub curvature_us: f64,
    pub noiseless: bool,
    /// Whether one process holds all cells, as an audit's does.
    pub one_process: bool,
}

impl Default for Synthetic {
    fn default() -> Self {
        Self {
            seed: 1,
            levels: vec![0, 1, 2, 5, 10, 20],
            rounds: 8,
            blocks: 4,
            base_us: 50.0,
            first_us: 0.0,
            toll_us: 5.0,
            curvature_us: 0.0,
            noiseless: false,
            one_process: false,
        }
    }
}

/// Spread between processes of the same code, and of one slice.
const PROCESS_SD: f64 = 0.04;
const SLICE_SD: f64 = 0.015;
/// The machine's speed: an autoregressive walk, one step a slice.
const DRIFT_SD: f64 = 0.03;
const DRIFT_KEEPS: f64 = 0.98;

impl Synthetic {
    pub(crate) fn cost_us(&self, n: u32) -> f64 {
        let count = f64::from(n);
        let first = if n >= 1 { self.first_us } else { 0.0 };
        self.base_us + first + self.toll_us * count + self.curvature_us * count * count
    }

    /// The mean cost over the levels: what a block's anchor estimates on a machine of speed 1.
    pub(crate) fn true_anchor_us(&self) -> f64 {
        self.levels.iter().map(|n| self.cost_us(*n)).sum::<f64>() / self.levels.len() as f64
    }

    /// The series, measured under load.
    pub(crate) fn series(&self) -> MeasuredSeries {
        self.series_by(&[Instrument::Load])
    }

    /// The series, with the planted cost by each of `instruments`; `counts` counts plain layers.
    pub(crate) fn series_by(&self, instruments: &[Instrument]) -> MeasuredSeries {
        let cells = |instrument| match instrument {
            Instrument::Counts => counted(&self.levels, &[]),
            Instrument::Direct | Instrument::Ablation | Instrument::Exclusive => {
                self.cells(direct_readings)
            }
            Instrument::Load => self.cells(load_readings),
        };
        let axes = [
            ("framework", "starlette"),
            ("version", "1.10.0"),
            ("kind", "native"),
        ];
        MeasuredSeries {
            axes: axes.into_iter().collect(),
            style: "layer".to_owned(),
            instruments: instruments
                .iter()
                .map(|instrument| (*instrument, cells(*instrument)))
                .collect(),
            ..MeasuredSeries::default()
        }
    }

    fn cells(&self, readings: fn(f64) -> Readings) -> Vec<MeasuredCell> {
        let costs_us: Vec<f64> = self.levels.iter().map(|n| self.cost_us(*n)).collect();
        let measured = self.measured(&costs_us, readings);
        let cell = |(n, slices): (&u32, Vec<Slice>)| MeasuredCell {
            middlewares: *n,
            slices,
            ..MeasuredCell::default()
        };
        self.levels.iter().zip(measured).map(cell).collect()
    }

    /// Two series that were measured side by side with `direct`: in the same blocks, on a machine whose
    /// speed both share. How much is measured is said by `self`.
    pub(crate) fn beside(&self, other: &Self) -> [MeasuredSeries; 2] {
        let costs_us: Vec<f64> = [self, other]
            .iter()
            .flat_map(|side| self.levels.iter().map(|n| side.cost_us(*n)))
            .collect();
        let mut measured = self.measured(&costs_us, direct_readings).into_iter();
        [(); 2].map(|()| {
            let cells = self
                .levels
                .iter()
                .zip(measured.by_ref())
                .map(|(n, slices)| MeasuredCell {
                    middlewares: *n,
                    slices,
                    ..MeasuredCell::default()
                });
            MeasuredSeries {
                instruments: [(Instrument::Direct, cells.collect())]
                    .into_iter()
                    .collect(),
                ..self.series_by(&[])
            }
        })
    }

    /// Cells with any costs, by number, as an audit reads them: all in one process.
    pub(crate) fn audited(&self, costs_us: &[(u32, f64)]) -> Vec<MeasuredCell> {
        let one = Self {
            one_process: true,
            ..self.clone()
        };
        let costs: Vec<f64> = costs_us.iter().map(|(_, cost)| *cost).collect();
        let measured = one.measured(&costs, direct_readings);
        let cell = |((number, _), slices): (&(u32, f64), Vec<Slice>)| MeasuredCell {
            middlewares: *number,
            slices,
            ..MeasuredCell::default()
        };
        costs_us.iter().zip(measured).map(cell).collect()
    }

    /// The slices of cells with these costs, block by block in random order.
    fn measured(&self, costs_us: &[f64], readings: fn(f64) -> Readings) -> Vec<Vec<Slice>> {
        let mut random = Random::from_seed(self.seed);
        let mut cells: Vec<Vec<Slice>> = vec![Vec::new(); costs_us.len()];
        let mut drift = DRIFT_SD * random.standard_normal();
        for round in 0..self.rounds {
            let processes: Vec<f64> = costs_us
                .iter()
                .map(|_| PROCESS_SD * random.standard_normal())
                .collect();
            for block in 0..self.blocks {
                let mut order: Vec<usize> = (0..costs_us.len()).collect();
                random.shuffle(&mut order);
                for (position, cell) in order.into_iter().enumerate() {
                    drift = DRIFT_KEEPS * drift
                        + DRIFT_SD * (1.0 - DRIFT_KEEPS.powi(2)).sqrt() * random.standard_normal();
                    let process = if self.one_process { 0 } else { cell };
                    let noise = drift + processes[process] + SLICE_SD * random.standard_normal();
                    let factor = if self.noiseless { 1.0 } else { noise.exp() };
                    cells[cell].push(Slice {
                        round,
                        block,
                        position: position as u32,
                        readings: readings(costs_us[cell] * factor),
                        latency_histogram: None,
                        error_classes: Vec::new(),
                    });
                }
            }
        }
        cells
    }

    pub(crate) fn run(&self) -> MeasuredRun {
        self.run_by(&[Instrument::Load])
    }

    pub(crate) fn run_by(&self, instruments: &[Instrument]) -> MeasuredRun {
        MeasuredRun {
            suite: "synthetic".to_owned(),
            plan_hash: "abc".to_owned(),
            tool_version: "0.1.0".to_owned(),
            started_at: "2026-11-24T07:00:00Z".to_owned(),
            settings: Settings::default(),
            series: vec![self.series_by(instruments)],
            ..MeasuredRun::default()
        }
    }
}

/// The cells that were read under load.
pub(crate) fn load_cells(series: &mut MeasuredSeries) -> &mut Vec<MeasuredCell> {
    series.instruments.entry(Instrument::Load).or_default()
}

/// What is counted at a number of middlewares.
pub(crate) type Planted = (Metric, fn(u32) -> i64);

/// A layer that adds a header: no tasks, no threads, every message passed on.
const PLAIN: [Planted; 16] = [
    (Metric::PythonCalls, |n| 46 + 6 * i64::from(n)),
    (Metric::CCalls, |n| 30 + 4 * i64::from(n)),
    (Metric::Instructions, |n| 1_081 + 107 * i64::from(n)),
    (Metric::Tasks, |_| 0),
    (Metric::LoopCallbacks, |_| 0),
    (Metric::LoopIterations, |_| 0),
    (Metric::ThreadHops, |_| 0),
    (Metric::Timers, |_| 0),
    (Metric::MessagesSent, |_| 2),
    (Metric::LayerMessagesSent, |n| 2 * i64::from(n)),
    (Metric::BodyBytesSent, |_| 11),
    (Metric::CopiedBytes, |_| 0),
    (Metric::HeldBytes, |_| 0),
    (Metric::ContextvarsLost, |_| 0),
    (Metric::BlockedNs, |_| 3_000),
    (Metric::GcRuns, |_| 0),
];

/// Two rounds of three repeats at each of `levels`: plain layers, but for what is planted.
pub(crate) fn counted(levels: &[u32], planted: &[Planted]) -> Vec<MeasuredCell> {
    let cell = |n: &u32| MeasuredCell {
        middlewares: *n,
        slices: (0..6)
            .map(|repeat| Slice {
                round: repeat / 3,
                block: repeat % 3,
                position: 0,
                readings: PLAIN
                    .iter()
                    .chain(planted)
                    .map(|(metric, count)| (*metric, count(*n)))
                    .collect(),
                latency_histogram: None,
                error_classes: Vec::new(),
            })
            .collect(),
        failures: Vec::new(),
    };
    levels.iter().map(cell).collect()
}

/// A slice of 5 ms of CPU, which took a little longer. An empty application costs 2 µs, a plain
/// layer around it 1 µs.
fn direct_readings(cost_us: f64) -> Readings {
    let ok = (5e3 / cost_us).floor().max(1.0);
    let values = [
        (Metric::Ok, ok),
        (Metric::Failed, 0.0),
        (Metric::WallNs, ok * cost_us * 1.1e3),
        (Metric::CpuNs, ok * cost_us * 1e3),
        (Metric::DriverRequests, 100.0),
        (Metric::DriverCpuNs, 100.0 * 2e3),
        (Metric::ReferenceLayers, 20.0),
        (Metric::ReferenceRequests, 50.0),
        (Metric::ReferenceCpuNs, 50.0 * (2e3 + 20.0 * 1e3)),
    ];
    rounded(&values)
}

/// A slice of 50 ms in which the server was 97 % busy and ten connections never rested.
fn load_readings(cost_us: f64) -> Readings {
    let wall_ns = 50e6;
    let ok = (wall_ns * 0.97 / (cost_us * 1e3)).floor();
    let latency_ns = 10.0 * wall_ns / (ok + 5.0);
    let values = [
        (Metric::Sent, ok),
        (Metric::Ok, ok),
        (Metric::Failed, 0.0),
        (Metric::WallNs, wall_ns),
        (Metric::ServerCpuNs, ok * cost_us * 1e3),
        (Metric::ClientCpuNs, wall_ns * 0.3),
        (Metric::LatencySumNs, ok * latency_ns),
        (Metric::ResidentBytes, 60e6),
    ];
    rounded(&values)
}

fn rounded(values: &[(Metric, f64)]) -> Readings {
    values
        .iter()
        .map(|(metric, value)| (*metric, value.round() as i64))
        .collect()
}
