//! The environment of somebody's own project: it is there already, and stays as it is.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toll_core::failure::{Failure, Stage};

use super::child::{command, finish};
use super::context::Context;
use super::provisioner::Environment;

/// How long an interpreter may take to list what is installed for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the probe says.
#[derive(Debug, Deserialize)]
struct Probed {
    implementation: String,
    free_threaded: bool,
    version: String,
    distributions: BTreeMap<String, String>,
}

/// The environment that an interpreter belongs to, and which Python it is, such as `CPython`; `probe` is the
/// harness's program that lists what is installed. Nothing is installed and nothing is written.
///
/// # Errors
/// `not-a-python`: it cannot be run, or it is no Python that can be measured.
pub fn of_project(
    context: &Context,
    python: &Path,
    probe: &Path,
) -> Result<(Environment, String), Failure> {
    let failed = |why: &str| {
        let message = format!("{} cannot be used: {why}", python.display());
        Failure::new(Stage::Provision, "not-a-python", message)
    };
    let mut question = command(context, python);
    question.arg("-B").arg(probe);
    let answer = finish(context, question, PATIENCE).map_err(|error| failed(&error.to_string()))?;
    if !answer.success {
        return Err(failed(answer.stderr.lines().last().unwrap_or("it failed")));
    }
    let probed: Probed = serde_json::from_str(answer.stdout.trim())
        .map_err(|_| failed("it does not answer as a Python does"))?;
    let distributions = probed.distributions.iter();
    let build = if probed.free_threaded {
        ", free-threaded"
    } else {
        ""
    };
    let environment = Environment {
        id: "project".to_owned(),
        python: python.to_owned(),
        python_version: probed.version,
        lock: distributions
            .map(|(name, version)| format!("{name}=={version}"))
            .collect(),
        dir: None,
        image: None,
        own_user: false,
        version: None,
        reused: true,
        notes: Vec::new(),
        _held: None,
    };
    Ok((environment, format!("{}{build}", probed.implementation)))
}
