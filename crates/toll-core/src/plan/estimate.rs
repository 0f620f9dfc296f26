//! How long a plan will take: a sum of documented constants, meant to be right within a third.

use std::collections::BTreeSet;

use super::{Plan, SeriesPlan};
use crate::sample::Instrument;
use crate::settings::Settings;

/// CPU seconds that a server process takes until it answers: the import of a framework and its
/// server takes 0.3 to 0.8 s on cores of the last ten years.
const START_CPU_S: f64 = 0.5;
/// Processes that start at a time: as many as the smallest machine worth measuring on has cores.
const STARTS_AT_ONCE: f64 = 2.0;
/// Between two slices: CPU clocks are read, connections drain and the next cell is picked.
const GAP_S: f64 = 0.003;
/// Without a server: a cell is forked, its application built, warmed up.
const FORK_S: f64 = 0.08;
/// One request with every event counted, applications between the lightest and the heaviest.
const COUNT_S: f64 = 0.02;
/// Wall seconds per environment that must be built, two at a time, downloads included.
const ENVIRONMENT_S: f64 = 6.0;

/// How long a plan will take, in seconds of wall time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DurationEstimate {
    /// Building every environment from nothing; close to zero when they exist.
    pub environments_s: f64,
    /// One round of every series.
    pub round_s: f64,
    /// Every series stops after the least number of rounds, or the budget ends.
    pub measuring_least_s: f64,
    /// No series is exact enough before the most rounds, or the budget ends.
    pub measuring_most_s: f64,
    /// Rounds that the budget has room for, at most the plan's most.
    pub rounds: u32,
}

impl DurationEstimate {
    /// The counts once, and `round = Σ` over series and their other instruments.
    pub(super) fn of(plan: &Plan) -> Self {
        let settings = &plan.settings;
        let of = |instrument: Instrument| -> f64 {
            let measured = |series: &&SeriesPlan| series.instruments.contains(&instrument);
            let series = plan.series.iter().filter(measured);
            series
                .map(|series| round_s(series, instrument, settings))
                .sum()
        };
        let once_s = f64::from(settings.count_rounds) * of(Instrument::Counts);
        let round_s = of(Instrument::Direct) + of(Instrument::Load);
        let capped =
            |rounds: u32| (once_s + f64::from(rounds) * round_s).min(settings.budget_s as f64);
        let room = if round_s > 0.0 {
            ((settings.budget_s as f64 - once_s).max(0.0) / round_s).floor() as u32
        } else {
            0
        };
        let environments: BTreeSet<_> = plan
            .series
            .iter()
            .map(|series| (&series.requirements, &series.python, &series.exclude_newer))
            .collect();
        Self {
            environments_s: environments.len() as f64 * ENVIRONMENT_S,
            round_s,
            measuring_least_s: capped(settings.rounds_min),
            measuring_most_s: capped(settings.rounds_max),
            rounds: room.min(settings.rounds_max),
        }
    }
}

/// One round of one series by one instrument.
fn round_s(series: &SeriesPlan, instrument: Instrument, settings: &Settings) -> f64 {
    let slices = |blocks: u32, slice_ms: u64, gap_s: f64| {
        f64::from(blocks) * (slice_ms as f64 / 1e3 + gap_s)
    };
    let (series_s, cell_s) = match instrument {
        Instrument::Counts => (
            START_CPU_S,
            2.0 * FORK_S + f64::from(settings.count_repeats) * COUNT_S,
        ),
        Instrument::Direct | Instrument::Ablation | Instrument::Exclusive => (
            START_CPU_S,
            FORK_S
                + slices(
                    settings.direct_blocks,
                    settings.direct_slice_ms,
                    GAP_S / 3.0,
                ),
        ),
        Instrument::Load => (
            0.0,
            START_CPU_S / STARTS_AT_ONCE
                + settings.warmup_ms as f64 / 1e3
                + slices(settings.blocks, settings.slice_ms, GAP_S),
        ),
    };
    series_s + series.levels.count() as f64 * cell_s
}
