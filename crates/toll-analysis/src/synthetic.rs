//! Runs with a planted truth, for the tests: a machine whose speed drifts, processes that differ.

use toll_core::metric::{Metric, Readings};
use toll_core::sample::{MeasuredCell, MeasuredRun, MeasuredSeries, Slice};
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

    pub(crate) fn series(&self) -> MeasuredSeries {
        let mut random = Random::from_seed(self.seed);
        let mut cells: Vec<MeasuredCell> = self
            .levels
            .iter()
            .map(|n| MeasuredCell {
                middlewares: *n,
                ..MeasuredCell::default()
            })
            .collect();
        let mut drift = DRIFT_SD * random.standard_normal();
        for round in 0..self.rounds {
            let processes: Vec<f64> = self
                .levels
                .iter()
                .map(|_| PROCESS_SD * random.standard_normal())
                .collect();
            for block in 0..self.blocks {
                let mut order: Vec<usize> = (0..self.levels.len()).collect();
                random.shuffle(&mut order);
                for (position, cell) in order.into_iter().enumerate() {
                    drift = DRIFT_KEEPS * drift
                        + DRIFT_SD * (1.0 - DRIFT_KEEPS.powi(2)).sqrt() * random.standard_normal();
                    let noise = drift + processes[cell] + SLICE_SD * random.standard_normal();
                    let factor = if self.noiseless { 1.0 } else { noise.exp() };
                    let readings = readings(self.cost_us(self.levels[cell]) * factor);
                    cells[cell].slices.push(Slice {
                        round,
                        block,
                        position: position as u32,
                        readings,
                        latency_histogram: None,
                        error_classes: Vec::new(),
                    });
                }
            }
        }
        let axes = [
            ("framework", "starlette"),
            ("version", "1.10.0"),
            ("kind", "native"),
        ]
        .into_iter()
        .collect();
        MeasuredSeries {
            axes,
            style: "layer".to_owned(),
            cells,
            ..MeasuredSeries::default()
        }
    }

    pub(crate) fn run(&self) -> MeasuredRun {
        MeasuredRun {
            suite: "synthetic".to_owned(),
            plan_hash: "abc".to_owned(),
            tool_version: "0.1.0".to_owned(),
            started_at: "2026-11-24T07:00:00Z".to_owned(),
            settings: Settings::default(),
            series: vec![self.series()],
            ..MeasuredRun::default()
        }
    }
}

/// A slice of 50 ms in which the server was 97 % busy and ten connections never rested.
fn readings(cost_us: f64) -> Readings {
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
    values
        .into_iter()
        .map(|(metric, value)| (metric, value.round() as i64))
        .collect()
}
