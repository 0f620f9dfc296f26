//! wrk, in C: its text is rounded to two decimals, so a script makes it print exact whole numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use toll_load::Request;

use super::outcome::quantile_key;
use super::{
    Assignment, Generator, GeneratorError, Outcome, Program, ReportedLatency, whole_seconds,
};
use crate::process::Finished;

/// The generator.
#[derive(Debug)]
pub(super) struct Wrk;

const NAME: &str = "wrk";

/// Prints the summary. A script without `request` and `response` leaves the request static, so it costs nothing.
const DONE: &str = include_str!("wrk.lua");

/// What precedes each number that the script prints.
const MARK: &str = "asgi-toll ";

impl Generator for Wrk {
    fn name(&self) -> &'static str {
        NAME
    }

    fn variable(&self) -> &'static str {
        "ASGI_TOLL_WRK"
    }

    fn how_to_get(&self) -> &'static str {
        "apt install wrk"
    }

    fn blind_to(&self) -> &'static str {
        "bodies are not compared, every status below 400 counts as right, a request that is never answered is not counted, and latencies include samples that it adds itself"
    }

    fn refuses_rate(&self, _requests_per_s: f64) -> Option<String> {
        Some("it sends in a closed loop only; leave the rate out".to_owned())
    }

    fn version_flag(&self) -> &'static str {
        "-v"
    }

    fn version(&self, _path: &Path, said: &str) -> Option<String> {
        let line = said.lines().find(|line| line.starts_with("wrk "))?;
        line.split_whitespace().nth(1).map(str::to_owned)
    }

    fn command(
        &self,
        program: &Program,
        assignment: &Assignment,
        scratch: &Path,
    ) -> io::Result<Command> {
        let script = scratch.join("request.lua");
        fs::write(&script, lua(&assignment.request))?;
        let mut command = Command::new(&program.path);
        command.args(["--threads", "1", "--connections"]);
        command.arg(assignment.connections.to_string());
        let seconds = |duration| format!("{}s", whole_seconds(duration));
        command.args(["--duration", &seconds(assignment.duration)]);
        command.args(["--timeout", &seconds(assignment.timeout)]);
        command.arg("--script").arg(script).arg(assignment.url());
        Ok(command)
    }

    fn read(&self, finished: &Finished) -> Result<Outcome, GeneratorError> {
        let numbers: BTreeMap<&str, u64> = finished
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix(MARK)?.split_once(' '))
            .filter_map(|(name, number)| Some((name, number.trim().parse().ok()?)))
            .collect();
        outcome(&numbers).map_err(|missing| {
            let why = format!("its script did not print `{missing}`");
            GeneratorError::unreadable(NAME, &why, &finished.stdout)
        })
    }
}

/// The script for a request: what to send, and what to print at the end.
fn lua(request: &Request) -> String {
    let mut script = format!("wrk.method = {}\n", quoted(request.method.as_bytes()));
    for (name, value) in &request.headers {
        let (name, value) = (quoted(name.as_bytes()), quoted(value.as_bytes()));
        let _ = writeln!(script, "wrk.headers[{name}] = {value}");
    }
    if !request.body.is_empty() {
        let _ = writeln!(script, "wrk.body = {}", quoted(&request.body));
    }
    script + DONE
}

/// A Lua string of these bytes; everything but letters and digits is written as a decimal escape of three digits.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "\\{byte:03}");
        }
    }
    text + "\""
}

/// The outcome, or the name of a number that is missing.
fn outcome(numbers: &BTreeMap<&str, u64>) -> Result<Outcome, &'static str> {
    let number = |name: &'static str| numbers.get(name).copied().ok_or(name);
    let (requests, late) = (number("requests")?, number("timeout")?);
    let wrong = number("status")?;
    let mut outcome = Outcome {
        // A late answer is counted as an answer too.
        ok: requests.saturating_sub(wrong).saturating_sub(late),
        wall_ns: number("duration_us")? * 1_000,
        bytes_in: Some(number("bytes")?),
        latency: latency(numbers),
        ..Outcome::default()
    };
    outcome.add_failures("client_or_server_error", wrong);
    outcome.add_failures("timeout", late);
    for class in ["connect", "read", "write"] {
        outcome.add_failures(class, number(class)?);
    }
    Ok(outcome)
}

/// Nothing where no request was answered: wrk says 0 then.
fn latency(numbers: &BTreeMap<&str, u64>) -> ReportedLatency {
    let time = |name: &str| {
        let us = numbers.get(name).copied().filter(|us| *us > 0);
        us.map(|us| us * 1_000)
    };
    ReportedLatency {
        mean_ns: time("mean_us"),
        quantiles_ns: numbers
            .keys()
            .filter_map(|name| Some((quantile_key(name.strip_prefix("us_at_")?)?, time(name)?)))
            .collect(),
        max_ns: time("max_us"),
    }
}

#[cfg(test)]
mod tests;
