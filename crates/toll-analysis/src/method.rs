//! What is done with the samples of each instrument: one entry an instrument.

use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;

use crate::counts;
use crate::estimate::Costs;
use crate::gauge::{DIRECT, LOAD};
use crate::precision::{self, Precision};
use crate::results::InstrumentResult;
use crate::timed;

/// What is done with the samples of one instrument.
pub(crate) struct Method {
    /// The instrument.
    pub instrument: Instrument,
    /// What its samples say of a series.
    pub judge: fn(&MeasuredSeries, &Settings) -> Judged,
    /// Whether there are enough of them.
    pub precision: fn(&MeasuredSeries, &Settings) -> Precision,
}

/// What one instrument says of a series, and what findings want to know besides.
pub(crate) struct Judged {
    /// What is told.
    pub result: InstrumentResult,
    /// The fits behind it, where costs were fitted.
    pub costs: Option<Costs>,
    /// The numbers of middlewares that have a number, rising, each once.
    pub levels: Vec<u32>,
    /// Histograms that were left out because they could not be read.
    pub unreadable_histograms: usize,
}

/// Every instrument's method, in the order of [`Instrument::ALL`].
pub(crate) const METHODS: [Method; 3] = [
    Method {
        instrument: Instrument::Counts,
        judge: counts::judge,
        precision: counts::precision,
    },
    Method {
        instrument: Instrument::Direct,
        judge: |series, settings| timed::judge(series, &DIRECT, settings),
        precision: |series, settings| precision::of_time(series, &DIRECT, settings),
    },
    Method {
        instrument: Instrument::Load,
        judge: |series, settings| timed::judge(series, &LOAD, settings),
        precision: |series, settings| precision::of_time(series, &LOAD, settings),
    },
];

/// The method of `instrument`; audits have rules of their own.
pub(crate) fn of(instrument: Instrument) -> Option<&'static Method> {
    METHODS
        .iter()
        .find(|method| method.instrument == instrument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instrument_has_its_own_method() {
        for instrument in Instrument::ALL {
            assert!(of(instrument).is_some());
        }
    }
}
