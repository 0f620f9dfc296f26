//! How the slices of each instrument that takes time are read: one entry an instrument.

use toll_core::metric::Metric;
use toll_core::sample::Instrument;

use crate::cell::{Numbers, saturated};
use crate::reading::Reading;
use crate::results::{Cell, Saturated, WindowRate};

/// How the slices of one instrument are read.
#[derive(Debug)]
pub(crate) struct Gauge {
    /// The instrument.
    pub instrument: Instrument,
    /// The CPU clock that belongs to the requests: its reading by right answers is the cost.
    pub cpu: Metric,
    /// Whether a cost may come out below zero: it is what is left when another is taken off.
    pub signed: bool,
    /// Puts into a cell what this instrument tells of it.
    pub tell: fn(&mut Cell, &Numbers<'_>),
}

/// A real server under HTTP load.
pub(crate) const LOAD: Gauge = Gauge {
    instrument: Instrument::Load,
    cpu: Metric::ServerCpuNs,
    signed: false,
    tell: tell_load,
};

/// The application awaited in-process.
pub(crate) const DIRECT: Gauge = Gauge {
    instrument: Instrument::Direct,
    cpu: Metric::CpuNs,
    signed: false,
    tell: tell_direct,
};

/// One's own application with and without a layer.
pub(crate) const ABLATION: Gauge = Gauge {
    instrument: Instrument::Ablation,
    cpu: Metric::CpuNs,
    signed: false,
    tell: tell_direct,
};

/// A layer of one's own application by itself.
pub(crate) const EXCLUSIVE: Gauge = Gauge {
    instrument: Instrument::Exclusive,
    cpu: Metric::CpuNs,
    signed: true,
    tell: tell_direct,
};

fn tell_load(cell: &mut Cell, numbers: &Numbers<'_>) {
    cell.server_cpu_us = numbers.estimate("us", |reading| reading.cpu_us);
    cell.requests_per_s = numbers.estimate("requests/s", |reading| reading.requests_per_s);
    cell.server_utilisation = numbers.median(|reading| Some(reading.utilisation));
    cell.client_utilisation = numbers.median(|reading| reading.client_utilisation);
    cell.littles_law_ratio = numbers.median(|reading| reading.littles_law_ratio);
    cell.saturated = cell
        .server_utilisation
        .map(|server| saturated(server, cell.client_utilisation));
    cell.window_rate = window_rate(numbers);
    cell.requests_per_s_believed = cell.saturated == Some(Saturated::Server);
}

fn window_rate(numbers: &Numbers<'_>) -> Option<WindowRate> {
    let over_rate = |reading: &Reading| Some(reading.window_rate_p99? / reading.requests_per_s);
    Some(WindowRate {
        p99_requests_per_s: numbers.median(|reading| reading.window_rate_p99)?,
        over_rate: numbers.median(over_rate)?,
    })
}

/// One request at a time and no server: no latency, no rate, nobody to be saturated.
fn tell_direct(cell: &mut Cell, numbers: &Numbers<'_>) {
    cell.cpu_us = numbers.estimate("us", |reading| reading.cpu_us);
    cell.wall_us = numbers.estimate("us", |reading| reading.wall_us);
}
