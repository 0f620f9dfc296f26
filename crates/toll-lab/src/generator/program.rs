//! A generator whose program is there: running it, within bounds.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use toll_core::host::LoadGenerator;

use super::locate::Places;
use super::runner::{Job, OnHost, Runner};
use super::{Assignment, Generator, GeneratorError, Outcome};
use crate::process::{Finished, Limits, run};

/// A generator with its program.
#[derive(Debug, Clone)]
pub struct Program {
    /// The generator.
    pub generator: &'static dyn Generator,
    /// Where the program is.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
    /// Where it is run.
    pub runner: Arc<dyn Runner>,
}

/// How long a program may take to tell its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);
/// How much longer than its load a program may take to start and to sum up.
const SLACK: Duration = Duration::from_secs(5);
/// How many timeouts one request may cost: bombardier's client asks up to five times before it gives up.
const ATTEMPTS: u32 = 6;

impl Program {
    /// Looks for the program of a generator and asks for its version.
    ///
    /// # Errors
    /// It is missing, or is not what it should be.
    pub fn find(generator: &'static dyn Generator) -> Result<Self, GeneratorError> {
        let path = Places::of(generator).find(generator)?;
        let mut command = Command::new(&path);
        command.arg(generator.version_flag());
        let limits = Limits {
            timeout: VERSION_TIMEOUT,
            abort: Arc::default(),
        };
        let name = generator.name();
        let said = run(command, &limits).map_err(|source| GeneratorError::Run { name, source })?;
        let said = format!("{}\n{}", said.stdout, said.stderr);
        match generator.version(&path, &said) {
            Some(version) => Ok(Self {
                generator,
                path,
                version,
                runner: Arc::new(OnHost),
            }),
            None => Err(GeneratorError::NoVersion {
                name,
                path: path.display().to_string(),
                how_to_get: generator.how_to_get(),
            }),
        }
    }

    /// Its name and version, as reports write it.
    pub fn title(&self) -> String {
        format!("{} {}", self.generator.name(), self.version)
    }

    /// What results say of it.
    pub fn facts(&self) -> LoadGenerator {
        LoadGenerator {
            name: self.generator.name().to_owned(),
            version: self.version.clone(),
            blind_to: self.generator.blind_to().to_owned(),
            in_container: self.runner.is_beside_the_server(),
        }
    }

    /// Sends load and reads what the program says of it. It is killed when it takes much longer than it should, when
    /// `abort` is set, and when this process ends.
    ///
    /// # Errors
    /// See [`GeneratorError`]. A server that fails is no error: it is counted, as far as the tool counts it.
    pub fn run(
        &self,
        assignment: &Assignment,
        abort: &Arc<AtomicBool>,
    ) -> Result<Outcome, GeneratorError> {
        let generator = self.generator;
        let name = generator.name();
        if let Some(why) = generator.unsupported(assignment) {
            return Err(GeneratorError::Unsupported { name, why });
        }
        let scratch = |source| GeneratorError::Scratch { name, source };
        let folder = tempfile::tempdir().map_err(scratch)?;
        let command = generator
            .command(self, assignment, folder.path())
            .map_err(scratch)?;
        let limits = Limits {
            timeout: assignment.duration.max(generator.shortest())
                + assignment.timeout.max(Duration::from_secs(1)) * ATTEMPTS
                + SLACK,
            abort: Arc::clone(abort),
        };
        let job = Job {
            limits: &limits,
            core: assignment.core,
            scratch: folder.path(),
            server: assignment.server.as_deref(),
        };
        let ran = self.runner.run(command, &job);
        let (finished, usage) = ran.map_err(|source| GeneratorError::Run { name, source })?;
        Ok(Outcome {
            client_cpu_ns: usage.cpu_ns,
            peak_resident_bytes: usage.peak_resident_bytes,
            ..self.read(&finished)?
        })
    }

    fn read(&self, finished: &Finished) -> Result<Outcome, GeneratorError> {
        if finished.success {
            return self.generator.read(finished);
        }
        let said = [&finished.stderr, &finished.stdout];
        let last = said
            .iter()
            .find_map(|text| text.lines().rev().find(|line| !line.trim().is_empty()));
        Err(GeneratorError::Failed {
            name: self.generator.name(),
            ending: finished
                .code
                .map_or("a signal".to_owned(), |code| format!("exit code {code}")),
            said: last.map_or("it wrote nothing", str::trim).to_owned(),
        })
    }
}
