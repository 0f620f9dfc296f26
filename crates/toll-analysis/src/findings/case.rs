//! A series with all that is known of it, as the findings ask for it.

use std::collections::BTreeMap;

use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;

use crate::method::Judged;
use crate::results::{Cell, Confidence, Count, CountToll};

/// The instruments that measure time, the one that speaks for the series first.
const TIMED: [Instrument; 2] = [Instrument::Load, Instrument::Direct];

/// A slope of this many events per layer is one event per layer: the first or the last layer may
/// do without it.
pub(super) const ONE_PER_LAYER: f64 = 0.9;

/// A series with all that is known of it.
pub(crate) struct Case<'a> {
    /// What was measured.
    pub series: &'a MeasuredSeries,
    /// How.
    pub settings: &'a Settings,
    /// What came out, by instrument.
    pub judged: &'a BTreeMap<Instrument, Judged>,
}

impl<'a> Case<'a> {
    /// What `instrument` says, if it was used.
    pub(super) fn of(&self, instrument: Instrument) -> Option<&'a Judged> {
        self.judged.get(&instrument)
    }

    /// The instruments that measure time and were used, the one that speaks for the series first.
    pub(super) fn timed(&self) -> impl Iterator<Item = (Instrument, &'a Judged)> + '_ {
        TIMED
            .into_iter()
            .filter_map(|instrument| Some((instrument, self.of(instrument)?)))
    }

    /// The cells under load.
    pub(super) fn load_cells(&self) -> &'a [Cell] {
        self.of(Instrument::Load)
            .map_or(&[], |judged| &judged.result.cells)
    }

    /// ` (direct)` where a sentence would not tell which instrument it is about.
    pub(super) fn suffix(&self, instrument: Instrument) -> String {
        if self.timed().count() > 1 {
            format!(" ({})", instrument.name())
        } else {
            String::new()
        }
    }

    /// What the layers add to `metric`.
    pub(super) fn count_toll(&self, metric: Metric) -> Option<&'a CountToll> {
        let counts = self.of(Instrument::Counts)?;
        counts.result.counts.get(metric.name())
    }

    /// What one more layer adds to `metric`.
    pub(super) fn per_layer(&self, metric: Metric) -> Option<f64> {
        self.count_toll(metric)?.toll
    }

    /// What was counted of `metric`, by number of middlewares.
    pub(super) fn counts(&self, metric: Metric) -> Vec<(u32, &'a Count)> {
        let cells = self
            .of(Instrument::Counts)
            .map_or(&[][..], |judged| &judged.result.cells);
        cells
            .iter()
            .filter_map(|cell| Some((cell.middlewares, cell.counts.get(metric.name())?)))
            .collect()
    }

    /// What was counted of `metric` without middlewares.
    pub(super) fn count_without(&self, metric: Metric) -> Option<&'a Count> {
        let counts = self.counts(metric);
        counts
            .first()
            .filter(|(n, _)| *n == 0)
            .map(|(_, count)| *count)
    }

    /// `0: 46; 1: 563; 5: 4986`, with both ends where a count did not repeat.
    pub(super) fn listed_counts(&self, metric: Metric) -> String {
        let counts = self.counts(metric);
        let told: Vec<String> = few(counts.len())
            .map(|place| format!("{}: {}", counts[place].0, range(counts[place].1)))
            .collect();
        told.join("; ")
    }

    /// How sure a finding is that rests on `metric`: what repeated is certain.
    pub(super) fn certainty(&self, metric: Metric) -> Confidence {
        let mut counts = self.counts(metric).into_iter();
        if counts.all(|(_, count)| count.low == count.high) {
            Confidence::Certain
        } else {
            Confidence::Likely
        }
    }
}

/// The places of at most six of so many cells, from the first two to the last: enough to see how a
/// count grows.
pub(super) fn few(cells: usize) -> impl Iterator<Item = usize> {
    const TOLD: usize = 6;
    let wanted = move |place: &usize| {
        let place = *place;
        cells <= TOLD
            || place < 2
            || (1..TOLD - 1).any(|part| place == 1 + (cells - 2) * part / (TOLD - 2))
    };
    (0..cells).filter(wanted)
}

/// A count, with both ends where it did not repeat.
pub(super) fn range(count: &Count) -> String {
    if count.low == count.high {
        count.low.to_string()
    } else {
        format!("{} to {}", count.low, count.high)
    }
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn six_cells_tell_of_many() {
        assert_eq!(few(4).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(few(6).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(few(21).collect::<Vec<_>>(), [0, 1, 5, 10, 15, 20]);
    }
}
