//! What stands side by side, and when it is enough.

use toll_analysis::Precision;
use toll_analysis::audit::{Asked, precision};
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_lab::bench::{Comparison, Station};
use toll_store::{Store, StoreError};

use crate::job::Judge;

/// Enough is when every layer is known well enough, and what was asked about is decided.
pub(super) struct Layers {
    pub(super) settings: Settings,
    /// Series of today's environment, and those that stand beside them.
    pub(super) pairs: Vec<(usize, usize)>,
}

/// The series of variants in both environments.
pub(super) fn pairs(asked: &[Asked]) -> Vec<(usize, usize)> {
    let pair = |asked: &Asked| Some((asked.variants?, asked.supposed.as_ref()?.at.series()?));
    asked.iter().filter_map(pair).collect()
}

impl Judge for Layers {
    fn judge(
        &self,
        store: &Store,
        series: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError> {
        let beside = self.pairs.iter().find(|(today, _)| *today == series);
        let beside = beside.map(|(_, beside)| store.load_series(*beside));
        let (beside, series) = (beside.transpose()?, store.load_series(series)?);
        let beside = beside.as_ref();
        Ok(precision(&series, beside, instrument, &self.settings))
    }
}

/// The variants of a request in both environments share their blocks; all else stands alone.
pub(super) fn side_by_side(stations: Vec<Station>, pairs: &[(usize, usize)]) -> Vec<Comparison> {
    let today_of = |station: &Station| {
        let pair = pairs.iter().find(|(_, beside)| *beside == station.series);
        pair.map(|(today, _)| *today)
    };
    let (beside, today): (Vec<Station>, Vec<Station>) = stations
        .into_iter()
        .partition(|station| today_of(station).is_some());
    let mut comparisons: Vec<Comparison> = today.into_iter().map(Comparison::from).collect();
    for station in beside {
        let today = today_of(&station);
        let comparison = comparisons
            .iter_mut()
            .find(|comparison| Some(comparison.first().series) == today);
        if let Some(comparison) = comparison {
            comparison.stations.push(station);
            comparison.essential = comparison.stations.len();
        }
    }
    comparisons
}
