//! Conducting: one instrument after the other, the cheapest first; rounds over series, in random
//! order, until each is precise enough or the time is up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use toll_core::event::Event;
use toll_core::sample::Instrument;
use toll_stats::Random;

use crate::bench::{Bench, CellKey, Comparison};
use crate::instrument::{self, Ahead, Round, Sitting};
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

/// Of two ways to know the same, each has half.
const HALF: f64 = 0.5;

/// The share of an instrument.
fn share(instrument: Instrument) -> f64 {
    match instrument {
        Instrument::Exclusive => HALF,
        _ => SHARE,
    }
}

/// One comparison on its way through one instrument.
struct Course<'a> {
    comparison: &'a Comparison,
    cells: Vec<CellKey>,
    strikes: BTreeMap<CellKey, u32>,
    next_round: u32,
    /// It is over after so many.
    rounds_max: u32,
    done: bool,
    /// What was started for its next round.
    ahead: Ahead<'a>,
}

impl Course<'_> {
    /// Takes note of the cells that did not survive a round.
    fn take_note(&mut self, survivors: &[CellKey]) {
        let (strikes, first) = (&mut self.strikes, self.next_round == 0);
        self.cells.retain(|cell| {
            if survivors.contains(cell) {
                return true;
            }
            let strikes = strikes.entry(*cell).or_default();
            *strikes += 1;
            !first && *strikes < STRIKES
        });
    }

    fn is_active(&self) -> bool {
        !self.done && self.is_whole() && self.next_round < self.rounds_max
    }

    /// Whether every series that it cannot do without has a cell left.
    fn is_whole(&self) -> bool {
        let has_cell = |series| self.cells.iter().any(|(of, _)| *of == series);
        let stations = self.comparison.stations.iter();
        let mut essential = stations.take(self.comparison.essential);
        essential.all(|station| has_cell(station.series))
    }
}

/// Measures every comparison with each of its instruments, a round of each in turn, in a new
/// random order each time.
///
/// # Errors
/// Only the ledger's: without records nothing goes on. What goes wrong with cells is recorded.
pub fn conduct(
    bench: &Bench,
    comparisons: &[Comparison],
    budget: Duration,
    ledger: &mut dyn Ledger,
) -> Result<Conducted, LedgerError> {
    let mut conducted = Conducted::default();
    if !comparisons.is_empty() {
        announce(bench, comparisons, ledger);
    }
    let start = Instant::now();
    let wanted: Vec<Instrument> = Instrument::EVERY
        .into_iter()
        .filter(|instrument| {
            comparisons
                .iter()
                .any(|comparison| comparison.uses(*instrument))
        })
        .collect();
    for instrument in &wanted {
        let is_last = wanted.last() == Some(instrument);
        let share = if is_last { 1.0 } else { share(*instrument) };
        let mut tour = Tour {
            bench,
            instrument: *instrument,
            until: Instant::now() + budget.saturating_sub(start.elapsed()).mul_f64(share),
            ledger,
        };
        conducted.generator_cpu_ns += tour.run(comparisons)?;
    }
    conducted.interrupted = bench.aborted();
    ledger.event(Event::Finished {
        interrupted: conducted.interrupted,
    });
    Ok(conducted)
}

fn announce(bench: &Bench, comparisons: &[Comparison], ledger: &mut dyn Ledger) {
    ledger.event(Event::RunStarted {
        series: comparisons
            .iter()
            .map(|comparison| comparison.stations.len())
            .sum(),
        cells: comparisons
            .iter()
            .map(|comparison| comparison.cells().len())
            .sum(),
        budget_s: bench.settings.budget_s,
    });
}

/// All comparisons with one instrument.
struct Tour<'l, 'a> {
    bench: &'a Bench,
    instrument: Instrument,
    until: Instant,
    ledger: &'l mut dyn Ledger,
}

impl<'a> Tour<'_, 'a> {
    /// Says how much CPU time sending load took.
    fn run(&mut self, comparisons: &'a [Comparison]) -> Result<u64, LedgerError> {
        let rounds_max = instrument::rounds_max(self.instrument, &self.bench.settings);
        let mut courses = self.set_out(comparisons)?;
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

    /// A resumed comparison may already be decided, or precise enough.
    fn set_out(&mut self, comparisons: &'a [Comparison]) -> Result<Vec<Course<'a>>, LedgerError> {
        let instrument = self.instrument;
        let rounds_max = instrument::rounds_max(instrument, &self.bench.settings);
        let course = |comparison: &'a Comparison| {
            let next_round = comparison.rounds_before(instrument);
            // A cell that has no number yet gets one more chance.
            let lacking = next_round > 0 && comparison.lacks_numbers(instrument);
            let done = next_round > 0
                && !lacking
                && self
                    .ledger
                    .judge(comparison.first().series, instrument)?
                    .done;
            Ok(Course {
                comparison,
                cells: comparison.cells(),
                strikes: BTreeMap::new(),
                next_round,
                rounds_max: rounds_max.max(next_round + u32::from(lacking)),
                done,
                ahead: Ahead::default(),
            })
        };
        comparisons
            .iter()
            .filter(|comparison| comparison.uses(instrument))
            .map(course)
            .collect()
    }

    fn round(&mut self, course: &mut Course<'a>) -> Result<u64, LedgerError> {
        let mut round = Round {
            number: course.next_round,
            cells: course.cells.clone(),
            generator_cpu_ns: 0,
        };
        instrument::of(self.instrument).round(&mut Sitting {
            bench: self.bench,
            comparison: course.comparison,
            instrument: self.instrument,
            round: &mut round,
            ahead: &mut course.ahead,
            ledger: self.ledger,
        })?;
        if self.bench.aborted() {
            return Ok(round.generator_cpu_ns);
        }
        course.take_note(&round.cells);
        if course.is_whole() {
            self.judge(course)?;
        }
        Ok(round.generator_cpu_ns)
    }

    fn judge(&mut self, course: &mut Course) -> Result<(), LedgerError> {
        let series = course.comparison.first().series;
        let judgement = self.ledger.judge(series, self.instrument)?;
        course.done = judgement.done;
        self.ledger.event(Event::RoundDone {
            label: course.comparison.label.clone(),
            instrument: self.instrument,
            round: course.next_round,
            precision: judgement.precision,
            done: judgement.done,
        });
        course.next_round += 1;
        Ok(())
    }
}
