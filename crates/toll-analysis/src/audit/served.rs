//! What the whole application holds under a real server, with and without its layers.

use toll_core::audit::{BARE, WHOLE};
use toll_core::axes;
use toll_core::failure::Failure;
use toll_core::sample::{Instrument, MeasuredSeries};
use toll_core::settings::Settings;

use super::cost;
use super::results::{LoadAudit, LoadSide};
use crate::blocks::{Blocks, CellReadings};
use crate::cell::failed_requests;
use crate::gauge::LOAD;
use crate::precision::Precision;
use crate::reading::Reading;
use crate::results::{Cell, Estimate};
use crate::rounds;
use crate::timed;

/// Known well enough: half the width of the interval of each cell's CPU, by that CPU.
const PRECISION: f64 = 0.03;

/// How far load has come: by the cell that is known worst.
pub(super) fn precision(series: &MeasuredSeries, settings: &Settings) -> Precision {
    let blocks = Blocks::of(series, &LOAD, settings.connections);
    let rounds = blocks.complete_rounds();
    let half_widths: Option<Vec<f64>> = blocks
        .taking_part()
        .map(|cell| relative_half_width(&cpu_us(&blocks, cell)?))
        .collect();
    let worst = half_widths.and_then(|all| all.into_iter().reduce(f64::max));
    let enough = rounds >= settings.rounds_min as usize;
    Precision {
        rounds,
        half_width: worst,
        done: enough && worst.is_some_and(|worst| worst <= PRECISION),
    }
}

fn relative_half_width(cost: &Estimate) -> Option<f64> {
    Some(cost.half_width()? / cost.estimate)
}

/// Judges the series of one request. `layers_out` of the layers can be taken out.
pub(super) fn judge(series: &MeasuredSeries, settings: &Settings, layers_out: usize) -> LoadAudit {
    let blocks = Blocks::of(series, &LOAD, settings.connections);
    let (cells, _) = timed::cells(&LOAD, &blocks);
    let side = |number: u32| {
        let mut known = blocks.taking_part();
        let of = known.find(|of| of.cell.middlewares == number)?;
        let cell = cells.iter().find(|cell| cell.middlewares == number)?;
        side(&blocks, of, cell)
    };
    let server = series.axes.get(axes::SERVER);
    let (name, version) = server.split_once("==").unwrap_or((server, ""));
    LoadAudit {
        server: name.to_owned(),
        server_version: Some(version.to_owned()).filter(|version| !version.is_empty()),
        http: series.axes.get(axes::HTTP).to_owned(),
        event_loop: series.axes.get(axes::LOOP).to_owned(),
        switched_off: series.switched_off.clone(),
        connections: settings.connections,
        layers_out,
        with: side(WHOLE),
        without: side(BARE),
        toll_us: cost::differences(&blocks).of.remove(&BARE),
        ratio: ratio(&blocks),
        rounds: blocks.complete_rounds(),
        error: error(series),
    }
}

fn side(blocks: &Blocks<'_>, of: &CellReadings<'_>, cell: &Cell) -> Option<LoadSide> {
    Some(LoadSide {
        requests_per_s: over_rounds(blocks, of, "requests/s", |reading| reading.requests_per_s)?,
        cpu_us: cpu_us(blocks, of)?,
        p99_us: cell.latency.as_ref().map(|latency| latency.p99_us),
        saturated: cell.saturated?,
        requests: cell.requests,
        failed: failed_requests(of.cell),
    })
}

fn cpu_us(blocks: &Blocks<'_>, of: &CellReadings<'_>) -> Option<Estimate> {
    over_rounds(blocks, of, "us", |reading| reading.cpu_us)
}

/// A value by itself, the machine's drift in its interval: people take it for what the machine holds.
fn over_rounds(
    blocks: &Blocks<'_>,
    of: &CellReadings<'_>,
    unit: &str,
    value: fn(&Reading) -> f64,
) -> Option<Estimate> {
    let values = blocks.counting(of);
    let located = rounds::locate(values.map(|(round, reading)| (round, value(&reading))))?;
    Some(rounds::told(located, unit))
}

/// The rate without by the rate with, in every block: the machine's drift cancels.
fn ratio(blocks: &Blocks<'_>) -> Option<Estimate> {
    let of = |number: u32| {
        let mut cells = blocks.taking_part();
        cells.find(|cell| cell.cell.middlewares == number)
    };
    let (with, without) = (of(WHOLE)?, of(BARE)?);
    let ratios = blocks.complete.iter().filter_map(|block| {
        let (with, without) = (with.by_block.get(block)?, without.by_block.get(block)?);
        Some((block.0, without.requests_per_s / with.requests_per_s))
    });
    Some(rounds::told(rounds::locate(ratios)?, "ratio"))
}

