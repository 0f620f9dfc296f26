//! What the verbs that compare share: sides, plans of pairs, the judge, and carrying it out.

mod gates;
mod planned;
mod side;

use std::sync::Arc;

use toll_analysis::compare::results::ComparisonReport;
use toll_analysis::compare::{Rules, compare};
use toll_lab::bench::{Comparison, Station};

use crate::job::{self, Question, Task, Workshop};

pub(crate) use gates::Gates;
pub(crate) use planned::{Planned, margin, of_suites, order, sides, twice};
pub(crate) use side::Side;

/// What came of a comparison.
pub(crate) struct Compared {
    pub(crate) report: ComparisonReport,
    pub(crate) interrupted: bool,
}

/// Prepares, measures and judges a task that has pairs; `None` where it was interrupted before
/// anything was measured.
pub(crate) fn carry_out(task: &mut Task, workshop: &Workshop) -> anyhow::Result<Option<Compared>> {
    let prepared = job::prepare(task, workshop);
    if workshop.aborted() {
        task.folder.remove_if_empty();
        return Ok(None);
    }
    let prepared = prepared?;
    let rules = rules(&task.question);
    let judge = Gates::new(&task.question, &task.plan, rules.clone());
    let question = task.question.clone();
    let pairs = move |stations: Vec<Station>| side_by_side(&question, &stations);
    let measured = job::measure(task, &prepared, &pairs, Arc::new(judge), workshop.printer)?;
    Ok(Some(Compared {
        report: compare(&measured.run, &task.question.pairs, &rules),
        interrupted: measured.interrupted,
    }))
}

/// The rules by which a question is judged.
pub(crate) fn rules(question: &Question) -> Rules {
    Rules {
        margin: question.margin.unwrap_or_default(),
        ..Rules::default()
    }
}

/// The stations of each pair together; one whose other side has no environment is not measured.
fn side_by_side(question: &Question, stations: &[Station]) -> Vec<Comparison> {
    let station = |place: usize| {
        stations
            .iter()
            .find(|station| station.series == place)
            .cloned()
    };
    let together = |pair: &toll_analysis::compare::Pair| {
        let stations = vec![station(pair.before.0)?, station(pair.after.0)?];
        Some(Comparison::of_all(pair.label.clone(), stations))
    };
    question.pairs.iter().filter_map(together).collect()
}
