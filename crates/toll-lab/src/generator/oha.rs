//! oha, in Rust on hyper.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::outcome::{ns, quantile_key};
use super::{Assignment, Generator, GeneratorError, Outcome, Program, ReportedLatency, from_json};
use crate::process::Finished;

/// The generator.
#[derive(Debug)]
pub(super) struct Oha;

const NAME: &str = "oha";

/// The first version that has `--output-format`; before it there was `--json`.
const OUTPUT_FORMAT_SINCE: (u32, u32) = (1, 9);

impl Generator for Oha {
    fn name(&self) -> &'static str {
        NAME
    }

    fn variable(&self) -> &'static str {
        "ASGI_TOLL_OHA"
    }

    fn home_folder(&self) -> Option<&'static str> {
        Some(".cargo/bin")
    }

    fn how_to_get(&self) -> &'static str {
        "cargo install oha"
    }

    fn blind_to(&self) -> &'static str {
        "bodies are not compared, its latencies include wrong statuses, and bytes are told of bodies only"
    }

    fn unix_sockets(&self) -> bool {
        true
    }

    fn refuses_rate(&self, _requests_per_s: f64) -> Option<String> {
        None
    }

    fn version(&self, _path: &Path, said: &str) -> Option<String> {
        let line = said.lines().find_map(|line| line.strip_prefix("oha "))?;
        line.split_whitespace().next().map(str::to_owned)
    }

    fn command(
        &self,
        program: &Program,
        assignment: &Assignment,
        scratch: &Path,
    ) -> io::Result<Command> {
        let mut command = Command::new(&program.path);
        command.args(["--no-tui", "--disable-compression", "--redirect", "0"]);
        command.args(json_arguments(&program.version));
        // Without it the requests on their way at the end are dropped and counted as errors.
        command.arg("--wait-ongoing-requests-after-deadline");
        command.args(["-c", &assignment.connections.to_string()]);
        let millis = |duration: Duration| format!("{}ms", duration.as_millis());
        command.args(["-z", &millis(assignment.duration.max(self.shortest()))]);
        command.args(["-t", &millis(assignment.timeout)]);
        if let Some(rate) = assignment.rate {
            command.args(["-q", &rate.to_string(), "--latency-correction"]);
        }
        let request = &assignment.request;
        command.args(["-m", &request.method]);
        for (name, value) in &request.headers {
            command.args(["-H", &format!("{name}: {value}")]);
        }
        if let Some(body) = assignment.body_file(scratch)? {
            command.arg("-D").arg(body);
        }
        match assignment.target.socket() {
            Some(socket) => command
                .arg("--unix-socket")
                .arg(socket)
                .arg(format!("http://localhost{}", request.path)),
            None => command.arg(assignment.url()),
        };
        Ok(command)
    }

    fn read(&self, finished: &Finished) -> Result<Outcome, GeneratorError> {
        let written: Written = from_json(NAME, &finished.stdout)?;
        Ok(written.outcome())
    }
}

fn json_arguments(version: &str) -> &'static [&'static str] {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let release = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if release < OUTPUT_FORMAT_SINCE {
        &["--json"]
    } else {
        &["--output-format", "json"]
    }
}

/// Times are seconds; a number that there is not is `null`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    summary: Summary,
    #[serde(default)]
    latency_percentiles: BTreeMap<String, Option<f64>>,
    status_code_distribution: BTreeMap<String, u64>,
    error_distribution: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Summary {
    total: f64,
    slowest: Option<f64>,
    average: Option<f64>,
}

impl Written {
    fn outcome(&self) -> Outcome {
        let mut outcome = Outcome {
            wall_ns: seconds(Some(self.summary.total)).unwrap_or(0),
            latency: self.latency(),
            ..Outcome::default()
        };
        for (status, count) in &self.status_code_distribution {
            match status.as_bytes() {
                [b'2', ..] => outcome.ok += count,
                [b'3', ..] => outcome.add_failures("redirect", *count),
                [b'4', ..] => outcome.add_failures("client_error", *count),
                [b'5', ..] => outcome.add_failures("server_error", *count),
                _ => outcome.add_failures("wrong_status", *count),
            }
        }
        for (description, count) in &self.error_distribution {
            outcome.add_failures(description, *count);
        }
        outcome.sent = Some(outcome.ok + outcome.failed);
        outcome
    }

    fn latency(&self) -> ReportedLatency {
        let quantile = |(name, value): (&String, &Option<f64>)| {
            Some((quantile_key(name.strip_prefix('p')?)?, seconds(*value)?))
        };
        ReportedLatency {
            mean_ns: seconds(self.summary.average),
            quantiles_ns: self
                .latency_percentiles
                .iter()
                .filter_map(quantile)
                .collect(),
            max_ns: seconds(self.summary.slowest),
        }
    }
}

fn seconds(value: Option<f64>) -> Option<u64> {
    ns(value?, Duration::from_secs(1))
}

#[cfg(test)]
mod tests;