/// Why a number is not there: what failed last of the series, or of its first cell that has no slice.
fn error(series: &MeasuredSeries) -> Option<Failure> {
    let cells = series.cells(Instrument::Load).iter();
    let of_cell = || {
        let mut lacking = cells.filter(|cell| cell.slices.is_empty());
        lacking.find_map(|cell| cell.failures.last().cloned())
    };
    series.failure.clone().or_else(of_cell)
}

#[cfg(test)]
mod tests {
    use toll_core::failure::Stage;
    use toll_core::metric::Metric;

    use super::*;
    use crate::synthetic::{Synthetic, load_cells};

    /// Two cells, of 300 and of 100 µs, under ten connections.
    fn served(synthetic: &Synthetic) -> MeasuredSeries {
        let mut series = Synthetic {
            levels: vec![0, 1],
            base_us: 300.0,
            toll_us: -200.0,
            ..synthetic.clone()
        }
        .series();
        load_cells(&mut series)[1].middlewares = BARE;
        series.axes.set(axes::SERVER, "uvicorn==0.34.0");
        series
    }

    fn exact() -> MeasuredSeries {
        served(&Synthetic {
            noiseless: true,
            ..Synthetic::default()
        })
    }

    #[test]
    fn without_noise_both_sides_and_what_is_between_them_come_out() {
        let told = judge(&exact(), &Settings::default(), 7);
        let (with, without) = (told.with.unwrap(), told.without.unwrap());
        assert!((with.cpu_us.estimate - 300.0).abs() < 0.1, "{with:?}");
        assert!((without.cpu_us.estimate - 100.0).abs() < 0.1, "{without:?}");
        assert!((told.toll_us.unwrap().estimate - 200.0).abs() < 0.1);
        let rates = without.requests_per_s.estimate / with.requests_per_s.estimate;
        assert!((told.ratio.unwrap().estimate / rates - 1.0).abs() < 0.01);
        assert_eq!(told.server, "uvicorn");
        assert_eq!(told.server_version.as_deref(), Some("0.34.0"));
        assert!(told.error.is_none());
    }

    #[test]
    fn what_was_planted_lies_in_the_interval_as_often_as_it_says() {
        let runs = 150;
        let covered = (0..runs)
            .filter(|seed| {
                let series = served(&Synthetic {
                    seed: *seed,
                    ..Synthetic::default()
                });
                let told = judge(&series, &Settings::default(), 7);
                // Relative to what was measured beside it: so is the truth.
                let all =
                    told.with.unwrap().cpu_us.estimate + told.without.unwrap().cpu_us.estimate;
                let (toll, truth) = (told.toll_us.unwrap(), 200.0 / 400.0 * all);
                toll.low.unwrap() <= truth && truth <= toll.high.unwrap()
            })
            .count();
        assert!(covered as f64 / f64::from(runs as u32) > 0.9, "{covered}");
    }

    #[test]
    fn it_is_enough_when_both_are_known_and_not_before_the_sixth_round() {
        let settings = Settings::default();
        let known = precision(&exact(), &settings);
        assert!(known.done && known.half_width.unwrap() < 0.001);
        let few = served(&Synthetic {
            noiseless: true,
            rounds: 5,
            ..Synthetic::default()
        });
        assert!(!precision(&few, &settings).done);
        assert!(!precision(&MeasuredSeries::default(), &settings).done);
    }

    #[test]
    fn where_only_the_whole_comes_up_it_is_told_with_the_reason() {
        let mut series = exact();
        let bare = &mut load_cells(&mut series)[1];
        bare.slices.clear();
        bare.failures = vec![Failure::new(Stage::Verify, "wrong-answer", "status 500")];
        let told = judge(&series, &Settings::default(), 7);
        assert!(told.with.is_some() && told.without.is_none());
        assert!(told.toll_us.is_none() && told.ratio.is_none());
        assert_eq!(told.error.unwrap().message, "status 500");
    }

    #[test]
    fn the_whole_alone_has_an_interval_too() {
        let mut series = served(&Synthetic::default());
        load_cells(&mut series).truncate(1);
        let told = judge(&series, &Settings::default(), 0);
        let rate = told.with.unwrap().requests_per_s;
        assert!(
            rate.high.unwrap() - rate.low.unwrap() > 0.01 * rate.estimate,
            "{rate:?}"
        );
    }

    #[test]
    fn requests_that_failed_are_counted() {
        let mut series = exact();
        load_cells(&mut series)[0].slices[0]
            .readings
            .set(Metric::Failed, 3);
        let told = judge(&series, &Settings::default(), 7);
        assert_eq!(told.with.unwrap().failed, 3);
    }
}
