//! Failures are findings too: what has no number, and why. Dropped layers are the worst of them,
//! because without the check they would have been a number.

use toll_core::failure::{Failure, Stage};

use super::{Case, finding};
use crate::results::{Confidence, Finding};
use crate::words::listed;

/// What to do about the failures whose code says more than their stage.
const ADVICE: [(&str, &str); 5] = [
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
        .chain(groups(case).iter().map(Group::finding))
        .collect()
}

/// The cells that failed for one reason.
struct Group<'a> {
    failure: &'a Failure,
    without_number: Vec<u32>,
    at_times: Vec<u32>,
}

impl Group<'_> {
    fn finding(&self) -> Finding {
        let levels: Vec<u32> = self
            .without_number
            .iter()
            .chain(&self.at_times)
            .copied()
            .collect();
        let title = format!(
            "With {} middlewares: {}",
            listed(&levels),
            self.failure.message
        );
        let mut evidence = evidence(self.failure);
        if !self.at_times.is_empty() {
            evidence = format!(
                "{evidence} With {} middlewares other rounds succeeded and count.",
                listed(&self.at_times)
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
}

/// The failures of the cells by code, in the order of the cells; what only repeats the failure of
/// the series is left out.
fn groups<'a>(case: &Case<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for cell in &case.load.cells {
        let recorded = case
            .series
            .cells
            .iter()
            .filter(|measured| measured.middlewares == cell.middlewares);
        let failures = recorded
            .flat_map(|measured| &measured.failures)
            .chain(&cell.error);
        for failure in failures.filter(|failure| Some(*failure) != case.series.failure.as_ref()) {
            let place = groups
                .iter()
                .position(|group| group.failure.code == failure.code)
                .unwrap_or_else(|| {
                    groups.push(Group {
                        failure,
                        without_number: Vec::new(),
                        at_times: Vec::new(),
                    });
                    groups.len() - 1
                });
            let levels = if cell.error.is_some() {
                &mut groups[place].without_number
            } else {
                &mut groups[place].at_times
            };
            if !levels.contains(&cell.middlewares) {
                levels.push(cell.middlewares);
            }
        }
    }
    groups
}

fn evidence(failure: &Failure) -> String {
    let stage = match failure.stage {
        Stage::Provision => "It failed while the environment was built.",
        Stage::Start => "It failed while the server started.",
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
