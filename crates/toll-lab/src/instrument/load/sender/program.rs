//! A program that is started for each slice and makes its own connections.

use std::error::Error;
use std::time::Duration;

use toll_core::metric::{Metric, Readings};

use super::{Sender, Sent};
use crate::bench::Bench;
use crate::generator::{Assignment, Outcome, Program};
use crate::serving::Living;

impl Sender for Program {
    fn send(
        &self,
        bench: &Bench,
        cell: &mut Living,
        duration: Duration,
    ) -> Result<Sent, Box<dyn Error>> {
        let beside = self.runner.is_beside_the_server();
        let target = if beside {
            &cell.target_inside
        } else {
            &cell.target
        };
        let server = cell.server.container().filter(|_| beside);
        let assignment = Assignment {
            target: target.clone(),
            request: cell.request.clone(),
            connections: bench.settings.connections,
            duration,
            rate: None,
            timeout: Duration::from_millis(bench.settings.timeout_ms),
            core: bench.cores.generator,
            server: server.map(str::to_owned),
        };
        let outcome = self.run(&assignment, &bench.abort)?;
        Ok(Sent {
            ok: outcome.ok,
            wall_ns: outcome.wall_ns,
            readings: readings(&outcome),
            latency_histogram: None,
            error_classes: outcome.error_classes,
            own_cpu_ns: 0,
        })
    }
}

/// What the program told; the rest is left out.
fn readings(outcome: &Outcome) -> Readings {
    let latency_sum_ns = |mean_ns: u64| mean_ns.saturating_mul(outcome.ok);
    let in_thousandths = |rate: f64| (rate * 1e3).round() as u64;
    let values = [
        (Metric::Sent, outcome.sent),
        (Metric::Ok, Some(outcome.ok)),
        (Metric::Failed, Some(outcome.failed)),
        (Metric::WallNs, Some(outcome.wall_ns)),
        (Metric::ClientCpuNs, Some(outcome.client_cpu_ns)),
        (
            Metric::LatencySumNs,
            outcome.latency.mean_ns.map(latency_sum_ns),
        ),
        (Metric::BytesIn, outcome.bytes_in),
        (Metric::BytesOut, outcome.bytes_out),
        (
            Metric::WindowRateP99,
            outcome.window_rate_p99.map(in_thousandths),
        ),
    ];
    values
        .into_iter()
        .filter_map(|(metric, value)| Some((metric, value? as i64)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::ReportedLatency;

    #[test]
    fn what_a_tool_does_not_tell_is_not_read() {
        let outcome = Outcome {
            ok: 10,
            wall_ns: 1_000,
            latency: ReportedLatency {
                mean_ns: Some(7),
                ..ReportedLatency::default()
            },
            window_rate_p99: Some(12.3456),
            ..Outcome::default()
        };
        let readings = readings(&outcome);
        assert_eq!(readings.get(Metric::Sent), None);
        assert_eq!(readings.get(Metric::BytesIn), None);
        assert_eq!(readings.get(Metric::Failed), Some(0));
        assert_eq!(readings.get(Metric::LatencySumNs), Some(70));
        assert_eq!(readings.get(Metric::WindowRateP99), Some(12_346));
    }
}
