//! What is happening: one line that is drawn over on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use toll_core::event::Event;
use toll_core::failure::Failure;
use toll_core::sample::Instrument;
use toll_lab::provision::ProvisionEvent;

use super::Printer;

/// A display of what is happening. Drawn only when something happened, never by a clock of its own:
/// a thread that draws would disturb what is measured.
pub(crate) struct Progress {
    printer: Printer,
    bar: ProgressBar,
    on_terminal: bool,
}

/// How far measuring has come, and how long it may still take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    start: Instant,
    budget: Duration,
    /// The instrument that measures now, and when it began.
    instrument: Option<Instrument>,
    instrument_start: Instant,
    /// Rounds that every series gets at least, all series together.
    rounds_least: u64,
    rounds_done: u64,
    series: u64,
    series_done: u64,
}

impl Course {
    pub(crate) fn new(budget: Duration) -> Self {
        Self {
            start: Instant::now(),
            budget,
            instrument: None,
            instrument_start: Instant::now(),
            rounds_least: 0,
            rounds_done: 0,
            series: 0,
            series_done: 0,
        }
    }

    fn begin(&mut self, instrument: Instrument, series: usize, rounds: u32) {
        *self = Self {
            start: self.start,
            instrument: Some(instrument),
            rounds_least: u64::from(rounds) * series as u64,
            series: series as u64,
            ..Self::new(self.budget)
        };
    }

    /// What is left at the pace so far, and what is left of the budget: between them it will end.
    fn left(&self) -> Option<(Duration, Duration)> {
        if self.rounds_done == 0 {
            return None;
        }
        let by_budget = self.budget.saturating_sub(self.start.elapsed());
        let elapsed = self.instrument_start.elapsed();
        let pace = elapsed.as_secs_f64() / self.rounds_done as f64;
        let rounds_left = self
            .rounds_least
            .saturating_sub(self.rounds_done)
            .max(self.series.saturating_sub(self.series_done));
        Some((
            Duration::from_secs_f64(pace * rounds_left as f64).min(by_budget),
            by_budget,
        ))
    }

    fn share(&self) -> f64 {
        let by_rounds = self.rounds_done as f64 / self.rounds_least.max(1) as f64;
        let by_time = self.start.elapsed().as_secs_f64() / self.budget.as_secs_f64().max(1.0);
        by_rounds
            .min(1.0)
            .max(by_time.min(1.0) * f64::from(u8::from(by_rounds >= 1.0)))
            .min(1.0)
    }
}

const STEPS: u64 = 1_000;

impl Progress {
    pub(super) fn new(printer: Printer, on_terminal: bool) -> Self {
        let target = if on_terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        // A template that does not parse would be a mistake of ours; the default style still works.
        if let Ok(style) = ProgressStyle::with_template("{bar:24.cyan/dim} {wide_msg}") {
            bar.set_style(style.progress_chars("━━─"));
        }
        Self {
            printer,
            bar,
            on_terminal,
        }
    }

