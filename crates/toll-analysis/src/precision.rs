//! When enough has been measured.

use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;
use toll_stats::location::Location;

use crate::blocks::Blocks;
use crate::estimate::Costs;
use crate::gauge::Gauge;
use crate::method;
use crate::model::{self, Term};

/// How well the toll of a series is known so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Rounds with a complete block, or with a count.
    pub rounds: usize,
    /// Half the width of the toll's interval by the toll; `None` while there is no interval, and
    /// where the levels determine no toll.
    pub half_width: Option<f64>,
    /// Whether no further round is wanted: the precision asked for is reached after at least
    /// `rounds_min` rounds, or `rounds_max` rounds were begun, or there is no toll to be had.
    /// `counts` are done after `count_rounds` rounds.
    pub done: bool,
}

/// How well the toll of `series` is known by one instrument. Cheap enough to ask after every round.
///
/// Where time is measured, the rule looks at the width of the interval and not at the side on which
/// it lies, so that it does not favour a result; a simulation among the tests shows that the
/// interval keeps its cover. Counts are done after `count_rounds` rounds, whatever they say.
pub fn toll_precision(
    series: &MeasuredSeries,
    instrument: Instrument,
    settings: &Settings,
) -> Precision {
    let nothing = Precision {
        rounds: 0,
        half_width: None,
        done: true,
    };
    let precision =
        method::of(instrument).map_or(nothing, |method| (method.precision)(series, settings));
    let hopeless = series.failure.is_some() || series.cells(instrument).is_empty();
    Precision {
        done: precision.done || hopeless,
        ..precision
    }
}

/// The rule for the instruments that measure time.
pub(crate) fn of_time(series: &MeasuredSeries, gauge: &Gauge, settings: &Settings) -> Precision {
    let blocks = Blocks::of(series, gauge, settings.connections);
    let rounds = blocks.complete_rounds();
    let half_width = Costs::toll(&blocks).and_then(relative_half_width);
    let min = settings.rounds_min as usize;
    let precise = half_width.is_some_and(|half_width| half_width <= settings.precision);
    let has_toll = model::straight(&blocks.levels()).contains(&Term::Toll);
    let exhausted = blocks.begun_rounds() >= settings.rounds_max as usize;
    Precision {
        rounds,
        half_width,
        done: exhausted || (rounds >= min && (precise || !has_toll)),
    }
}

/// Half the width of the interval by the size of the estimate.
pub(crate) fn relative_half_width(location: Location) -> Option<f64> {
    let half_width = location
        .interval
        .map(|interval| (interval.high - interval.low) / 2.0)?;
    let relative = half_width / location.estimate.abs();
    relative.is_finite().then_some(relative)
}

#[cfg(test)]
mod tests {
    use toll_core::failure::{Failure, Stage};

    use super::*;
    use crate::gauge::LOAD;
    use crate::synthetic::{Synthetic, load_cells};

    fn by_load(series: &MeasuredSeries, settings: &Settings) -> Precision {
        toll_precision(series, Instrument::Load, settings)
    }

    fn after(rounds: u32, settings: &Settings) -> Precision {
        by_load(
            &Synthetic {
                rounds,
                ..Synthetic::default()
            }
            .series(),
            settings,
        )
    }

    #[test]
    fn a_series_is_done_when_its_toll_is_narrow_enough() {
        let settings = Settings {
            precision: 0.05,
            rounds_min: 6,
            rounds_max: 40,
            ..Settings::default()
        };
        let early = after(5, &settings);
        assert_eq!(
            (early.rounds, early.half_width, early.done),
            (5, None, false)
        );
        let loose = after(
            6,
            &Settings {
                precision: 0.5,
                ..settings.clone()
            },
        );
        assert!(loose.done && loose.half_width.unwrap() < 0.2, "{loose:?}");
        assert!(
            !after(
                6,
                &Settings {
                    precision: 0.001,
                    ..settings.clone()
                }
            )
            .done
        );
        assert!(
            !after(
                6,
                &Settings {
                    precision: 0.5,
                    rounds_min: 7,
                    ..settings.clone()
                }
            )
            .done
        );
        assert!(
            after(
                6,
                &Settings {
                    precision: 0.001,
                    rounds_max: 6,
                    ..settings.clone()
                }
            )
            .done
        );
        assert!(after(30, &settings).half_width < after(8, &settings).half_width);
    }

