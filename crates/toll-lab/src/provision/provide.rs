//! From what is wanted to environments that can be used.

use std::collections::BTreeMap;

use toll_core::failure::{Failure, Stage};
use toll_core::host::Interpreter;
use toll_core::plan::PythonRequest;

use super::choose;
use super::common::{self, Outcome};
use super::event::{Notify, ProvisionEvent};
use super::parallel;
use super::provisioner::{Chosen, Environment, EnvironmentRequest, Provisioner};
use super::remembered::sorted;

/// What a series wants to run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Name for people.
    pub label: String,
    /// Requirements as in a requirements file.
    pub requirements: Vec<String>,
    /// Those of them that are the server's.
    pub server: Vec<String>,
    /// On which Python.
    pub python: PythonRequest,
    /// Only releases that were there on this day.
    pub exclude_newer: Option<String>,
    /// Tells environments apart whose locks are the same; empty where that is not wanted.
    pub edition: String,
    /// A lock whose versions are kept wherever the requirements allow; empty for none.
    pub prefer: Vec<String>,
    /// Whether the requirements are all there is to be, whatever they themselves require.
    pub exact: bool,
}

/// One distinct environment and who wants it.
struct Distinct {
    wanted: Wanted,
    /// Places in the list of what is wanted.
    places: Vec<usize>,
}

/// Provides every environment that is wanted, each distinct one once, several at a time. All that
/// want the newest Python get the same one: the newest that suits them all (see `common`). Results are
/// in the order of `wanted`; one failure does not stop the others.
pub fn provide(
    provisioner: &dyn Provisioner,
    wanted: &[Wanted],
    notify: Notify,
) -> Vec<Result<Environment, Failure>> {
    let distinct = distinct(wanted);
    notify(ProvisionEvent::Started {
        total: distinct.len(),
    });
    let (newest, fixed): (Vec<Distinct>, Vec<Distinct>) = distinct
        .into_iter()
        .partition(|one| one.wanted.python == PythonRequest::Newest);
    let mut results: Vec<Option<Result<Environment, Failure>>> = vec![None; wanted.len()];
    let provided = [
        provide_fixed(provisioner, &fixed, notify),
        provide_newest(provisioner, &newest, notify),
    ]
    .concat();
    for (one, result) in fixed.iter().chain(&newest).zip(provided) {
        for place in &one.places {
            results[*place] = Some(result.clone());
        }
    }
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err(no_python(provisioner))))
        .collect()
}

/// What makes two wishes the same: requirements, Python, day, edition, preferences, whether they are all.
type Key = (
    Vec<String>,
    String,
    Option<String>,
    (String, Vec<String>, bool),
);

fn distinct(wanted: &[Wanted]) -> Vec<Distinct> {
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut distinct: Vec<Distinct> = Vec::new();
    for (place, one) in wanted.iter().enumerate() {
        let key = (
            sorted(&one.requirements),
            one.python.to_string(),
            one.exclude_newer.clone(),
            (one.edition.clone(), one.prefer.clone(), one.exact),
        );
        let index = *places.entry(key).or_insert(distinct.len());
        match distinct.get_mut(index) {
            Some(known) => known.places.push(place),
            None => distinct.push(Distinct {
                wanted: one.clone(),
                places: vec![place],
            }),
        }
    }
    distinct
}

/// Why there is no newest Python: none was found, or the search was interrupted.
fn no_python(provisioner: &dyn Provisioner) -> Failure {
    let newest = provisioner.choose_python(&PythonRequest::Newest);
    newest
        .err()
        .unwrap_or_else(|| choose::missing("3.8 or newer", provisioner.pythons(), ""))
}

fn request(wanted: &Wanted, interpreter: &Interpreter) -> EnvironmentRequest {
    EnvironmentRequest {
        label: wanted.label.clone(),
        requirements: wanted.requirements.clone(),
        server: wanted.server.clone(),
        interpreter: interpreter.clone(),
        exclude_newer: wanted.exclude_newer.clone(),
        edition: wanted.edition.clone(),
        prefer: wanted.prefer.clone(),
        exact: wanted.exact,
    }
}