    /// Removes the line that is drawn over.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        self.bar.suspend(|| self.printer.talk(text));
    }

    fn passing(&self, share: f64, message: String) {
        self.bar.set_position((share * STEPS as f64) as u64);
        self.bar.set_message(message);
    }

    /// The last few lines of a log say most; all of them are in the report.
    fn bad(&self, what: &str, failure: &Failure) {
        let tail = &failure.log_tail[failure.log_tail.len().saturating_sub(4)..];
        let text = format!("{what}: {}", failure.message);
        self.bar.suspend(|| self.printer.failure(text, tail));
    }

    /// Shows what provisioning does; called from several threads.
    pub(crate) fn provision(&self, event: &ProvisionEvent) {
        match event {
            ProvisionEvent::FetchingUv => {
                self.line("Fetching uv from the Python package index, once");
            }
            ProvisionEvent::Started { total } => self.bar.set_length((*total as u64 * 2).max(1)),
            ProvisionEvent::Resolving { label } => {
                self.bar.set_message(format!("resolving {label}"));
            }
            ProvisionEvent::Installing { label } => {
                self.bar.inc(1);
                self.bar.set_message(format!("installing {label}"));
            }
            ProvisionEvent::Building { label, line } => {
                self.bar.set_message(format!("building {label}: {line}"));
            }
            ProvisionEvent::Ready { label, reused } => {
                self.bar.inc(1);
                if !reused {
                    self.line(&format!("Built the environment of {label}"));
                }
            }
            ProvisionEvent::Failed { failure, .. } if failure.code == "interrupted" => {}
            ProvisionEvent::Failed { label, failure } => self.bad(label, failure),
        }
    }

    /// Shows what measuring does.
    pub(crate) fn event(&self, event: &Event, course: &mut Course) {
        match event {
            Event::RunStarted {
                series,
                cells,
                budget_s,
            } => {
                course.start = Instant::now();
                self.bar.set_length(STEPS);
                self.line(&format!(
                    "Measuring {series} series, {cells} cells, at most {}",
                    clock(Duration::from_secs(*budget_s))
                ));
            }
            Event::InstrumentStarted {
                instrument,
                series,
                rounds,
            } => course.begin(*instrument, *series, *rounds),
            Event::UnitStarted {
                label, round, step, ..
            } => self.doing(course, label, *round, step.words()),
            Event::BlockDone {
                label,
                round,
                block,
                blocks,
                ..
            } => self.doing(
                course,
                label,
                *round,
                &format!("block {} of {blocks}", block + 1),
            ),
            Event::CellFailed { .. } | Event::SeriesFailed { .. } => self.failed(event, course),
            Event::RoundDone {
                label,
                round,
                precision,
                done,
                ..
            } => {
                course.rounds_done += 1;
                course.series_done += u64::from(*done);
                self.round_done(label, *round, *precision, course);
            }
            Event::Finished { .. } => {}
        }
    }

    /// The line that is drawn over: how long it may still take, and what is done in which round.
    fn doing(&self, course: &Course, label: &str, round: u32, what: &str) {
        let message = format!("{}round {} · {label} · {what}", left(course), round + 1);
        self.passing(course.share(), message);
    }

    fn failed(&self, event: &Event, course: &mut Course) {
        match event {
            Event::CellFailed {
                label,
                instrument,
                middlewares,
                failure,
            } => {
                let name = instrument.name();
                self.bad(
                    &format!("{label}, {middlewares} middlewares, {name}"),
                    failure,
                );
            }
            Event::SeriesFailed {
                label,
                instrument,
                failure,
            } => {
                course.series_done += 1;
                self.bad(&format!("{label}, {}", instrument.name()), failure);
            }
            _ => {}
        }
    }

    /// A terminal sees the line that is drawn over; a log gets one line a round.
    fn round_done(&self, label: &str, round: u32, precision: Option<f64>, course: &Course) {
        if self.on_terminal {
            return;
        }
        let known = precision
            .map(|share| format!(", toll known to ±{:.1} %", share * 100.0))
            .unwrap_or_default();
        self.printer.talk(format!(
            "{}round {} of {label} done{known}",
            left(course),
            round + 1
        ));
    }

    /// Says a line that stays.
    pub(crate) fn say(&self, text: &str) {
        self.line(text);
    }

    /// Shows how far the load generator has come.
    pub(crate) fn load(&self, seen: &toll_load::Progress, pace: Pace) {
        let left = pace.left(seen).map_or_else(String::new, |time| {
            format!("{} left · ", clock(time + Duration::from_millis(500)))
        });
        let what = if seen.warming_up {
            "warming up"
        } else {
            "sending"
        };
        let message = format!(
            "{left}{what} · {} answered, {} errors",
            seen.ok, seen.errors
        );
        self.passing(pace.share(seen), message);
    }
}

/// When a load will end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    warmup: Duration,
    stop: toll_load::Stop,
}

impl Pace {
    pub(crate) fn of(plan: &toll_load::LoadPlan) -> Self {
        Self {
            warmup: plan.warmup,
            stop: plan.stop,
        }
    }

    /// Of a load without warm-up.
    pub(crate) fn lasting(time: Duration) -> Self {
        Self {
            warmup: Duration::ZERO,
            stop: toll_load::Stop::After(time),
        }
    }

    /// The share that is done, 0 to 1.
    fn share(self, seen: &toll_load::Progress) -> f64 {
        let done = match self.stop {
            _ if seen.warming_up => 0.0,
            toll_load::Stop::After(time) => seen.elapsed.as_secs_f64() / time.as_secs_f64(),
            toll_load::Stop::Count(count) => (seen.ok + seen.errors) as f64 / count as f64,
        };
        done.clamp(0.0, 1.0)
    }

    /// `None` while there is nothing to tell it from.
    fn left(self, seen: &toll_load::Progress) -> Option<Duration> {
        let warmup = if seen.warming_up {
            self.warmup.saturating_sub(seen.elapsed)
        } else {
            Duration::ZERO
        };
        let sending = match (self.stop, self.share(seen)) {
            (toll_load::Stop::After(time), _) if seen.warming_up => time,
            (toll_load::Stop::After(time), _) => time.saturating_sub(seen.elapsed),
            (toll_load::Stop::Count(_), share) if share > 0.0 => {
                seen.elapsed.mul_f64((1.0 - share) / share)
            }
            (toll_load::Stop::Count(_), _) => return None,
        };
        Some(warmup + sending)
    }
}

/// The instrument, and how long it may still take.
fn left(course: &Course) -> String {
    let name = course
        .instrument
        .map(|instrument| format!("{} · ", instrument.name()))
        .unwrap_or_default();
    match course.left() {
        None => name,
        Some((least, most)) if most.as_secs() > least.as_secs() + 10 => {
            format!("{name}{} to {} left · ", clock(least), clock(most))
        }
        Some((least, _)) => format!("{name}{} left · ", clock(least)),
    }
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
