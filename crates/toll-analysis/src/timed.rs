//! The instruments that measure time: their cells, their fit and their shape.

use toll_core::metric::Metric;
use toll_core::sample::{MeasuredSeries, Slice};
use toll_core::settings::Settings;
use toll_stats::quantile::median;

use crate::blocks::Blocks;
use crate::cell;
use crate::estimate::Costs;
use crate::gauge::Gauge;
use crate::latency;
use crate::method::Judged;
use crate::model::Term;
use crate::precision;
use crate::results::{Cell, Driver, InstrumentResult};
use crate::rounds;
use crate::shape;

/// What the slices that `gauge` reads say of `series`.
pub(crate) fn judge(series: &MeasuredSeries, gauge: &Gauge, settings: &Settings) -> Judged {
    let blocks = Blocks::of(series, gauge, settings.connections);
    let costs = Costs::of(&blocks);
    let (cells, unreadable_histograms) = cells(gauge, &blocks);
    let told = |term| costs.as_ref().and_then(|costs: &Costs| costs.told(term));
    let toll = costs
        .as_ref()
        .and_then(|costs| costs.straight.get(&Term::Toll));
    let half_width = toll.and_then(|toll| precision::relative_half_width(*toll));
    let result = InstrumentResult {
        base: told(Term::Base),
        first_layer: costs.as_ref().and_then(Costs::told_first_layer),
        toll: told(Term::Toll),
        shape: shape::shape(costs.as_ref(), &cells),
        rounds: blocks.complete_rounds(),
        precise: half_width.is_some_and(|half_width| half_width <= settings.precision),
        driver: driver(series, gauge),
        cells,
        ..InstrumentResult::default()
    };
    Judged {
        result,
        levels: blocks.levels(),
        costs,
        unreadable_histograms,
    }
}

/// Every cell as `gauge` tells it, in the order of the blocks' cells, and how many histograms could
/// not be read.
pub(crate) fn cells(gauge: &Gauge, blocks: &Blocks<'_>) -> (Vec<Cell>, usize) {
    let mut unreadable_histograms = 0;
    let cells = blocks
        .cells
        .iter()
        .map(|of| {
            let (latency, unreadable) = latency::percentiles(blocks.histograms(of));
            unreadable_histograms += unreadable;
            cell::cell(gauge, blocks, of, latency.filter(|_| of.takes_part))
        })
        .collect();
    (cells, unreadable_histograms)
}

/// What driving the application costs, and a plain layer: the median over the rounds' medians of
/// all slices that hold it.
fn driver(series: &MeasuredSeries, gauge: &Gauge) -> Option<Driver> {
    let slices = || {
        series
            .cells(gauge.instrument)
            .iter()
            .flat_map(|cell| &cell.slices)
    };
    let over_rounds = |value: fn(&Slice) -> Option<f64>| {
        let values = slices().filter_map(|slice| value(slice).map(|value| (slice.round, value)));
        median(&rounds::medians(values))
    };
    Some(Driver {
        request_us: over_rounds(request_us)?,
        reference_layer_us: over_rounds(reference_layer_us),
    })
}

fn request_us(slice: &Slice) -> Option<f64> {
    per_request_us(slice, Metric::DriverCpuNs, Metric::DriverRequests)
}

/// One of the plain layers around the empty application, whose own cost was read beside them.
fn reference_layer_us(slice: &Slice) -> Option<f64> {
    let layers = slice
        .readings
        .get(Metric::ReferenceLayers)
        .filter(|layers| *layers > 0)?;
    let all = per_request_us(slice, Metric::ReferenceCpuNs, Metric::ReferenceRequests)?;
    Some((all - request_us(slice)?) / layers as f64)
}

fn per_request_us(slice: &Slice, cpu: Metric, requests: Metric) -> Option<f64> {
    let positive = |metric| slice.readings.get(metric).filter(|value| *value > 0);
    Some(positive(cpu)? as f64 / positive(requests)? as f64 / 1e3)
}
