//! Narrowing by time: the middle of a range beside both of its ends, until it is decided which of them it
//! is like.

use std::sync::Arc;

use anyhow::anyhow;
use toll_analysis::Precision;
use toll_analysis::bisect::{Half, between, rounds_max};
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_lab::bench::{Comparison, Station};
use toll_store::{Store, StoreError};

use super::prober::Prober;
use crate::job::{self, Judge, Order, Task};

/// Asks by time.
pub(super) struct Clock<'p, 'a> {
    prober: &'p mut Prober<'a>,
    instrument: Instrument,
    toll: bool,
}

/// When one question is decided.
struct Thirds {
    toll: bool,
    settings: Settings,
}

impl Judge for Thirds {
    fn judge(
        &self,
        store: &Store,
        _: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError> {
        let series = [
            store.load_series(0)?,
            store.load_series(1)?,
            store.load_series(2)?,
        ];
        let told = between(series.each_ref(), self.toll, instrument, &self.settings);
        Ok(Precision {
            rounds: told.rounds,
            half_width: None,
            done: told.done,
        })
    }
}

impl<'p, 'a> Clock<'p, 'a> {
    pub(super) fn new(prober: &'p mut Prober<'a>, instrument: Instrument, toll: bool) -> Self {
        Self {
            prober,
            instrument,
            toll,
        }
    }

    /// In which half of a range the step lies; `None` where the middle has no number.
    pub(super) fn half(
        &mut self,
        low: usize,
        middle: usize,
        high: usize,
    ) -> anyhow::Result<Option<Half>> {
        // A release that cannot even be counted is skipped before anything is timed.
        if self.prober.probe(middle)?.is_err() {
            return Ok(None);
        }
        let versions = [low, middle, high].map(|place| self.prober.range.versions[place].clone());
        let order = self.order([low, middle, high])?;
        let mut task = Task::new(order)?;
        let prepared = job::prepare(&task, self.prober.workshop)?;
        let settings = task.plan.settings.clone();
        let judge = Arc::new(Thirds {
            toll: self.toll,
            settings: settings.clone(),
        });
        let label = versions.join(" | ");
        let together = move |stations: Vec<Station>| {
            let whole = stations.len() == 3;
            let comparison = Comparison::of_all(label.clone(), stations);
            if whole { vec![comparison] } else { Vec::new() }
        };
        let printer = self.prober.workshop.printer;
        let measured = job::measure(&mut task, &prepared, &together, judge, printer)?;
        if measured.interrupted {
            return Err(anyhow!("interrupted"));
        }
        let [one, two, three] = &measured.run.series[..] else {
            return Ok(None);
        };
        let is_timed = |series: &toll_core::sample::MeasuredSeries| {
            let mut cells = series.cells(self.instrument).iter();
            cells.any(|cell| !cell.slices.is_empty())
        };
        for (end, version) in [(one, &versions[0]), (three, &versions[2])] {
            if !is_timed(end) {
                return Err(anyhow!("{version} was counted, and could not be timed"));
            }
        }
        if !is_timed(two) {
            return Ok(None);
        }
        let told = between([one, two, three], self.toll, self.instrument, &settings);
        let like = match told.half {
            Some(Half::Lower) => &versions[2],
            Some(Half::Upper) => &versions[0],
            None => "neither",
        };
        self.prober.printer.talk(format!(
            "{}: like {like} ({} rounds)",
            versions[1], told.rounds
        ));
        Ok(told.half)
    }

    fn order(&mut self, places: [usize; 3]) -> anyhow::Result<Order> {
        let held = self.prober.held(vec![self.instrument]);
        let mut planned = self.prober.at_same_levels(&places, &held)?;
        planned.plan.settings.rounds_max = rounds_max() as u32;
        planned.plan.settings.rounds_min = 1;
        Ok(planned.order(self.prober.folder(), None))
    }
}
