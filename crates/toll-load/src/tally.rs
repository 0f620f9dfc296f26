//! Counting. Each worker has a tally of its own; they are merged when all is over.

use crate::clock::NANOS_PER_SECOND;
use crate::{Errors, Fault, LoadError};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest latency that is told apart. Timeouts end requests long before.
const MAX_LATENCY_NS: u64 = 60 * NANOS_PER_SECOND;
/// Against a schedule, a request can be later than any timeout.
const MAX_LATENESS_NS: u64 = 3600 * NANOS_PER_SECOND;
const DIGITS: u8 = 3;
const STATUSES: usize = 1000;

/// When a request was to be sent, when it was, and when the connection had become free for it.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_field_names, reason = "units stand last in names")]
pub(crate) struct Times {
    pub(crate) intended_ns: u64,
    pub(crate) started_ns: u64,
    pub(crate) free_ns: u64,
}

/// What happened, so far.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) ok: u64,
    pub(crate) failed: u64,
    pub(crate) errors: Errors,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) reconnects: u64,
    /// Connections on which bytes came that nobody had asked for.
    pub(crate) unasked: u64,
    /// Time between two looks that found nothing: what a thread that never sleeps spends instead of sleeping.
    pub(crate) idle_ns: u64,
    pub(crate) latency: Histogram<u64>,
    pub(crate) latency_sum_ns: u64,
    /// The last answer or failure.
    pub(crate) last_ns: u64,
    pub(crate) against_schedule: Option<AgainstSchedule>,
    statuses: Vec<u64>,
    series: Series,
}

/// What only an open loop has.
#[derive(Debug)]
pub(crate) struct AgainstSchedule {
    /// From the intended moment to the answer.
    pub(crate) latency: Histogram<u64>,
    /// How late the generator itself was: from the moment a request was due and its connection free.
    pub(crate) lag: Histogram<u64>,
}

impl Tally {
    pub(crate) fn new(open_loop: bool) -> Result<Tally, LoadError> {
        let against_schedule = if open_loop {
            Some(AgainstSchedule {
                latency: histogram(MAX_LATENESS_NS)?,
                lag: histogram(MAX_LATENESS_NS)?,
            })
        } else {
            None
        };
        Ok(Tally {
            sent: 0,
            ok: 0,
            failed: 0,
            errors: Errors::default(),
            bytes_in: 0,
            bytes_out: 0,
            reconnects: 0,
            unasked: 0,
            idle_ns: 0,
            latency: histogram(MAX_LATENCY_NS)?,
            latency_sum_ns: 0,
            last_ns: 0,
            against_schedule,
            statuses: vec![0; STATUSES],
            series: Series::off(),
        })
    }

    /// Keeps a series of seconds from here on.
    pub(crate) fn with_series(mut self, origin_ns: u64) -> Tally {
        self.series.next_ns = origin_ns + NANOS_PER_SECOND;
        self
    }

    /// A right answer.
    #[inline]
    pub(crate) fn right(&mut self, status: u16, times: Times, now_ns: u64) {
        self.roll(now_ns);
        let latency = now_ns.saturating_sub(times.started_ns);
        self.ok += 1;
        self.latency.saturating_record(latency);
        self.latency_sum_ns += latency;
        self.series.max_ns = self.series.max_ns.max(latency);
        self.last_ns = now_ns;
        self.status(status);
        if let Some(against) = &mut self.against_schedule {
            against
                .latency
                .saturating_record(now_ns.saturating_sub(times.intended_ns));
        }
    }

    /// A wrong answer, or none.
    pub(crate) fn wrong(&mut self, fault: Fault, now_ns: u64) {
        self.roll(now_ns);
        self.failed += 1;
        self.errors.add(fault);
        self.last_ns = now_ns;
    }

    pub(crate) fn status(&mut self, status: u16) {
        if let Some(count) = self.statuses.get_mut(usize::from(status)) {
            *count += 1;
        }
    }

    /// A request goes out.
    #[inline]
    pub(crate) fn starts(&mut self, times: Times) {
        self.sent += 1;
        if let Some(against) = &mut self.against_schedule {
            let due = times.intended_ns.max(times.free_ns);
            against
                .lag
                .saturating_record(times.started_ns.saturating_sub(due));
        }
    }

    pub(crate) fn statuses(&self) -> BTreeMap<u16, u64> {
        let seen = self
            .statuses
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        seen.map(|(status, count)| (status as u16, *count))
            .collect()
    }

    pub(crate) fn seconds(&self) -> Vec<Second> {
        self.series
            .done
            .iter()
            .enumerate()
            .map(|(second, marks)| marks.named(second))
            .collect()
    }

    /// Closes the seconds that have passed, the current one included.
    pub(crate) fn close_series(&mut self, now_ns: u64) {
        self.roll(now_ns);
        if self.series.next_ns != u64::MAX {
            self.push_second();
            self.series.next_ns = u64::MAX;
        }
    }

    pub(crate) fn merge(&mut self, other: &Tally) -> Result<(), LoadError> {
        self.sent += other.sent;
        self.ok += other.ok;
        self.failed += other.failed;
        self.errors.merge(&other.errors);
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.reconnects += other.reconnects;
        self.unasked += other.unasked;
        add(&mut self.latency, &other.latency)?;
        self.latency_sum_ns += other.latency_sum_ns;
        self.last_ns = self.last_ns.max(other.last_ns);
        if let (Some(own), Some(other)) = (&mut self.against_schedule, &other.against_schedule) {
            add(&mut own.latency, &other.latency)?;
            add(&mut own.lag, &other.lag)?;
        }
        self.statuses
            .iter_mut()
            .zip(&other.statuses)
            .for_each(|(own, other)| *own += other);
        self.series.merge(&other.series);
        Ok(())
    }

