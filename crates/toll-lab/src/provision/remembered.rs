//! Resolutions that are remembered: what was resolved as of a past day will not change, and what
//! was resolved lately serves while the package index is unreachable.

use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::install::digest;
use super::provisioner::EnvironmentRequest;

const DAY_S: i64 = 24 * 60 * 60;

/// What was asked: everything that the answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    requirements: Vec<String>,
    python: String,
    exclude_newer: Option<String>,
    alone: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    prefer: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    edition: String,
}

impl Question {
    pub(super) fn new(request: &EnvironmentRequest, alone: bool) -> Self {
        let python = format!(
            "{} {}",
            request.interpreter.implementation, request.interpreter.version
        );
        Self {
            requirements: sorted(&request.requirements),
            python,
            exclude_newer: request.exclude_newer.clone(),
            alone,
            prefer: request.prefer.clone(),
            edition: request.edition.clone(),
        }
    }

    fn file(&self, context: &Context) -> PathBuf {
        let requirements = self.requirements.join("\n");
        let prefer = self.prefer.join("\n");
        let mut fields = vec![
            requirements.as_str(),
            &self.python,
            self.exclude_newer.as_deref().unwrap_or(""),
            if self.alone { "alone" } else { "" },
        ];
        let more = [prefer.as_str(), &self.edition];
        if more.iter().any(|field| !field.is_empty()) {
            fields.extend(more);
        }
        context
            .layout()
            .resolutions()
            .join(format!("{}.json", digest(&fields)))
    }
}

/// Sorted and without repetition: the order of requirements means nothing.
pub(super) fn sorted(requirements: &[String]) -> Vec<String> {
    let mut sorted: Vec<String> = requirements
        .iter()
        .map(|one| one.trim().to_owned())
        .collect();
    sorted.sort();
    sorted.dedup();
    sorted
}

/// An answer and when it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    question: Question,
    /// Seconds since 1970.
    resolved_s: i64,
    /// The lock.
    pub(super) text: String,
}

/// The remembered answer, if there is one.
pub(super) fn recall(context: &Context, question: &Question) -> Option<Answer> {
    let json = fs::read_to_string(question.file(context)).ok()?;
    serde_json::from_str(&json)
        .ok()
        .filter(|answer: &Answer| answer.question == *question)
}

/// Remembers an answer, whole or not at all.
pub(super) fn remember(context: &Context, question: &Question, text: &str) -> io::Result<()> {
    let answer = Answer {
        question: question.clone(),
        resolved_s: Timestamp::now().as_second(),
        text: text.to_owned(),
    };
    let folder = context.layout().resolutions();
    fs::create_dir_all(&folder)?;
    let file = tempfile::NamedTempFile::new_in(&folder)?;
    serde_json::to_writer_pretty(&file, &answer)?;
    file.persist(question.file(context))?;
    Ok(())
}

impl Answer {
    /// Whether asking again would give the same: it is of a day that had passed when it was given.
    pub(super) fn is_settled(&self) -> bool {
        let day_s = self
            .question
            .exclude_newer
            .as_deref()
            .and_then(start_of_day_s);
        // Two days: the day itself has passed, in every time zone.
        day_s.is_some_and(|day_s| self.resolved_s >= day_s + 2 * DAY_S)
    }

    /// Whether it may serve while the index is unreachable: no older than 30 days.
    pub(super) fn is_recent(&self) -> bool {
        self.age_days() < 30
    }

    /// Its age in whole days.
    pub(super) fn age_days(&self) -> i64 {
        (Timestamp::now().as_second() - self.resolved_s) / DAY_S
    }
}

/// From `2024-01-03` or `2024-01-03T10:00:00Z`, as UTC.
fn start_of_day_s(text: &str) -> Option<i64> {
    let day = text.get(..10).filter(|day| day.len() == 10)?;
    format!("{day}T00:00:00Z")
        .parse()
        .ok()
        .map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(exclude_newer: Option<&str>, resolved: &str) -> Answer {
        let question = Question {
            requirements: vec!["six".to_owned()],
            python: "cpython 3.12.1".to_owned(),
            exclude_newer: exclude_newer.map(str::to_owned),
            alone: false,
            prefer: Vec::new(),
            edition: String::new(),
        };
        Answer {
            question,
            resolved_s: resolved.parse::<Timestamp>().unwrap().as_second(),
            text: "six==1.16.0\n".to_owned(),
        }
    }

    #[test]
    fn only_a_day_that_had_passed_is_settled() {
        assert!(answer(Some("2024-01-03"), "2024-01-05T00:00:00Z").is_settled());
        assert!(!answer(Some("2024-01-03"), "2024-01-04T23:00:00Z").is_settled());
        assert!(!answer(Some("yesterday"), "2024-01-05T00:00:00Z").is_settled());
        assert!(!answer(None, "2024-01-05T00:00:00Z").is_settled());
    }

    #[test]
    fn an_old_answer_does_not_serve() {
        assert!(!answer(None, "2020-01-01T00:00:00Z").is_recent());
    }

    #[test]
    fn what_is_remembered_is_recalled_by_its_question_alone() {
        let cache = tempfile::tempdir().unwrap();
        let context = Context::new(cache.path().to_owned(), std::sync::Arc::default());
        let answer = answer(Some("2024-01-03"), "2024-01-05T00:00:00Z");
        remember(&context, &answer.question, &answer.text).unwrap();
        assert_eq!(
            recall(&context, &answer.question).map(|one| one.text),
            Some(answer.text)
        );
        assert_eq!(
            recall(
                &context,
                &Question {
                    alone: true,
                    ..answer.question
                }
            ),
            None
        );
    }

    #[test]
    fn the_order_of_requirements_means_nothing() {
        let of =
            |list: &[&str]| sorted(&list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["b", " a", "b"]), of(&["a", "b"]));
    }
}
