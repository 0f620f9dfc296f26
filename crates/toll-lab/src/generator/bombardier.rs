//! bombardier, a Go program on fasthttp: what the original suite measured with.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::outcome::{ns, quantile_key};
use super::{
    Assignment, Generator, GeneratorError, Outcome, Program, ReportedLatency, from_json, go_quoted,
};
use crate::process::Finished;

/// The generator.
#[derive(Debug)]
pub(super) struct Bombardier;

const NAME: &str = "bombardier";

impl Generator for Bombardier {
    fn name(&self) -> &'static str {
        NAME
    }

    fn variable(&self) -> &'static str {
        "ASGI_TOLL_BOMBARDIER"
    }

    fn home_folder(&self) -> Option<&'static str> {
        Some("go/bin")
    }

    fn how_to_get(&self) -> &'static str {
        "go install github.com/codesenberg/bombardier@v1.2.6"
    }

    fn go_module(&self) -> Option<(&'static str, &'static str)> {
        Some(("github.com/codesenberg/bombardier", "v1.2.6"))
    }

    fn blind_to(&self) -> &'static str {
        "bodies are not compared, failed requests are silently sent again, and its latencies include failures"
    }

    fn refuses_rate(&self, requests_per_s: f64) -> Option<String> {
        let broken = requests_per_s < 1.0 || requests_per_s.fract() != 0.0;
        broken.then(|| {
            format!("its rate is a whole number of requests per second, not {requests_per_s}")
        })
    }

    fn version(&self, path: &Path, said: &str) -> Option<String> {
        let word = said.split_once("bombardier version ")?.1;
        match word.split_whitespace().next()? {
            "unspecified" => module_version(&fs::read(path).ok()?),
            version => Some(version.to_owned()),
        }
    }

    fn command(
        &self,
        program: &Program,
        assignment: &Assignment,
        scratch: &Path,
    ) -> io::Result<Command> {
        let mut command = Command::new(&program.path);
        command.args(["--print", "r", "--format", "json", "--latencies"]);
        command.arg(format!("--connections={}", assignment.connections));
        let duration = assignment.duration.max(self.shortest());
        command.arg(format!("--duration={}ms", duration.as_millis()));
        command.arg(format!("--timeout={}ms", assignment.timeout.as_millis()));
        if let Some(rate) = assignment.rate {
            command.arg(format!("--rate={rate:.0}"));
        }
        let request = &assignment.request;
        command.arg(format!("--method={}", request.method));
        for (name, value) in &request.headers {
            command.arg(format!("--header={name}: {value}"));
        }
        if let Some(body) = assignment.body_file(scratch)? {
            command.arg("--body-file").arg(body);
        }
        command.arg(assignment.url());
        Ok(command)
    }

    fn read(&self, finished: &Finished) -> Result<Outcome, GeneratorError> {
        let written: Written = from_json(NAME, &go_quoted::to_json(&finished.stdout))?;
        Ok(written.result.outcome())
    }
}

/// What `go install` leaves in the program: tab-separated, the module and its version.
fn module_version(program: &[u8]) -> Option<String> {
    const MODULE: &[u8] = b"mod\tgithub.com/codesenberg/bombardier";
    let at = program
        .windows(MODULE.len())
        .position(|window| window == MODULE)?;
    let line = program[at..].split(|byte| *byte == b'\n').next()?;
    let version = line.split(|byte| *byte == b'\t').nth(2)?;
    String::from_utf8(version.to_vec())
        .ok()
        .filter(|version| version.starts_with('v'))
}

#[derive(Deserialize)]
struct Written {
    result: Figures,
}

/// Times are microseconds, rates are per second; whole numbers may be written as floats.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    bytes_read: f64,
    bytes_written: f64,
    time_taken_seconds: f64,
    req1xx: u64,
    req2xx: u64,
    req3xx: u64,
    req4xx: u64,
    req5xx: u64,
    others: u64,
    #[serde(default)]
    errors: Vec<Described>,
    latency: Option<Summary>,
    rps: Option<Summary>,
}

#[derive(Deserialize)]
struct Described {
    description: String,
    count: u64,
}

#[derive(Deserialize)]
struct Summary {
    mean: f64,
    max: f64,
    #[serde(default)]
    percentiles: BTreeMap<String, f64>,
}

impl Figures {
    fn outcome(&self) -> Outcome {
        let mut outcome = Outcome {
            ok: self.req2xx,
            wall_ns: ns(self.time_taken_seconds, Duration::from_secs(1)).unwrap_or(0),
            bytes_in: Some(self.bytes_read as u64),
            bytes_out: Some(self.bytes_written as u64),
            latency: self
                .latency
                .as_ref()
                .map(Summary::latency)
                .unwrap_or_default(),
            window_rate_p99: self
                .rps
                .as_ref()
                .and_then(|rps| rps.percentiles.get("99").copied()),
            ..Outcome::default()
        };
        let statuses = [
            ("wrong_status", self.req1xx),
            ("redirect", self.req3xx),
            ("client_error", self.req4xx),
            ("server_error", self.req5xx),
        ];
        for (class, count) in statuses {
            outcome.add_failures(class, count);
        }
        for error in &self.errors {
            outcome.add_failures(&without_ports(&error.description), error.count);
        }
        let described: u64 = self.errors.iter().map(|error| error.count).sum();
        outcome.add_failures("other", self.others.saturating_sub(described));
        outcome.sent = Some(outcome.ok + outcome.failed);
        outcome
    }
}

/// Go names both ends of a connection, and so every connection would be a class of its own.
fn without_ports(description: &str) -> String {
    let words = description.split(' ').filter(|word| !word.contains("->"));
    words.collect::<Vec<_>>().join(" ")
}

impl Summary {
    fn latency(&self) -> ReportedLatency {
        let micros = |value: f64| ns(value, Duration::from_micros(1));
        ReportedLatency {
            mean_ns: micros(self.mean),
            quantiles_ns: self
                .percentiles
                .iter()
                .filter_map(|(percent, value)| Some((quantile_key(percent)?, micros(*value)?)))
                .collect(),
            max_ns: micros(self.max),
        }
    }
}

#[cfg(test)]
mod tests;
