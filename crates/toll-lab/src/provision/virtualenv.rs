//! Virtualenvs made by uv.

use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use toll_core::failure::{Failure, Stage};
use toll_core::host::Interpreter;
use toll_core::plan::PythonRequest;

use super::child::{command, finish};
use super::choose;
use super::context::Context;
use super::diagnose;
use super::install;
use super::interpreters;
use super::locks::{self, Held};
use super::provisioner::{Chosen, Environment, EnvironmentRequest, Provisioner};
use super::remembered::{self, Answer, Question};
use super::resolution::Resolution;
use super::uv::Uv;
use crate::process::RunError;

const RESOLVING: Duration = Duration::from_mins(3);
const INSTALLING_PYTHON: Duration = Duration::from_mins(5);

/// Makes virtualenvs with uv and keeps them in the context's cache.
#[derive(Debug, Clone)]
pub struct Virtualenvs {
    context: Context,
    uv: Uv,
    interpreters: Vec<Interpreter>,
}

impl Virtualenvs {
    /// A provisioner that uses this uv and these interpreters, newest first.
    pub fn new(context: Context, uv: Uv, interpreters: Vec<Interpreter>) -> Self {
        Self {
            context,
            uv,
            interpreters,
        }
    }

    fn resolve_as(&self, request: &EnvironmentRequest, alone: bool) -> Result<Resolution, Failure> {
        let question = Question::new(request, alone);
        let known = remembered::recall(&self.context, &question);
        // What other Pythons would get only decides which Python is taken: an answer of today will do.
        let serves = |answer: &&Answer| answer.is_settled() || (alone && answer.age_days() < 1);
        if let Some(answer) = known.as_ref().filter(serves) {
            return Ok(Resolution {
                text: answer.text.clone(),
                notes: Vec::new(),
            });
        }
        match self.compile(request, alone) {
            Ok(text) => {
                // A cache that cannot be written to costs time, not correctness.
                let _ = remembered::remember(&self.context, &question, &text);
                Ok(Resolution {
                    text,
                    notes: Vec::new(),
                })
            }
            Err(failure) if failure.code == "index-unreachable" => {
                let Some(answer) = known.filter(Answer::is_recent) else {
                    return Err(failure);
                };
                let note = format!(
                    "the package index could not be reached; what was resolved {} days ago was used",
                    answer.age_days()
                );
                Ok(Resolution {
                    text: answer.text,
                    notes: vec![note],
                })
            }
            Err(failure) => Err(failure),
        }
    }

    /// What some of an environment's requirements bring, out of what it consists of: `name==version`, sorted.
    ///
    /// # Errors
    /// As resolving.
    pub(super) fn closure(
        &self,
        request: &EnvironmentRequest,
        roots: &[String],
        whole: &Resolution,
    ) -> Result<Vec<String>, Failure> {
        if roots.is_empty() {
            return Ok(Vec::new());
        }
        let doing = "resolving the server";
        let constraints = requirements_file(&whole.distributions())
            .map_err(|error| diagnose::io_failed(doing, &error))?;
        let part = EnvironmentRequest {
            requirements: roots.to_vec(),
            ..request.clone()
        };
        let text = self.compile_within(&part, false, Some(constraints.path()))?;
        Ok(Resolution {
            text,
            notes: Vec::new(),
        }
        .distributions())
    }

    fn compile(&self, request: &EnvironmentRequest, alone: bool) -> Result<String, Failure> {
        self.compile_within(request, alone, None)
    }

    fn compile_within(
        &self,
        request: &EnvironmentRequest,
        alone: bool,
        constraints: Option<&Path>,
    ) -> Result<String, Failure> {
        let doing = "resolving";
        let input = requirements_file(&request.requirements)
            .map_err(|error| diagnose::io_failed(doing, &error))?;
        let mut compile = command(&self.context, &self.uv.path);
        compile.args([
            "pip",
            "compile",
            "--no-header",
            "--no-annotate",
            "--no-python-downloads",
        ]);
        compile
            .arg(input.path())
            .args(["--python", &request.interpreter.path]);
        if let Some(day) = &request.exclude_newer {
            compile.args(["--exclude-newer", day]);
        }
        if alone {
            compile.arg("--no-deps");
        }
        // uv keeps the versions of an output file that it finds, as far as it may.
        let preferences =
            preferences(&request.prefer).map_err(|error| diagnose::io_failed(doing, &error))?;
        if let Some(file) = &preferences {
            compile.arg("--output-file").arg(file.path());
        }
        if let Some(constraints) = constraints {
            compile.arg("--constraints").arg(constraints);
        }
        let finished = finish(&self.context, compile, RESOLVING)
            .map_err(|error| diagnose::stopped(doing, error))?;
        if finished.success {
            Ok(finished.stdout)
        } else {
            Err(diagnose::failed(doing, &finished))
        }
    }

