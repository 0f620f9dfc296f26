//! Conducting: rounds over series, in random order, until each is precise enough or the time is up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use toll_core::event::Event;
use toll_stats::Random;

use crate::bench::{Bench, Station};
use crate::instrument::{self, Round};
use crate::ledger::{Ledger, LedgerError};

/// How conducting ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conducted {
    /// Whether it was stopped from outside.
    pub interrupted: bool,
    /// CPU time that sending load took.
    pub generator_cpu_ns: u64,
}

/// Rounds in which a cell may fail before it is given up. One that fails in the first is given up
/// at once: it has never worked.
const STRIKES: u32 = 3;

/// One series on its way.
struct Course<'a> {
    station: &'a Station,
    levels: Vec<u32>,
    strikes: BTreeMap<u32, u32>,
    next_round: u32,
    done: bool,
}

impl Course<'_> {
    /// Takes note of the cells that did not survive a round.
    fn take_note(&mut self, survivors: &[u32]) {
        let (strikes, first) = (&mut self.strikes, self.next_round == 0);
        self.levels.retain(|level| {
            if survivors.contains(level) {
                return true;
            }
            let strikes = strikes.entry(*level).or_default();
            *strikes += 1;
            !first && *strikes < STRIKES
        });
    }

    fn is_active(&self, rounds_max: u32) -> bool {
        !self.done && !self.levels.is_empty() && self.next_round < rounds_max
    }
}

/// Measures every station, a round of each in turn, in a new random order each time.
///
/// # Errors
/// Only the ledger's: without records nothing goes on. What goes wrong with cells is recorded.
pub fn conduct(
    bench: &Bench,
    stations: &[Station],
    budget: Duration,
    ledger: &mut dyn Ledger,
) -> Result<Conducted, LedgerError> {
    let start = Instant::now();
    let before: u64 = stations
        .iter()
        .map(|station| u64::from(station.rounds_before))
        .sum();
    let mut random = Random::from_seed(bench.seed.wrapping_add(before));
    let mut courses = set_out(stations, ledger)?;
    let mut conducted = Conducted::default();
    if !courses.is_empty() {
        announce(bench, &courses, ledger);
    }
    loop {
        let mut order: Vec<usize> = (0..courses.len())
            .filter(|index| courses[*index].is_active(bench.settings.rounds_max))
            .collect();
        random.shuffle(&mut order);
        if order.is_empty() {
            break;
        }
        for index in order {
            if bench.aborted() || start.elapsed() >= budget {
                return Ok(finish(bench, conducted, ledger));
            }
            conducted.generator_cpu_ns += one_round(bench, &mut courses[index], ledger)?;
        }
    }
    Ok(finish(bench, conducted, ledger))
}

/// A resumed series may already be precise enough.
fn set_out<'a>(
    stations: &'a [Station],
    ledger: &mut dyn Ledger,
) -> Result<Vec<Course<'a>>, LedgerError> {
    let course = |station: &'a Station| {
        let done = station.rounds_before > 0 && ledger.judge(station.series)?.done;
        Ok(Course {
            station,
            levels: station.plan.levels.clone(),
            strikes: BTreeMap::new(),
            next_round: station.rounds_before,
            done,
        })
    };
    stations.iter().map(course).collect()
}

fn announce(bench: &Bench, courses: &[Course], ledger: &mut dyn Ledger) {
    let cells = courses.iter().map(|course| course.levels.len()).sum();
    ledger.event(Event::RunStarted {
        series: courses.len(),
        cells,
        budget_s: bench.settings.budget_s,
    });
}

fn one_round(
    bench: &Bench,
    course: &mut Course,
    ledger: &mut dyn Ledger,
) -> Result<u64, LedgerError> {
    let mut generator_cpu_ns = 0;
    for instrument in &course.station.plan.instruments {
        let mut round = Round {
            number: course.next_round,
            levels: course.levels.clone(),
            generator_cpu_ns: 0,
        };
        instrument::of(*instrument).round(bench, course.station, &mut round, ledger)?;
        generator_cpu_ns += round.generator_cpu_ns;
        if !bench.aborted() {
            course.take_note(&round.levels);
        }
    }
    if bench.aborted() || course.levels.is_empty() {
        return Ok(generator_cpu_ns);
    }
    let judgement = ledger.judge(course.station.series)?;
    course.done = judgement.done;
    let (label, round) = (course.station.label.clone(), course.next_round);
    ledger.event(Event::RoundDone {
        label,
        round,
        precision: judgement.precision,
        done: judgement.done,
    });
    course.next_round += 1;
    Ok(generator_cpu_ns)
}

fn finish(bench: &Bench, conducted: Conducted, ledger: &mut dyn Ledger) -> Conducted {
    let interrupted = bench.aborted();
    ledger.event(Event::Finished { interrupted });
    Conducted {
        interrupted,
        ..conducted
    }
}
