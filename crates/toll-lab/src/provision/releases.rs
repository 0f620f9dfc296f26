//! The releases of a distribution, as the user's package index has them: asked through uv and pip, which
//! know the index, its credentials and its mirrors.

use std::cmp::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use toll_core::failure::{Failure, Stage};
use toll_core::host::Interpreter;
use toll_core::requirement;

use super::child::{command, finish};
use super::context::Context;
use super::diagnose;
use super::provisioner::{EnvironmentRequest, Provisioner};
use super::uv::Uv;
use super::version::Version;

const PATIENCE: Duration = Duration::from_mins(2);
/// Before this day there was no ASGI: 2016-01-01, in days since 1970.
const FIRST_DAY: i64 = 16_801;
const DAY_S: i64 = 24 * 60 * 60;

/// Every release that has something for this Python, rising; yanked ones are left out by pip, and
/// pre-releases unless `pre`.
///
/// # Errors
/// `no-such-distribution`, `index-unreachable`, `interrupted` …
pub fn releases(
    context: &Context,
    uv: &Uv,
    interpreter: &Interpreter,
    distribution: &str,
    pre: bool,
) -> Result<Vec<String>, Failure> {
    let doing = "asking the package index for releases";
    let mut ask = command(context, &uv.path);
    ask.args([
        "tool",
        "run",
        "--no-python-downloads",
        "--python",
        &interpreter.path,
    ])
    .args(["pip", "index", "versions", distribution]);
    if pre {
        ask.arg("--pre");
    }
    // pip does not read uv's index; whoever set one wants it used.
    if let (None, Some(index)) = (
        context.variable("PIP_INDEX_URL"),
        context.variable("UV_DEFAULT_INDEX"),
    ) {
        ask.env("PIP_INDEX_URL", index);
    }
    let finished =
        finish(context, ask, PATIENCE).map_err(|error| diagnose::stopped(doing, error))?;
    if let Some(listed) = finished
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("Available versions:"))
    {
        let mut versions: Vec<String> = listed
            .split(',')
            .map(|version| version.trim().to_owned())
            .filter(|version| requirement::is_version(version))
            .collect();
        versions.sort_by(|one, other| compare_versions(one, other));
        versions.dedup();
        return Ok(versions);
    }
    if finished.stderr.contains("No matching distribution") {
        let message = format!(
            "the package index has no release of `{distribution}` for Python {}: check its name",
            interpreter.version
        );
        return Err(Failure::new(
            Stage::Provision,
            "no-such-distribution",
            message,
        ));
    }
    Err(diagnose::failed(doing, &finished))
}

/// Orders versions as package indexes do (PEP 440, without epochs and local parts).
pub fn compare_versions(one: &str, other: &str) -> Ordering {
    Version::parse(one).cmp(&Version::parse(other))
}

/// The first day on which a release could be had, found by halving: `None` where it never can.
///
/// # Errors
/// What is not the release's fault, such as an index that cannot be reached.
pub fn first_day(
    provisioner: &dyn Provisioner,
    release: &EnvironmentRequest,
) -> Result<Option<String>, Failure> {
    let is_there = |day: i64| {
        let request = EnvironmentRequest {
            exclude_newer: date(day),
            prefer: Vec::new(),
            ..release.clone()
        };
        match provisioner.resolve_alone(&request) {
            Ok(_) => Ok(true),
            Err(failure) if diagnose::is_circumstance(&failure) => Err(failure),
            Err(_) => Ok(false),
        }
    };
    let (mut before, mut after) = (FIRST_DAY, Timestamp::now().as_second() / DAY_S);
    if !is_there(after)? {
        return Ok(None);
    }
    while after - before > 1 {
        let middle = i64::midpoint(before, after);
        if is_there(middle)? {
            after = middle;
        } else {
            before = middle;
        }
    }
    Ok(date(after))
}

/// A day since 1970 as package managers write it.
fn date(day: i64) -> Option<String> {
    let moment = Timestamp::from_second(day * DAY_S).ok()?;
    Some(moment.strftime("%Y-%m-%d").to_string())
}