    #[inline]
    fn roll(&mut self, now_ns: u64) {
        while now_ns >= self.series.next_ns {
            self.push_second();
            self.series.next_ns += NANOS_PER_SECOND;
        }
    }

    fn push_second(&mut self) {
        let total = Marks {
            sent: self.sent,
            ok: self.ok,
            failed: self.failed,
            latency_sum_ns: self.latency_sum_ns,
            latency_max_ns: std::mem::take(&mut self.series.max_ns),
        };
        self.series.done.push(total.since(&self.series.before));
        self.series.before = total;
    }
}

fn histogram(most_ns: u64) -> Result<Histogram<u64>, LoadError> {
    Histogram::new_with_bounds(1, most_ns, DIGITS)
        .map_err(|error| LoadError::Histogram(error.to_string()))
}

fn add(to: &mut Histogram<u64>, from: &Histogram<u64>) -> Result<(), LoadError> {
    to.add(from)
        .map_err(|error| LoadError::Histogram(error.to_string()))
}

/// One second of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Which one, from 0. The last one may be shorter.
    pub second: u64,
    /// Requests sent in it.
    pub sent: u64,
    /// Right answers in it.
    pub ok: u64,
    /// Failures in it.
    pub errors: u64,
    /// Mean latency of its right answers, from the actual start.
    pub latency_mean_ns: u64,
    /// The longest of them.
    pub latency_max_ns: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    sent: u64,
    ok: u64,
    failed: u64,
    latency_sum_ns: u64,
    latency_max_ns: u64,
}

impl Marks {
    fn since(&self, before: &Marks) -> Marks {
        Marks {
            sent: self.sent - before.sent,
            ok: self.ok - before.ok,
            failed: self.failed - before.failed,
            latency_sum_ns: self.latency_sum_ns - before.latency_sum_ns,
            latency_max_ns: self.latency_max_ns,
        }
    }

    fn merge(&mut self, other: &Marks) {
        self.sent += other.sent;
        self.ok += other.ok;
        self.failed += other.failed;
        self.latency_sum_ns += other.latency_sum_ns;
        self.latency_max_ns = self.latency_max_ns.max(other.latency_max_ns);
    }

    fn named(&self, second: usize) -> Second {
        Second {
            second: second as u64,
            sent: self.sent,
            ok: self.ok,
            errors: self.failed,
            latency_mean_ns: self.latency_sum_ns.checked_div(self.ok).unwrap_or(0),
            latency_max_ns: self.latency_max_ns,
        }
    }
}

#[derive(Debug)]
struct Series {
    /// When the current second ends; never, if no series is kept.
    next_ns: u64,
    max_ns: u64,
    before: Marks,
    done: Vec<Marks>,
}

impl Series {
    fn off() -> Series {
        Series {
            next_ns: u64::MAX,
            max_ns: 0,
            before: Marks::default(),
            done: Vec::new(),
        }
    }

    fn merge(&mut self, other: &Series) {
        let length = self.done.len().max(other.done.len());
        self.done.resize(length, Marks::default());
        self.done
            .iter_mut()
            .zip(&other.done)
            .for_each(|(own, other)| own.merge(other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(started_ns: u64) -> Times {
        Times {
            intended_ns: started_ns,
            started_ns,
            free_ns: started_ns,
        }
    }

    #[test]
    fn seconds_hold_what_ended_in_them() {
        let mut tally = Tally::new(false).unwrap().with_series(0);
        for (start, end) in [(0, 10), (10, 40), (2_000_000_000, 2_000_000_100)] {
            tally.starts(at(start));
            tally.right(200, at(start), end);
        }
        tally.wrong(Fault::Timeout, 2_500_000_000);
        tally.close_series(2_600_000_000);
        let seconds = tally.seconds();
        let figures: Vec<_> = seconds
            .iter()
            .map(|s| (s.ok, s.errors, s.latency_mean_ns, s.latency_max_ns))
            .collect();
        assert_eq!(figures, [(2, 0, 20, 30), (0, 0, 0, 0), (1, 1, 100, 100)]);
        assert_eq!(tally.statuses(), BTreeMap::from([(200, 3)]));
    }

    #[test]
    fn merging_adds_everything() {
        let mut one = Tally::new(true).unwrap().with_series(0);
        let times = Times {
            intended_ns: 5,
            started_ns: 30,
            free_ns: 20,
        };
        one.starts(times);
        one.right(204, times, 100);
        one.close_series(100);
        let mut two = Tally::new(true).unwrap();
        two.merge(&one).unwrap();
        two.merge(&one).unwrap();
        let against = two.against_schedule.as_ref().unwrap();
        assert_eq!(
            (two.sent, two.ok, two.latency_sum_ns, two.latency.len()),
            (2, 2, 140, 2)
        );
        assert_eq!((against.latency.max(), against.lag.max()), (95, 10));
        assert_eq!((two.seconds()[0].ok, two.statuses()[&204]), (2, 2));
    }
}
