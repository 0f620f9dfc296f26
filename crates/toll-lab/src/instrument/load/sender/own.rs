//! The tool's own generator, on connections that stay open from slice to slice.

use std::error::Error;
use std::time::Duration;

use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use toll_core::metric::{Metric, Readings};
use toll_load::SliceOutcome;

use super::{Sender, Sent};
use crate::bench::Bench;
use crate::serving::Living;

/// The sender.
pub(in super::super) struct Own;

impl Sender for Own {
    /// Accepting new connections is not the cost of a request.
    fn make_ready(&self, cell: &mut Living) {
        cell.session.renew();
    }

    fn send(
        &self,
        bench: &Bench,
        cell: &mut Living,
        duration: Duration,
    ) -> Result<Sent, Box<dyn Error>> {
        let outcome = cell.session.slice(duration, &bench.abort)?;
        Ok(Sent {
            ok: outcome.ok,
            wall_ns: outcome.wall_ns,
            readings: readings(&outcome),
            latency_histogram: encode(&outcome),
            error_classes: classes(&outcome),
            own_cpu_ns: outcome.client_cpu_ns,
        })
    }
}

fn readings(outcome: &SliceOutcome) -> Readings {
    let values = [
        (Metric::Sent, outcome.sent),
        (Metric::Ok, outcome.ok),
        (Metric::Failed, outcome.errors.total()),
        (Metric::WallNs, outcome.wall_ns),
        (Metric::ClientCpuNs, outcome.client_cpu_ns),
        (Metric::LatencySumNs, outcome.latency_sum_ns),
        (Metric::BytesIn, outcome.bytes_in),
        (Metric::BytesOut, outcome.bytes_out),
    ];
    values
        .into_iter()
        .map(|(metric, value)| (metric, value as i64))
        .collect()
}

fn encode(outcome: &SliceOutcome) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&outcome.latency, &mut bytes)
        .ok()
        .map(|_| bytes)
}

fn classes(outcome: &SliceOutcome) -> Vec<(String, u64)> {
    let occurred = outcome.errors.by_class().filter(|(_, count)| *count > 0);
    occurred
        .map(|(fault, count)| (fault.name().to_owned(), count))
        .collect()
}
