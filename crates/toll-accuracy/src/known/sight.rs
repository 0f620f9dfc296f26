//! What a known server saw: the other side of every figure that a load generator tells.

use super::answer::Class;
use crate::AccuracyError;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toll_load::Latency;

/// The longest delay that is told apart: a minute.
const MOST_NS: u64 = 60_000_000_000;

/// What was seen since the last reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// Requests read to their end.
    pub requests: u64,
    /// What happened to them. A class that did not occur is absent.
    pub answers: BTreeMap<Class, u64>,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// From the return of the receive call to the beginning of the send call, of all that was answered.
    pub delay: Latency,
    /// When requests had been read, counted from the first; the first so many that the spec asks for.
    pub arrivals_ns: Vec<u64>,
}

impl Sight {
    /// How many requests ended in this way.
    pub fn of(&self, class: Class) -> u64 {
        self.answers.get(&class).copied().unwrap_or(0)
    }

    /// The distances between arrivals, in nanoseconds.
    pub fn gaps_ns(&self) -> Vec<f64> {
        self.arrivals_ns
            .windows(2)
            .map(|pair| pair[1].saturating_sub(pair[0]) as f64)
            .collect()
    }
}

/// The counters behind it.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) requests: u64,
    answers: [u64; Class::ALL.len()],
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    delay: Histogram<u64>,
    arrivals_ns: Vec<u64>,
    keep_arrivals: usize,
}

impl Counters {
    pub(super) fn new(keep_arrivals: usize) -> Result<Self, AccuracyError> {
        let delay = Histogram::new_with_bounds(1, MOST_NS, 3)
            .map_err(|error| AccuracyError::Server(error.to_string()))?;
        Ok(Self {
            requests: 0,
            answers: [0; Class::ALL.len()],
            bytes_in: 0,
            bytes_out: 0,
            delay,
            arrivals_ns: Vec::with_capacity(keep_arrivals),
            keep_arrivals,
        })
    }

    pub(super) fn arrived(&mut self, at_ns: u64) {
        self.requests += 1;
        if self.arrivals_ns.len() < self.keep_arrivals {
            self.arrivals_ns.push(at_ns);
        }
    }

    pub(super) fn ended(&mut self, class: Class, delay_ns: u64) {
        self.answers[class as usize] += 1;
        if class != Class::Silent {
            self.delay.saturating_record(delay_ns);
        }
    }

    pub(super) fn sight(&self) -> Result<Sight, AccuracyError> {
        let first = self.arrivals_ns.first().copied().unwrap_or(0);
        Ok(Sight {
            requests: self.requests,
            answers: Class::ALL
                .into_iter()
                .map(|class| (class, self.answers[class as usize]))
                .filter(|(_, count)| *count > 0)
                .collect(),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            delay: Latency::from_histogram(&self.delay)?,
            arrivals_ns: self.arrivals_ns.iter().map(|at| at - first).collect(),
        })
    }
}
