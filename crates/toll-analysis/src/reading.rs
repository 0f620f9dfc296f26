//! One slice in the units of the analysis.

use toll_core::metric::Metric;
use toll_core::sample::Slice;

/// What one slice says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// CPU per right answer, µs: the server's, or the process's that awaits the application.
    pub cpu_us: f64,
    /// Wall time per right answer, µs.
    pub wall_us: f64,
    /// Right answers per second of wall time.
    pub requests_per_s: f64,
    /// Share of a core that this CPU makes up.
    pub utilisation: f64,
    /// Share of a core that the load generator used.
    pub client_utilisation: Option<f64>,
    /// Requests in flight as measured by what they must have been.
    pub littles_law_ratio: Option<f64>,
    /// The 99th percentile of the rates of short windows, requests per second.
    pub window_rate_p99: Option<f64>,
    /// Resident memory of the server, bytes.
    pub resident_bytes: Option<f64>,
}

impl Reading {
    /// What `slice` says, where `cpu` is the clock that belongs to the requests, and whether it may
    /// say less than nothing, and `connections` sent them one after the other; `None` where it holds
    /// no right answer or no time, so that there is nothing to divide.
    pub(crate) fn of(
        slice: &Slice,
        (cpu, signed): (Metric, bool),
        connections: u32,
    ) -> Option<Self> {
        let positive = |metric| {
            slice
                .readings
                .get(metric)
                .filter(|value| *value > 0)
                .map(|value| value as f64)
        };
        let (ok, wall_ns) = (positive(Metric::Ok)?, positive(Metric::WallNs)?);
        let cpu_ns = if signed {
            slice.readings.get(cpu)? as f64
        } else {
            positive(cpu)?
        };
        Some(Self {
            cpu_us: cpu_ns / ok / 1e3,
            wall_us: wall_ns / ok / 1e3,
            requests_per_s: ok / wall_ns * 1e9,
            utilisation: cpu_ns / wall_ns,
            client_utilisation: positive(Metric::ClientCpuNs).map(|cpu_ns| cpu_ns / wall_ns),
            littles_law_ratio: positive(Metric::LatencySumNs)
                .and_then(|sum_ns| littles_law_ratio(sum_ns, ok, wall_ns, f64::from(connections))),
            window_rate_p99: positive(Metric::WindowRateP99).map(|milli| milli / 1e3),
            resident_bytes: positive(Metric::ResidentBytes),
        })
    }
}

/// Little's law for a closed loop: the mean number in flight, `Σ latency / wall`, must be the
/// number of connections, but for the end of the slice. There, no request follows an answer: the
/// last answers come in over one mean latency *L*, during which on average half of the
/// connections still wait. That takes `(L/2)/wall` off the mean. A server that works on all requests
/// at once answers them at the same time at the end, and takes nothing off. What lies between the
/// two is right; the ratio tells what neither explains.
fn littles_law_ratio(latency_sum_ns: f64, ok: f64, wall_ns: f64, connections: f64) -> Option<f64> {
    let in_flight = latency_sum_ns / (connections * wall_ns);
    let drained_in_turn = 1.0 - latency_sum_ns / ok / 2.0 / wall_ns;
    let ratio = 1.0_f64.clamp(in_flight, (in_flight / drained_in_turn).max(in_flight));
    (drained_in_turn > 0.0 && ratio.is_finite()).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(readings: &[(Metric, i64)]) -> Slice {
        Slice {
            round: 0,
            block: 0,
            position: 0,
            readings: readings.iter().copied().collect(),
            latency_histogram: None,
            error_classes: Vec::new(),
        }
    }

    #[test]
    fn the_units_are_right() {
        let reading = Reading::of(
            &slice(&[
                (Metric::Ok, 1_000),
                (Metric::WallNs, 50_000_000),
                (Metric::ServerCpuNs, 48_000_000),
                (Metric::ClientCpuNs, 10_000_000),
                (Metric::ResidentBytes, 4_096),
            ]),
            (Metric::ServerCpuNs, false),
            10,
        )
        .unwrap();
        assert!((reading.cpu_us - 48.0).abs() < 1e-9);
        assert!((reading.wall_us - 50.0).abs() < 1e-9);
        assert!((reading.requests_per_s - 20_000.0).abs() < 1e-6);
        assert!((reading.utilisation - 0.96).abs() < 1e-12);
        assert!((reading.client_utilisation.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(
            (reading.littles_law_ratio, reading.resident_bytes),
            (None, Some(4_096.0))
        );
    }

    #[test]
    fn littles_law_allows_for_the_end_of_the_slice() {
        // Two connections take turns at a server of 1 ms a request, 100 requests, and drain: the
        // first request waits 1 ms, all others 2 ms, and in the last millisecond one is in flight.
        let sum_ns = 1e6 + 99.0 * 2e6;
        let ratio = littles_law_ratio(sum_ns, 100.0, 100e6, 2.0).unwrap();
        assert!((ratio - 1.0).abs() < 0.006, "{ratio}");
        // Both are worked on at once, 2 ms each pair: nothing is drained in turn.
        let ratio = littles_law_ratio(100.0 * 2e6, 100.0, 100e6, 2.0).unwrap();
        assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
        // A tenth of the time nothing was in flight, or more than the connections were.
        assert!(littles_law_ratio(180e6, 100.0, 100e6, 2.0).unwrap() < 0.92);
        assert!(littles_law_ratio(220e6, 100.0, 100e6, 2.0).unwrap() > 1.09);
        assert_eq!(littles_law_ratio(400e6, 1.0, 100e6, 2.0), None);
        assert_eq!(littles_law_ratio(1e6, 1.0, 100e6, 0.0), None);
    }

    #[test]
    fn a_slice_without_right_answers_says_nothing() {
        let mut readings = vec![
            (Metric::Ok, 0),
            (Metric::WallNs, 1),
            (Metric::ServerCpuNs, 1),
        ];
        assert!(Reading::of(&slice(&readings), (Metric::ServerCpuNs, false), 1).is_none());
        readings[0].1 = 1;
        assert!(Reading::of(&slice(&readings), (Metric::ServerCpuNs, false), 1).is_some());
        readings.pop();
        assert!(Reading::of(&slice(&readings), (Metric::ServerCpuNs, false), 1).is_none());
    }
}
