//! All questions to all generators, and what came of it.

use crate::bench::{Bench, Length};
use crate::experiments::Experiment;
use crate::generator::Generator;
use crate::row::{Row, Verdict};
use crate::{AccuracyError, words};
use serde::Serialize;

/// The answers of one generator to one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// The key of the experiment.
    pub experiment: &'static str,
    /// The question in words.
    pub question: &'static str,
    /// Who was asked.
    pub generator: String,
    /// How many times it was asked; the best time is told.
    pub attempts: u32,
    /// Expected and measured.
    pub rows: Vec<Row>,
}

/// What is written: a versioned value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The version of this format.
    pub schema_version: u32,
    /// Nothing was out.
    pub within: bool,
    /// How long the experiments were.
    pub length: Length,
    /// What the tolerances of times were multiplied by.
    pub slack: f64,
    /// The core of the known server.
    pub server_core: Option<usize>,
    /// The core of the generators.
    pub generator_core: Option<usize>,
    /// The answers.
    pub sections: Vec<Section>,
}

/// What is being done.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The question.
    pub question: &'a str,
    /// Who is asked.
    pub generator: &'a str,
    /// For the how manieth time.
    pub attempt: u32,
    /// How many questions have been answered, of how many.
    pub done: (usize, usize),
}

/// Asks every generator each of these questions. A generator that fails at a question gets a row that says so, and is out.
///
/// # Errors
/// [`AccuracyError`] when the known server or the machine fails, and [`AccuracyError::Interrupted`].
pub fn check(
    bench: &Bench,
    generators: &[&dyn Generator],
    questions: &[Experiment],
    progress: &mut dyn FnMut(Step<'_>),
) -> Result<Report, AccuracyError> {
    let mut sections = Vec::new();
    let total = questions
        .iter()
        .map(|experiment| asked(experiment, generators).count())
        .sum();
    for experiment in questions {
        for generator in asked(experiment, generators) {
            let done = (sections.len(), total);
            let mut tell = |attempt| {
                progress(Step {
                    question: experiment.question,
                    generator: generator.name(),
                    attempt,
                    done,
                });
            };
            sections.push(best_of(experiment, bench, generator, &mut tell)?);
        }
    }
    Ok(Report::of(bench, sections))
}

fn asked<'g>(
    experiment: &Experiment,
    generators: &[&'g dyn Generator],
) -> impl Iterator<Item = &'g dyn Generator> {
    let concerned = |generator: &&dyn Generator| generator.is_asked(experiment.key);
    generators.iter().copied().filter(concerned)
}

fn best_of(
    experiment: &Experiment,
    bench: &Bench,
    generator: &dyn Generator,
    tell: &mut dyn FnMut(u32),
) -> Result<Section, AccuracyError> {
    let mut best: Option<Vec<Row>> = None;
    let mut attempts = 0;
    while attempts < experiment.attempts && best.as_deref().is_none_or(|rows| out(rows) > 0) {
        bench.go_on()?;
        attempts += 1;
        tell(attempts);
        let rows = match (experiment.ask)(bench, generator) {
            Err(AccuracyError::Tool { why, .. }) => vec![failed(experiment, &why)],
            asked => match asked? {
                rows if rows.is_empty() => vec![Row::nothing(experiment.question)],
                rows => rows,
            },
        };
        if best.as_deref().is_none_or(|known| out(&rows) < out(known)) {
            best = Some(rows);
        }
    }
    Ok(Section {
        experiment: experiment.key,
        question: experiment.question,
        generator: generator.name().to_owned(),
        attempts,
        rows: best.unwrap_or_default(),
    })
}

fn failed(experiment: &Experiment, why: &str) -> Row {
    Row {
        verdict: Verdict::Out,
        ..Row::not_asked(experiment.question, why)
    }
}

fn out(rows: &[Row]) -> usize {
    rows.iter()
        .filter(|row| row.verdict == Verdict::Out)
        .count()
}

impl Report {
    fn of(bench: &Bench, sections: Vec<Section>) -> Self {
        Self {
            schema_version: 1,
            within: sections.iter().all(|section| out(&section.rows) == 0),
            length: bench.length,
            slack: bench.slack,
            server_core: bench.cores.server,
            generator_core: bench.cores.generator,
            sections,
        }
    }

    /// Whether everything that `generator` was asked was right.
    pub fn is_within(&self, generator: &str) -> bool {
        let own = |section: &&Section| section.generator == generator;
        self.sections
            .iter()
            .filter(own)
            .all(|section| out(&section.rows) == 0)
    }

    /// A table for a terminal.
    pub fn in_words(&self) -> String {
        words::terminal(self)
    }

    /// Tables for a page, the generators side by side.
    pub fn markdown(&self) -> String {
        words::markdown(self)
    }
}
