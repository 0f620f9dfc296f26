//! The newest Python on which a whole comparison can be made.
//!
//! Everything that is compared runs on one Python. Candidates are the newest release of each minor
//! version, newest first. A candidate suits a request when its environment can be resolved and built
//! there and none of its distributions that were asked for without a version has a newer release on
//! an older candidate: otherwise "newest" would silently mean an older release. The first candidate
//! that suits all requests is taken; where none does, the one that suits most (the newest of several),
//! and the other requests fail there, or carry a note.
//!
//! What a release says of Pythons that are too new for it (`Requires-Python: <3.13`) is not heeded, as
//! uv does not heed it: mostly it runs. What has no wheel for a Python and no source is not there for it.
//!
//! A further candidate is only tried in earnest if something that failed before can be resolved on it,
//! so that a misspelt name does not cost a resolution per Python.

use toll_core::failure::Failure;
use toll_core::host::Interpreter;

use super::choose;
use super::parallel;
use super::provisioner::{Environment, EnvironmentRequest, Provisioner};
use super::resolution::{Resolution, name, version_of};
use super::version::Version;

/// How many older minor versions are asked for newer releases.
const LOOK_BACK: usize = 3;

/// A Python and the lock that was found for it.
type Elsewhere = (Interpreter, Vec<String>);

/// The outcome on one Python.
pub(super) struct Outcome {
    pub(super) interpreter: Interpreter,
    /// In the order of the requests.
    pub(super) results: Vec<Result<Environment, Failure>>,
    /// How many of them are as they should be.
    suited: usize,
}

/// Tries candidates until one suits all requests. `None` where there is no Python. `attempt` resolves
/// and builds all requests on one Python.
pub(super) fn choose_common_python(
    provisioner: &dyn Provisioner,
    requests: &[EnvironmentRequest],
    attempt: impl Fn(&[EnvironmentRequest]) -> Vec<Result<Environment, Failure>>,
) -> Option<Outcome> {
    let candidates = choose::newest_of_each_minor(provisioner.pythons());
    let mut best: Option<Outcome> = None;
    for (place, candidate) in candidates.iter().enumerate() {
        let here = on(requests, candidate);
        if best
            .as_ref()
            .is_some_and(|best| !is_promising(provisioner, &here, best))
        {
            continue;
        }
        let older = &candidates[place + 1..candidates.len().min(place + 1 + LOOK_BACK)];
        let (results, elsewhere) = at_once(
            || attempt(&here),
            || newest_elsewhere(provisioner, &here, older),
        );
        let outcome = judge(candidate, &here, results, &elsewhere);
        let is_better = best
            .as_ref()
            .is_none_or(|best| outcome.suited > best.suited);
        let is_over =
            outcome.suited == requests.len() || outcome.results.iter().any(is_circumstance);
        if is_better {
            best = Some(outcome);
        }
        if is_over {
            break;
        }
    }
    best
}

fn at_once<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let aside = scope.spawn(other);
        let first = one();
        (
            first,
            aside
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        )
    })
}

fn on(requests: &[EnvironmentRequest], interpreter: &Interpreter) -> Vec<EnvironmentRequest> {
    requests
        .iter()
        .map(|request| EnvironmentRequest {
            interpreter: interpreter.clone(),
            ..request.clone()
        })
        .collect()
}

fn is_circumstance(result: &Result<Environment, Failure>) -> bool {
    result.as_ref().is_err_and(super::diagnose::is_circumstance)
}

fn is_promising(
    provisioner: &dyn Provisioner,
    here: &[EnvironmentRequest],
    best: &Outcome,
) -> bool {
    let unsuited = here
        .iter()
        .zip(&best.results)
        .filter(|(_, result)| result.as_ref().map_or(true, |one| !one.notes.is_empty()));
    let unsuited: Vec<&EnvironmentRequest> = unsuited.map(|(request, _)| request).collect();
    parallel::map(&unsuited, parallel::WIDTH, |request| {
        provisioner.resolve(request).is_ok()
    })
    .contains(&true)
}

/// Counts what is as it should be, and adds a note where an older Python would get a newer release.
fn judge(
    interpreter: &Interpreter,
    here: &[EnvironmentRequest],
    results: Vec<Result<Environment, Failure>>,
    elsewhere: &[Elsewhere],
) -> Outcome {
    let mut suited = 0;
    let judged = here.iter().zip(results).map(|(request, result)| {
        let mut environment = result?;
        let late: Vec<String> = floating(request)
            .filter_map(|name| late(name, &environment, elsewhere))
            .collect();
        suited += usize::from(late.is_empty());
        environment.notes.extend(late);
        Ok(environment)
    });
    let results = judged.collect();
    Outcome {
        interpreter: interpreter.clone(),
        results,
        suited,
    }
}

/// The requirements that leave the version open.
fn floating(request: &EnvironmentRequest) -> impl Iterator<Item = &String> {
    request
        .requirements
        .iter()
        .filter(|one| !one.contains("==") && !one.contains('@'))
}

/// What the older Pythons get: one look-up each for all open requirements together. A Python on which
/// they cannot be had together is no Python for this comparison and is not heard.
fn newest_elsewhere(
    provisioner: &dyn Provisioner,
    here: &[EnvironmentRequest],
    older: &[Interpreter],
) -> Vec<Elsewhere> {
    let requirements: Vec<String> = here.iter().flat_map(floating).cloned().collect();
    let exclude_newer = here
        .first()
        .and_then(|request| request.exclude_newer.clone());
    if requirements.is_empty() {
        return Vec::new();
    }
    let look_up = |interpreter: &Interpreter| {
        let request = EnvironmentRequest {
            label: "newest releases".to_owned(),
            requirements: requirements.clone(),
            server: Vec::new(),
            interpreter: interpreter.clone(),
            exclude_newer: exclude_newer.clone(),
            edition: String::new(),
            prefer: Vec::new(),
            exact: false,
        };
        let found: Resolution = provisioner.resolve_alone(&request).ok()?;
        Some((interpreter.clone(), found.distributions()))
    };
    parallel::map(older, parallel::WIDTH, look_up)
        .into_iter()
        .flatten()
        .collect()
}

/// The note that a newer release is to be had on an older Python, if so.
fn late(requirement: &str, environment: &Environment, elsewhere: &[Elsewhere]) -> Option<String> {
    let distribution = name(requirement);
    let used = environment.version_of(&distribution)?;
    let newer = elsewhere
        .iter()
        .filter_map(|(python, lock)| Some((python, version_of(lock, &distribution)?)));
    let (python, version) = newer
        .filter(|(_, version)| Version::parse(version) > Version::parse(used))
        .max_by_key(|(_, version)| Version::parse(version))?;
    let on = &environment.python_version;
    Some(format!(
        "{distribution} {version} is to be had for Python {} only; on {on} {used} was used",
        python.version
    ))
}
