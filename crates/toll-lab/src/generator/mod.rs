//! External load generators: the same question put to other tools, each in one file and one line of [`all`].
//!
//! They are run as people run them and their own words are read: what a tool does not tell is `None`, never made up,
//! and what it counts as a success is said by [`Generator::blind_to`].

mod bombardier;
mod error;
mod go_quoted;
mod locate;
mod oha;
mod outcome;
mod program;
mod runner;
mod wrk;

use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub use error::GeneratorError;
pub use outcome::{Outcome, ReportedLatency};
pub use program::Program;
pub use runner::{Job, OnHost, Runner};
use serde::de::DeserializeOwned;
use toll_load::{Request, Target};

use crate::process::Finished;

/// What a generator is to do.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The server.
    pub target: Target,
    /// The request; its path counts, not the target's.
    pub request: Request,
    /// Connections that are kept open.
    pub connections: u32,
    /// How long; not less than [`Generator::shortest`]. Some tools round up to whole seconds.
    pub duration: Duration,
    /// Requests per second in all; without it every connection asks as soon as it is answered.
    pub rate: Option<f64>,
    /// How long one request may take. Some tools round up to whole seconds.
    pub timeout: Duration,
    /// The core to which the program and all of its threads are bound.
    pub core: Option<usize>,
    /// The container of the server, if the program is to run beside it.
    pub server: Option<String>,
}

impl Assignment {
    /// The target with the request's path, as a URL.
    fn url(&self) -> String {
        self.target
            .clone()
            .with_path(&self.request.path)
            .to_string()
    }

    /// A file with the body of the request, if it has one.
    fn body_file(&self, scratch: &Path) -> io::Result<Option<PathBuf>> {
        if self.request.body.is_empty() {
            return Ok(None);
        }
        let file = scratch.join("body");
        fs::write(&file, &self.request.body)?;
        Ok(Some(file))
    }
}

/// A load generator that is a program of its own.
pub trait Generator: Debug + Send + Sync {
    /// Its name in suites, which is that of the program too.
    fn name(&self) -> &'static str;

    /// The environment variable that names the program where it is not on `PATH`.
    fn variable(&self) -> &'static str;

    /// The folder below the home folder where its installer puts it.
    fn home_folder(&self) -> Option<&'static str> {
        None
    }

    /// The command that installs it.
    fn how_to_get(&self) -> &'static str;

    /// The Go module of its program, with a version, if it can be built from source into an image of its own: then it
    /// runs in a container beside the server's, where servers are in containers.
    fn go_module(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// What it does not check, as a half sentence for reports.
    fn blind_to(&self) -> &'static str;

    /// The shortest time for which it sends load.
    fn shortest(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Whether it reaches servers on unix sockets.
    fn unix_sockets(&self) -> bool {
        false
    }

    /// Why it cannot send at this rate, if it cannot.
    fn refuses_rate(&self, requests_per_s: f64) -> Option<String>;

    /// Why it cannot do this, if it cannot.
    fn unsupported(&self, assignment: &Assignment) -> Option<String> {
        if assignment.target.socket().is_some() && !self.unix_sockets() {
            return Some(NO_UNIX_SOCKETS.to_owned());
        }
        assignment.rate.and_then(|rate| self.refuses_rate(rate))
    }

    /// The argument that makes it tell its version.
    fn version_flag(&self) -> &'static str {
        "--version"
    }

    /// Its version: out of what it said to [`Self::version_flag`], or out of the program itself.
    fn version(&self, path: &Path, said: &str) -> Option<String>;

    /// The command line. `scratch` is an empty folder that lives as long as the program runs.
    ///
    /// # Errors
    /// `scratch` cannot be written to.
    fn command(
        &self,
        program: &Program,
        assignment: &Assignment,
        scratch: &Path,
    ) -> io::Result<Command>;

    /// Reads what it wrote. The program's CPU time and memory are the runner's to fill in.
    ///
    /// # Errors
    /// What it wrote is not what this tool writes when it has measured something.
    fn read(&self, finished: &Finished) -> Result<Outcome, GeneratorError>;
}

/// The JSON that a program wrote, whatever it wrote before.
fn from_json<T: DeserializeOwned>(name: &'static str, text: &str) -> Result<T, GeneratorError> {
    let start = text.find('{').unwrap_or(0);
    serde_json::from_str(&text[start..])
        .map_err(|error| GeneratorError::unreadable(name, &error, text))
}

/// Every generator that there is.
pub fn all() -> &'static [&'static dyn Generator] {
    &[&bombardier::Bombardier, &wrk::Wrk, &oha::Oha]
}

/// The generator of that name, if there is one.
pub fn named(name: &str) -> Option<&'static dyn Generator> {
    all()
        .iter()
        .copied()
        .find(|generator| generator.name() == name)
}

const NO_UNIX_SOCKETS: &str = "it knows no unix sockets; use TCP";

/// Whole seconds, rounded up, and not less than one.
fn whole_seconds(duration: Duration) -> u64 {
    let up = u64::from(duration.subsec_nanos() > 0);
    (duration.as_secs() + up).max(1)
}

/// A program that ended well and wrote this.
#[cfg(test)]
fn having_written(text: &str) -> Finished {
    Finished {
        success: true,
        code: Some(0),
        stdout: text.to_owned(),
        stderr: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for generator in all() {
            let found = named(generator.name()).unwrap();
            assert_eq!(found.how_to_get(), generator.how_to_get());
        }
        assert!(named("ab").is_none());
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (2_000, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
    }

    #[test]
    fn a_socket_is_told_apart_from_a_port() {
        let to = |target: Target| Assignment {
            target,
            request: Request::get("/x?y=1"),
            connections: 1,
            duration: Duration::from_secs(1),
            rate: None,
            timeout: Duration::from_secs(1),
            core: None,
            server: None,
        };
        let tcp = to(Target::parse("http://127.0.0.1:80/").unwrap());
        assert_eq!(
            (tcp.url().as_str(), tcp.target.socket()),
            ("http://127.0.0.1:80/x?y=1", None)
        );
        let unix = to(Target::unix("/run/a.sock").with_path("/b"));
        assert_eq!(unix.target.socket(), Some(Path::new("/run/a.sock")));
    }
}