    #[test]
    fn what_can_have_no_toll_does_not_run_on() {
        let settings = Settings::default();
        let one_level = Synthetic {
            levels: vec![5],
            rounds: 6,
            ..Synthetic::default()
        }
        .series();
        assert_eq!(
            by_load(&one_level, &settings),
            Precision {
                rounds: 6,
                half_width: None,
                done: true
            }
        );
        assert!(by_load(&MeasuredSeries::default(), &settings).done);
        let mut failed = Synthetic {
            rounds: 0,
            ..Synthetic::default()
        }
        .series();
        assert!(!by_load(&failed, &settings).done);
        failed.failure = Some(Failure::new(
            Stage::Provision,
            "no-solution",
            "no such version",
        ));
        assert!(by_load(&failed, &settings).done);
    }

    #[test]
    fn each_instrument_comes_to_its_own_end() {
        let settings = Settings::default();
        let all = Synthetic {
            noiseless: true,
            ..Synthetic::default()
        }
        .series_by(&Instrument::ALL);
        let counts = toll_precision(&all, Instrument::Counts, &settings);
        assert_eq!(
            (counts.rounds, counts.half_width, counts.done),
            (2, None, true)
        );
        let more = Settings {
            count_rounds: 3,
            ..settings.clone()
        };
        assert!(!toll_precision(&all, Instrument::Counts, &more).done);
        let direct = toll_precision(&all, Instrument::Direct, &settings);
        assert!(direct.done && direct.half_width.unwrap() < 1e-3 && direct.rounds == 8);
        let none = Synthetic::default().series();
        assert!(toll_precision(&none, Instrument::Counts, &settings).done);
    }

    #[test]
    fn a_series_whose_cells_all_fail_comes_to_an_end() {
        let mut series = Synthetic {
            rounds: 40,
            ..Synthetic::default()
        }
        .series();
        for slice in load_cells(&mut series)
            .iter_mut()
            .flat_map(|cell| &mut cell.slices)
        {
            slice.readings.set(toll_core::metric::Metric::Ok, 0);
        }
        assert_eq!(
            by_load(&series, &Settings::default()),
            Precision {
                rounds: 0,
                half_width: None,
                done: true
            }
        );
    }

    /// The first `rounds` rounds of `whole`.
    fn begun(whole: &MeasuredSeries, rounds: u32) -> MeasuredSeries {
        let mut series = whole.clone();
        for cell in load_cells(&mut series) {
            cell.slices.retain(|slice| slice.round < rounds);
        }
        series
    }

    #[test]
    fn stopping_when_the_interval_is_narrow_does_not_spoil_it() {
        let settings = Settings {
            precision: 0.03,
            ..Settings::default()
        };
        let runs = 150;
        let covered = (0..runs)
            .filter(|seed| {
                let planted = Synthetic {
                    seed: *seed,
                    rounds: 40,
                    blocks: 1,
                    ..Synthetic::default()
                };
                let whole = planted.series();
                let stopped = (settings.rounds_min..=settings.rounds_max)
                    .map(|rounds| begun(&whole, rounds))
                    .find(|series| by_load(series, &settings).done)
                    .unwrap();
                let interval = Costs::toll(&Blocks::of(&stopped, &LOAD, 10))
                    .unwrap()
                    .interval
                    .unwrap();
                let truth = planted.toll_us / planted.true_anchor_us();
                interval.low <= truth && truth <= interval.high
            })
            .count();
        // 0.94 over 400 runs; three standard errors of 150 runs below that.
        assert!(covered as f64 / runs as f64 > 0.88, "{covered} of {runs}");
    }
}
