//! Failures are findings too: what has no number, and why. Dropped layers are the worst of them,
//! because without the check they would have been a number.

use std::collections::BTreeSet;

use toll_core::failure::{Failure, Stage};
use toll_core::sample::{Instrument, MeasuredCell};

use super::{Case, finding};
use crate::results::{Cell, Confidence, Finding};
use crate::words::listed;

const BY_TRACEBACK: &str = "Read the last lines of the traceback: they are the application's own.";

/// What to do about the failures whose code says more than their stage.
const ENGINE: &str = "Start the container engine, then continue with --resume.";
const ADVICE: [(&str, &str); 21] = [
    ("not-built", BY_TRACEBACK),
    ("lifespan-failed", BY_TRACEBACK),
    ("app-raised", BY_TRACEBACK),
    ("app-exited", BY_TRACEBACK),
    ("no-answer", BY_TRACEBACK),
    ("wrong-protocol", BY_TRACEBACK),
    (
        "driver-failed",
        "Read the log of the instrument in the folder of the run; if nothing there explains it, it is a fault of asgi-toll.",
    ),
    (
        "driver-not-started",
        "Read the log of the instrument in the folder of the run, and start the environment's Python by hand.",
    ),
    (
        "layers-dropped",
        "The framework keeps fewer layers than it was given: add distinct function objects, and look in your own \
         application for middlewares that are registered more than once.",
    ),
    (
        "wrong-answer",
        "Send the request by hand and compare the answer with what the workload expects.",
    ),
    (
        "base-image-missing",
        "Pull the image, or name another with base-image in the suite.",
    ),
    (
        "base-image-unfit",
        "Name another image with base-image in the suite.",
    ),
    (
        "image-not-built",
        "Build it by hand; the whole output is in the folder of the run, under logs.",
    ),
    ("no-engine", ENGINE),
    ("engine-gone", ENGINE),
    (
        "engine-refused",
        "Read what the engine says; its own log says more.",
    ),
    (
        "out-of-memory",
        "Give the containers more with memory-mib, or look for what the application keeps.",
    ),
    (
        "container-gone",
        "Look who removes containers on this machine, then continue with --resume.",
    ),
    (
        "not-measured",
        "Continue with --resume, or give the run a larger --budget.",
    ),
    (
        "too-few-slices",
        "Look at the failures of this cell, then continue with --resume.",
    ),
    (
        "no-right-answer",
        "Look at the classes of the errors and at the server's log.",
    ),
];

/// One finding for the failure of the series, and one for every code among the failures of its cells.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let of_series = case.series.failure.iter().map(|failure| {
        finding(
            &failure.code,
            Confidence::Certain,
            failure.message.clone(),
            evidence(failure),
            advice(failure),
        )
    });
    of_series
        .chain(groups(case).iter().map(|group| group.finding(case)))
        .collect()
}

/// The cells that failed for one reason.
struct Group<'a> {
    failure: &'a Failure,
    without_number: BTreeSet<u32>,
    at_times: BTreeSet<u32>,
    instruments: BTreeSet<Instrument>,
}

impl<'a> Group<'a> {
    fn new(failure: &'a Failure) -> Self {
        Self {
            failure,
            without_number: BTreeSet::new(),
            at_times: BTreeSet::new(),
            instruments: BTreeSet::new(),
        }
    }

    fn add(&mut self, instrument: Instrument, cell: &Cell) {
        self.instruments.insert(instrument);
        let levels = if cell.error.is_some() {
            &mut self.without_number
        } else {
            &mut self.at_times
        };
        levels.insert(cell.middlewares);
    }

    fn finding(&self, case: &Case<'_>) -> Finding {
        let levels: Vec<&u32> = self.without_number.union(&self.at_times).collect();
        let title = format!(
            "With {} middlewares{}: {}",
            listed(&levels),
            self.by(case),
            self.failure.message
        );
        let mut evidence = evidence(self.failure);
        if !self.at_times.is_empty() {
            let levels: Vec<&u32> = self.at_times.iter().collect();
            evidence = format!(
                "{evidence} With {} middlewares other rounds succeeded and count.",
                listed(&levels)
            );
        }
        finding(
            &self.failure.code,
            Confidence::Certain,
            title,
            evidence,
            advice(self.failure),
        )
    }

    /// The instruments that failed, unless all of them did.
    fn by(&self, case: &Case<'_>) -> String {
        if self.instruments.len() == case.judged.len() {
            return String::new();
        }
        let names: Vec<&str> = self
            .instruments
            .iter()
            .map(|instrument| instrument.name())
            .collect();
        format!(" ({})", listed(&names))
    }
}

/// The failures of the cells by code, in the order of instruments and cells; what only repeats the
/// failure of the series is left out.
fn groups<'a>(case: &Case<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (instrument, judged) in case.judged {
        for cell in &judged.result.cells {
            let failures = failures(case.series.cells(*instrument), cell);
            for failure in failures.filter(|failure| Some(*failure) != case.series.failure.as_ref())
            {
                let place = groups
                    .iter()
                    .position(|group| group.failure.code == failure.code)
                    .unwrap_or_else(|| {
                        groups.push(Group::new(failure));
                        groups.len() - 1
                    });
                groups[place].add(*instrument, cell);
            }
        }
    }
    groups
}

/// What was recorded of `cell`, and what was concluded.
fn failures<'a>(recorded: &'a [MeasuredCell], cell: &'a Cell) -> impl Iterator<Item = &'a Failure> {
    recorded
        .iter()
        .filter(|measured| measured.middlewares == cell.middlewares)
        .flat_map(|measured| &measured.failures)
        .chain(&cell.error)
}

fn evidence(failure: &Failure) -> String {
    let stage = match failure.stage {
        Stage::Provision => "It failed while the environment was built.",
        Stage::Start => "It failed while the application came up.",
        Stage::Verify => "It was seen in the one request that is checked before any timing.",
        Stage::Measure => "It failed while it was measured.",
    };
    match failure.log_tail.last() {
        Some(line) => format!("{stage} The last line of the log: {line}"),
        None => stage.to_owned(),
    }
}

fn advice(failure: &Failure) -> &'static str {
    let by_code = ADVICE
        .iter()
        .find(|(code, _)| *code == failure.code)
        .map(|(_, advice)| *advice);
    by_code.unwrap_or(match failure.stage {
        Stage::Provision => "Read the resolver's message; another version, Python or exclude-newer date may be needed.",
        Stage::Start => "Read the server's log, and start the server's command by hand.",
        Stage::Verify => "Start the server's command by hand, send the request and look at the answer.",
        Stage::Measure => "Read the server's log, then continue with --resume.",
    })
}