    /// Has uv install a Python.
    fn install_python(&self, version: &str) -> Result<Interpreter, Failure> {
        let mut install = command(&self.context, &self.uv.path);
        // One retry: where the network forbids it, waiting changes nothing.
        install
            .args(["python", "install", version])
            .env("UV_HTTP_RETRIES", "1")
            .env("UV_PYTHON_INSTALL_BIN", "0");
        let doing = "uv python install";
        let run = |command| {
            finish(&self.context, command, INSTALLING_PYTHON)
                .map_err(|error| diagnose::stopped(doing, error))
        };
        let finished = run(install)?;
        if !finished.success {
            return Err(diagnose::failed(doing, &finished));
        }
        let mut find = command(&self.context, &self.uv.path);
        find.args(["python", "find", "--no-project", version]);
        let path = PathBuf::from(run(find)?.stdout.trim());
        interpreters::ask(&self.context, &path).ok_or_else(|| {
            let message = "it was installed, but does not start";
            Failure::new(Stage::Provision, "python-broken", message)
        })
    }

    /// The Python of this version, installed where it is not here, else the nearest.
    fn choose_version(&self, version: &str) -> Result<Chosen, Failure> {
        let as_asked = |interpreter| Chosen {
            interpreter,
            notes: Vec::new(),
        };
        if let Some(interpreter) = choose::exact(version, &self.interpreters) {
            return Ok(as_asked(interpreter));
        }
        let failure = match self.install_python(version) {
            Ok(interpreter) => return Ok(as_asked(interpreter)),
            Err(failure) => failure,
        };
        // What an interrupt stopped might have been installed.
        self.go_on()?;
        let reason = brief(&failure);
        let interpreter = choose::nearest(version, &self.interpreters)
            .ok_or_else(|| choose::missing(version, &self.interpreters, &reason))?;
        let notes = vec![choose::note(version, &interpreter, &reason)];
        Ok(Chosen { interpreter, notes })
    }

    /// An error once everything is to stop.
    fn go_on(&self) -> Result<(), Failure> {
        if self.context.aborted() {
            Err(diagnose::stopped("choosing a Python", RunError::Aborted))
        } else {
            Ok(())
        }
    }
}

/// A locked place in the cache.
struct Place {
    id: String,
    dir: PathBuf,
    held: Held,
}

fn environment(
    request: &EnvironmentRequest,
    resolution: &Resolution,
    at: Place,
    reused: bool,
) -> Environment {
    install::touch(&at.dir);
    Environment {
        id: at.id,
        python: install::python(&at.dir),
        python_version: request.interpreter.version.clone(),
        lock: resolution.distributions(),
        dir: Some(at.dir),
        image: None,
        own_user: false,
        version: None,
        reused,
        notes: resolution.notes.clone(),
        _held: Some(Arc::new(at.held)),
    }
}

/// uv's reason up to where its network library starts to speak.
fn brief(failure: &Failure) -> String {
    let message = failure
        .message
        .split_once("failed: ")
        .map_or(failure.message.as_str(), |(_, reason)| reason);
    message
        .split(": error sending request")
        .next()
        .unwrap_or(message)
        .to_owned()
}

/// A lock to be kept as far as possible, as a file; `None` where there is none.
fn preferences(lock: &[String]) -> io::Result<Option<tempfile::NamedTempFile>> {
    if lock.is_empty() {
        return Ok(None);
    }
    requirements_file(lock).map(Some)
}

fn requirements_file(requirements: &[String]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("requirements-")
        .suffix(".in")
        .tempfile()?;
    for requirement in remembered::sorted(requirements) {
        writeln!(file, "{requirement}")?;
    }
    file.flush()?;
    Ok(file)
}

impl Provisioner for Virtualenvs {
    fn pythons(&self) -> &[Interpreter] {
        &self.interpreters
    }

    fn choose_python(&self, request: &PythonRequest) -> Result<Chosen, Failure> {
        // An interrupted search may not have found all that is there.
        self.go_on()?;
        let PythonRequest::Version(version) = request else {
            let newest = choose::newest_of_each_minor(&self.interpreters)
                .into_iter()
                .next();
            let newest =
                newest.ok_or_else(|| choose::missing("3.8 or newer", &self.interpreters, ""))?;
            return Ok(Chosen {
                interpreter: newest,
                notes: Vec::new(),
            });
        };
        self.choose_version(version)
    }

    fn resolve(&self, request: &EnvironmentRequest) -> Result<Resolution, Failure> {
        self.resolve_as(request, request.exact)
    }

    fn resolve_alone(&self, request: &EnvironmentRequest) -> Result<Resolution, Failure> {
        self.resolve_as(request, true)
    }

    fn build(
        &self,
        request: &EnvironmentRequest,
        resolution: &Resolution,
    ) -> Result<Environment, Failure> {
        let id = install::id(request, &resolution.text);
        let dir = self.context.layout().environment(&id);
        let find = || Ok(install::is_ready(&dir).then_some(()));
        let make = || install::build(&self.context, &self.uv, request, &resolution.text, &dir);
        let ((), held, reused) = locks::find_or_make(&self.context, &id, &find, &make)?;
        Ok(environment(
            request,
            resolution,
            Place { id, dir, held },
            reused,
        ))
    }
}