fn provide_fixed(
    provisioner: &dyn Provisioner,
    distinct: &[Distinct],
    notify: Notify,
) -> Vec<Result<Environment, Failure>> {
    let mut chosen: BTreeMap<String, Result<Chosen, Failure>> = BTreeMap::new();
    for one in distinct {
        let python = &one.wanted.python;
        chosen
            .entry(python.to_string())
            .or_insert_with(|| provisioner.choose_python(python));
    }
    parallel::map(distinct, parallel::WIDTH, |one| {
        let result = chosen_for(&chosen, one).and_then(|chosen| {
            let request = request(&one.wanted, &chosen.interpreter);
            match make(provisioner, &request, notify) {
                Ok(mut environment) => {
                    environment.notes.extend(chosen.notes);
                    Ok(environment)
                }
                Err(failure) => Err(explained(failure, &chosen.notes)),
            }
        });
        report(&one.wanted.label, &result, notify);
        result
    })
}

/// That another Python stood in may be why it failed there.
fn explained(mut failure: Failure, notes: &[String]) -> Failure {
    for note in notes {
        failure.message = format!("{} ({note})", failure.message);
    }
    failure
}

fn chosen_for(
    chosen: &BTreeMap<String, Result<Chosen, Failure>>,
    one: &Distinct,
) -> Result<Chosen, Failure> {
    let found = chosen.get(&one.wanted.python.to_string()).cloned();
    found.unwrap_or_else(|| {
        Err(Failure::new(
            Stage::Provision,
            "python-missing",
            "no Python was chosen",
        ))
    })
}

fn provide_newest(
    provisioner: &dyn Provisioner,
    distinct: &[Distinct],
    notify: Notify,
) -> Vec<Result<Environment, Failure>> {
    if distinct.is_empty() {
        return Vec::new();
    }
    let nowhere = Interpreter {
        version: String::new(),
        implementation: String::new(),
        path: String::new(),
    };
    let requests: Vec<EnvironmentRequest> = distinct
        .iter()
        .map(|one| request(&one.wanted, &nowhere))
        .collect();
    let attempt = |requests: &[EnvironmentRequest]| {
        parallel::map(requests, parallel::WIDTH, |request| {
            make(provisioner, request, notify)
        })
    };
    let results = match common::choose_common_python(provisioner, &requests, attempt) {
        Some(outcome) => with_reason(provisioner, outcome),
        None => distinct
            .iter()
            .map(|_| Err(no_python(provisioner)))
            .collect(),
    };
    for (one, result) in distinct.iter().zip(&results) {
        report(&one.wanted.label, result, notify);
    }
    results
}

/// Where the newest Python was passed over, every environment says so.
fn with_reason(
    provisioner: &dyn Provisioner,
    outcome: Outcome,
) -> Vec<Result<Environment, Failure>> {
    let newest = choose::newest_of_each_minor(provisioner.pythons())
        .into_iter()
        .next();
    let passed_over = newest.filter(|newest| *newest != outcome.interpreter);
    let note = passed_over.map(|newest| {
        format!(
            "Python {} was used, as not everything that is compared can be had for {}",
            outcome.interpreter.version, newest.version
        )
    });
    let with_note = |environment: Environment| Environment {
        notes: environment
            .notes
            .iter()
            .cloned()
            .chain(note.clone())
            .collect(),
        ..environment
    };
    outcome
        .results
        .into_iter()
        .map(|result| result.map(with_note))
        .collect()
}

fn make(
    provisioner: &dyn Provisioner,
    request: &EnvironmentRequest,
    notify: Notify,
) -> Result<Environment, Failure> {
    notify(ProvisionEvent::Resolving {
        label: request.label.clone(),
    });
    let resolution = provisioner.resolve(request)?;
    notify(ProvisionEvent::Installing {
        label: request.label.clone(),
    });
    provisioner.build(request, &resolution)
}

fn report(label: &str, result: &Result<Environment, Failure>, notify: Notify) {
    let label = label.to_owned();
    notify(match result {
        Ok(environment) => ProvisionEvent::Ready {
            label,
            reused: environment.reused,
        },
        Err(failure) => ProvisionEvent::Failed {
            label,
            failure: failure.clone(),
        },
    });
}
