//! What a whole run of load is to be.

use crate::{Expectation, LoadError, Request, Schedule, SessionConfig, Target};
use std::time::Duration;

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is sent after this time; what is on its way is waited for.
    After(Duration),
    /// After this many requests.
    Count(u64),
}

/// Everything about a run of load.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadPlan {
    /// Where to.
    pub target: Target,
    /// What is sent, in turn over all connections. On a WebSocket the bodies are the messages, and the path and headers
    /// of the first are those of the handshake.
    pub requests: Vec<Request>,
    /// What a right answer is.
    pub expectation: Expectation,
    /// Connections over all threads.
    pub connections: usize,
    /// Threads; the connections are divided among them.
    pub threads: usize,
    /// Thread `i` is pinned to core `cores[i % cores.len()]`. Empty: not pinned.
    pub cores: Vec<usize>,
    /// Threads never sleep, so that answers are seen, and requests sent, without the time that waking up takes: tens of
    /// microseconds from a deep sleep, more in virtual machines. Each takes its whole core; what it spins is not counted as its CPU time.
    pub spin: bool,
    /// When requests are sent.
    pub schedule: Schedule,
    /// When to end.
    pub stop: Stop,
    /// Time of load before, of which nothing is counted.
    pub warmup: Duration,
    /// The most that one request may take; looked at every 20 ms.
    pub timeout: Duration,
    /// The most that making one connection may take.
    pub connect_timeout: Duration,
}

impl LoadPlan {
    /// Ten connections on one thread in a closed loop for ten seconds, without warm-up, with the timeouts of
    /// [`SessionConfig::default`].
    pub fn new(target: Target, request: Request) -> LoadPlan {
        let SessionConfig {
            timeout,
            connect_timeout,
            ..
        } = SessionConfig::default();
        LoadPlan {
            target,
            requests: vec![request],
            expectation: Expectation::default(),
            connections: 10,
            threads: 1,
            cores: Vec::new(),
            spin: false,
            schedule: Schedule::Closed,
            stop: Stop::After(Duration::from_secs(10)),
            warmup: Duration::ZERO,
            timeout,
            connect_timeout,
        }
    }

    pub(crate) fn config(&self) -> SessionConfig {
        SessionConfig {
            connections: self.connections,
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
        }
    }

    pub(crate) fn check(&self) -> Result<(), LoadError> {
        self.config().check()?;
        self.schedule.check()?;
        if self.threads == 0 || self.threads > self.connections {
            return Err(LoadError::Plan(format!(
                "{} threads for {} connections; give each thread at least one connection",
                self.threads, self.connections
            )));
        }
        if self.requests.is_empty() {
            return Err(LoadError::Plan("no requests; give at least one".into()));
        }
        match self.stop {
            Stop::After(Duration::ZERO) | Stop::Count(0) => Err(LoadError::Plan(
                "nothing to send; give a duration or a count above 0".into(),
            )),
            _ => Ok(()),
        }
    }

    /// The time that the schedule itself takes, whatever the answers do.
    pub(crate) fn planned(&self) -> Duration {
        match (self.stop, self.schedule.asked_rate()) {
            (Stop::After(duration), _) => duration,
            (Stop::Count(count), Some(rate)) => {
                Duration::try_from_secs_f64(count as f64 / rate).unwrap_or(Duration::MAX)
            }
            (Stop::Count(_), None) => Duration::ZERO,
        }
    }
}

/// The part of `total` that falls to `index` among `of`, the remainder going to the first ones.
pub(crate) fn share(total: u64, index: u64, of: u64) -> u64 {
    total / of + u64::from(index < total % of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_lose_nothing() {
        for (total, of) in [(10, 3), (2, 2), (7, 4), (100, 1)] {
            assert_eq!(
                (0..of).map(|index| share(total, index, of)).sum::<u64>(),
                total
            );
        }
    }

    #[test]
    fn plans_that_make_no_sense_are_refused() {
        let plan = LoadPlan::new(
            Target::parse("http://127.0.0.1:1/").unwrap(),
            Request::get("/"),
        );
        assert!(plan.check().is_ok());
        let bad = [
            LoadPlan {
                threads: 11,
                ..plan.clone()
            },
            LoadPlan {
                threads: 0,
                ..plan.clone()
            },
            LoadPlan {
                connections: 0,
                ..plan.clone()
            },
            LoadPlan {
                requests: Vec::new(),
                ..plan.clone()
            },
            LoadPlan {
                stop: Stop::Count(0),
                ..plan.clone()
            },
            LoadPlan {
                timeout: Duration::ZERO,
                ..plan.clone()
            },
            LoadPlan {
                schedule: Schedule::ConstantRate { per_second: -1.0 },
                ..plan
            },
        ];
        assert!(bad.iter().all(|plan| plan.check().is_err()));
    }
}
