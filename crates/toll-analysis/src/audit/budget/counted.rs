//! What a layer adds to the exact counts of a request, beside the budget's.

use std::collections::BTreeMap;

use toll_core::audit::{WHOLE, cell_of};
use toll_core::budget::{CountRange, LayerBudget};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredSeries};

use super::results::CountBudget;

/// The counts that a budget has: what Python is called for, and what the event loop has to do.
pub(super) const KEPT: [Metric; 5] = [
    Metric::PythonCalls,
    Metric::Tasks,
    Metric::LoopCallbacks,
    Metric::ThreadHops,
    Metric::Timers,
];

/// Counts that differ, by name.
pub(super) type Changes = BTreeMap<String, CountBudget>;

/// What was counted, by cell: both ends over all repeats.
pub(super) struct Counted(BTreeMap<u32, BTreeMap<Metric, CountRange>>);

impl Counted {
    pub(super) fn of(series: &MeasuredSeries) -> Self {
        let cells = series.cells(Instrument::Counts).iter();
        let of_cell = |metric: Metric, slices: &[toll_core::sample::Slice]| {
            let values = || slices.iter().filter_map(|slice| slice.readings.get(metric));
            let (low, high) = (values().min()?, values().max()?);
            Some((metric, CountRange { low, high }))
        };
        let cells = cells.map(|cell| {
            let counts = KEPT
                .iter()
                .filter_map(|metric| of_cell(*metric, &cell.slices));
            (cell.middlewares, counts.collect())
        });
        Self(cells.collect())
    }

    /// What the application has more than without the layer; `None` where one of both was not counted.
    pub(super) fn added(&self, place: usize) -> Option<BTreeMap<Metric, CountRange>> {
        let (whole, without) = (self.0.get(&WHOLE)?, self.0.get(&cell_of(place))?);
        let added: BTreeMap<Metric, CountRange> = whole
            .iter()
            .filter_map(|(metric, whole)| {
                let without = without.get(metric)?;
                let range = CountRange {
                    low: whole.low - without.high,
                    high: whole.high - without.low,
                };
                Some((*metric, range))
            })
            .collect();
        (!added.is_empty()).then_some(added)
    }

    /// What of it differs from the budget's.
    pub(super) fn changes(&self, place: usize, saved: &LayerBudget) -> Option<Changes> {
        let (now, saved) = (self.added(place)?, saved.counts.as_ref()?);
        let changes = saved.iter().filter_map(|(metric, saved)| {
            let change = change(*saved, *now.get(metric)?);
            (change.rises || change.falls).then(|| (metric.name().to_owned(), change))
        });
        Some(changes.collect())
    }
}

/// A count that did not repeat must differ by more than it ever did by itself: a few repeats do not see all of
/// its values.
fn change(saved: CountRange, now: CountRange) -> CountBudget {
    let slack = saved.width().max(now.width());
    CountBudget {
        rises: now.low > saved.high + slack,
        falls: now.high < saved.low - slack,
        saved: [saved.low, saved.high],
        now: [now.low, now.high],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_counts_differ_by_one_and_others_by_more_than_they_do_by_themselves() {
        let range = |low, high| CountRange { low, high };
        let differs = |saved, now| {
            let change = change(saved, now);
            (change.rises, change.falls)
        };
        assert_eq!(differs(range(6, 6), range(6, 6)), (false, false));
        assert_eq!(differs(range(6, 6), range(7, 7)), (true, false));
        assert_eq!(differs(range(6, 6), range(5, 5)), (false, true));
        assert_eq!(differs(range(340, 344), range(345, 346)), (false, false));
        assert_eq!(differs(range(340, 344), range(349, 350)), (true, false));
    }
}
