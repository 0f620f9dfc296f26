//! Conducting: one instrument after the other, the cheapest first; rounds over series, in random
//! order, until each is precise enough or the time is up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use toll_core::event::Event;
use toll_core::sample::Instrument;
use toll_stats::Random;

use crate::bench::{Bench, Station};
use crate::instrument::{self, Round, Sitting};
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

/// The share of what is left of the budget that an instrument may use up while others are to
/// come. The last one has all that is left.
const SHARE: f64 = 0.4;

/// One series on its way through one instrument.
struct Course<'a> {
    station: &'a Station,
    levels: Vec<u32>,
    strikes: BTreeMap<u32, u32>,
    next_round: u32,
    /// It is over after so many.
    rounds_max: u32,
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

    fn is_active(&self) -> bool {
        !self.done && !self.levels.is_empty() && self.next_round < self.rounds_max
    }
}

/// Measures every station with each of its instruments, a round of each series in turn, in a new
/// random order each time.
///
/// # Errors
/// Only the ledger's: without records nothing goes on. What goes wrong with cells is recorded.
pub fn conduct(
    bench: &Bench,
    stations: &[Station],
    budget: Duration,
    ledger: &mut dyn Ledger,
) -> Result<Conducted, LedgerError> {
    let mut conducted = Conducted::default();
    if !stations.is_empty() {
        announce(bench, stations, ledger);
    }
    let start = Instant::now();
    let wanted: Vec<Instrument> = Instrument::ALL
        .into_iter()
        .filter(|instrument| stations.iter().any(|station| uses(station, *instrument)))
        .collect();
    for instrument in &wanted {
        let is_last = wanted.last() == Some(instrument);
        let share = if is_last { 1.0 } else { SHARE };
        let mut tour = Tour {
            bench,
            instrument: *instrument,
            until: Instant::now() + budget.saturating_sub(start.elapsed()).mul_f64(share),
            ledger,
        };
        conducted.generator_cpu_ns += tour.run(stations)?;
    }
    conducted.interrupted = bench.aborted();
    ledger.event(Event::Finished {
        interrupted: conducted.interrupted,
    });
    Ok(conducted)
}

fn uses(station: &Station, instrument: Instrument) -> bool {
    station.plan.instruments.contains(&instrument)
}

fn announce(bench: &Bench, stations: &[Station], ledger: &mut dyn Ledger) {
    ledger.event(Event::RunStarted {
        series: stations.len(),
        cells: stations.iter().map(|station| station.levels.len()).sum(),
        budget_s: bench.settings.budget_s,
    });
}

/// All series with one instrument.
struct Tour<'a> {
    bench: &'a Bench,
    instrument: Instrument,
    until: Instant,
    ledger: &'a mut dyn Ledger,
}

impl Tour<'_> {
    /// Says how much CPU time sending load took.
    fn run(&mut self, stations: &[Station]) -> Result<u64, LedgerError> {
        let rounds_max = instrument::rounds_max(self.instrument, &self.bench.settings);
        let mut courses = self.set_out(stations)?;
        let before: u64 = courses
            .iter()
            .map(|course| u64::from(course.next_round))
            .sum();
        let mut random = Random::from_seed(self.bench.seed.wrapping_add(before));
        self.ledger.event(Event::InstrumentStarted {
            instrument: self.instrument,
            series: courses.len(),
            rounds: rounds_max.min(self.bench.settings.rounds_min),
        });
        let mut generator_cpu_ns = 0;
        loop {
            let mut order: Vec<usize> = (0..courses.len())
                .filter(|index| courses[*index].is_active())
                .collect();
            random.shuffle(&mut order);
            if order.is_empty() {
                return Ok(generator_cpu_ns);
            }
            for index in order {
                if self.bench.aborted() || Instant::now() >= self.until {
                    return Ok(generator_cpu_ns);
                }
                generator_cpu_ns += self.round(&mut courses[index])?;
            }
        }
    }

    /// A resumed series may already be precise enough.
    fn set_out<'a>(&mut self, stations: &'a [Station]) -> Result<Vec<Course<'a>>, LedgerError> {
        let instrument = self.instrument;
        let rounds_max = instrument::rounds_max(instrument, &self.bench.settings);
        let course = |station: &'a Station| {
            let next_round = station.rounds_before(instrument);
            // A cell that has no number yet gets one more chance.
            let lacking = next_round > 0 && station.lacks_numbers(instrument);
            let done =
                next_round > 0 && !lacking && self.ledger.judge(station.series, instrument)?.done;
            Ok(Course {
                station,
                levels: station.levels.clone(),
                strikes: BTreeMap::new(),
                next_round,
                rounds_max: rounds_max.max(next_round + u32::from(lacking)),
                done,
            })
        };
        stations
            .iter()
            .filter(|station| uses(station, instrument))
            .map(course)
            .collect()
    }

    fn round(&mut self, course: &mut Course) -> Result<u64, LedgerError> {
        let mut round = Round {
            number: course.next_round,
            levels: course.levels.clone(),
            generator_cpu_ns: 0,
        };
        instrument::of(self.instrument).round(&mut Sitting {
            bench: self.bench,
            station: course.station,
            instrument: self.instrument,
            round: &mut round,
            ledger: self.ledger,
        })?;
        if self.bench.aborted() {
            return Ok(round.generator_cpu_ns);
        }
        course.take_note(&round.levels);
        if !course.levels.is_empty() {
            self.judge(course)?;
        }
        Ok(round.generator_cpu_ns)
    }

    fn judge(&mut self, course: &mut Course) -> Result<(), LedgerError> {
        let judgement = self.ledger.judge(course.station.series, self.instrument)?;
        course.done = judgement.done;
        self.ledger.event(Event::RoundDone {
            label: course.station.label.clone(),
            instrument: self.instrument,
            round: course.next_round,
            precision: judgement.precision,
            done: judgement.done,
        });
        course.next_round += 1;
        Ok(())
    }
}
