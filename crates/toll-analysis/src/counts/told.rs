//! What the layers add to one of the counts.

use std::collections::BTreeMap;

use toll_core::metric::Metric;

use crate::counts::curve::Curve;
use crate::counts::ranges::Counted;
use crate::results::{Count, CountToll, Estimate, Shape, ShapeKind, ShapeSource};

/// What was counted once has not been seen to repeat.
const LEAST_REPEATS: usize = 2;

/// One metric over the levels, and what it says.
pub(super) struct Told {
    /// The metric.
    pub metric: Metric,
    /// Whether every cell's count repeated.
    pub is_exact: bool,
    curve: Curve,
}

impl Told {
    /// What `metric` says; `None` where it was not counted in any cell.
    pub(super) fn of(metric: Metric, cells: &[Counted<'_>]) -> Option<Self> {
        let counts: BTreeMap<u32, &Count> = cells
            .iter()
            .filter_map(|cell| Some((cell.middlewares(), cell.counts.get(&metric)?)))
            .collect();
        let widest = counts
            .values()
            .map(|count| count.high as f64 - count.low as f64)
            .fold(0.0, f64::max);
        let counted = cells
            .iter()
            .filter(|cell| cell.counts.contains_key(&metric));
        let repeated = counted
            .into_iter()
            .all(|cell| cell.repeats() >= LEAST_REPEATS);
        let points = counts.iter().map(|(n, count)| (*n, count.low as f64));
        (!counts.is_empty()).then(|| Self {
            metric,
            is_exact: widest == 0.0 && repeated && metric != Metric::BlockedNs,
            curve: Curve::new(points.collect(), widest),
        })
    }

    /// *a* as an estimate.
    pub(super) fn base(&self) -> Option<Estimate> {
        self.curve.base().map(|value| self.estimate(value))
    }

    /// *f* as an estimate.
    pub(super) fn first_layer(&self) -> Option<Estimate> {
        self.curve.first_layer().map(|value| self.estimate(value))
    }

    /// *b* as an estimate.
    pub(super) fn toll(&self) -> Option<Estimate> {
        self.curve.toll().map(|value| self.estimate(value))
    }

    /// All of it.
    pub(super) fn count_toll(&self) -> CountToll {
        CountToll {
            base: self.curve.base(),
            first_layer: self.curve.first_layer(),
            toll: self.curve.toll(),
            shape: self.shape(),
        }
    }

    /// A time has noise, of which a shape that is told from differences would be made.
    fn shape(&self) -> Shape {
        let kind = if self.metric == Metric::BlockedNs {
            ShapeKind::Unclear
        } else {
            self.curve.kind()
        };
        Shape {
            kind,
            curvature: self.curve.curvature().map(|value| self.estimate(value)),
            exponent: self
                .curve
                .exponent()
                .filter(|_| kind == ShapeKind::Superlinear),
            by: ShapeSource::Counts,
        }
    }

    /// A difference of exact counts is itself exact.
    fn estimate(&self, value: f64) -> Estimate {
        let end = self.is_exact.then_some(value);
        Estimate {
            estimate: value,
            low: end,
            high: end,
            confidence: if self.is_exact { 1.0 } else { 0.0 },
            unit: unit(self.metric).to_owned(),
        }
    }
}

fn unit(metric: Metric) -> &'static str {
    match metric {
        Metric::PythonCalls | Metric::CCalls => "calls",
        Metric::HeldBytes
        | Metric::CopiedBytes
        | Metric::BodyBytesSent
        | Metric::BodyBytesReceived => "bytes",
        Metric::BlockedNs => "ns",
        other => other.name(),
    }
}
