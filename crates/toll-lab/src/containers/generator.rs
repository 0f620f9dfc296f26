//! A load generator in a container of its own, in the network of the server's container, as the original suite had it.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use toll_core::failure::{Failure, Stage};
use toll_engine::{ContainerSpec, Context, EngineError, Mount, Network};

use super::cgroup::Cgroup;
use super::home::Lodging;
use super::labels::RUN;
use super::owner::Owner;
use super::user::User;
use crate::generator::{Generator, GeneratorError, Job, Program, Runner};
use crate::process::{Finished, RunError, Usage, peak_resident_bytes};
use crate::provision::{ImageBuilder, Recipe, digest};

/// The kind of these images.
const KIND: &str = "generator";
/// Where the program is in its image.
const PROGRAM: &str = "/usr/local/bin";
const MEMORY_BYTES: u64 = 512 << 20;
const PROCESSES_MAX: u32 = 256;

/// Finds or builds the image of a generator, out of the program that is on this machine, or else from its source.
///
/// # Errors
/// The image cannot be built.
pub fn contained(
    lodging: &Lodging,
    generator: &'static dyn Generator,
    base: &str,
    builder: ImageBuilder<'_>,
) -> Result<Program, Failure> {
    let here = Program::find(generator);
    let source = Source::of(generator, here, base)
        .map_err(|error| Failure::new(Stage::Provision, "image-not-built", error.to_string()))?;
    let name = generator.name();
    let label = format!("{name} {}", source.version());
    let recipe = Recipe {
        network: matches!(source, Source::Go { .. }),
        ..Recipe::new(KIND, source.digest(), &label)
    };
    let files = || {
        source.files(name).map_err(|error| {
            let message = format!("{name} cannot be read: {error}");
            Failure::new(Stage::Provision, "image-not-built", message)
        })
    };
    builder.ensure(&recipe, &files)?;
    Ok(Program {
        generator,
        path: Path::new(PROGRAM).join(name),
        version: source.version(),
        runner: Arc::new(Beside {
            lodging: lodging.clone(),
            image: recipe.tag,
        }),
    })
}

/// What the image of a generator is made of.
enum Source {
    /// The program on this machine, put on an image that has the libraries it needs.
    Here {
        program: PathBuf,
        version: String,
        base: String,
    },
    /// The source of a Go module.
    Go {
        module: &'static str,
        version: &'static str,
    },
}

impl Source {
    /// The program that was found; without one, the module's source, if there is one.
    fn of(
        generator: &dyn Generator,
        found: Result<Program, GeneratorError>,
        base: &str,
    ) -> Result<Self, GeneratorError> {
        match (found, generator.go_module()) {
            (Ok(program), _) => Ok(Self::Here {
                program: program.path,
                version: program.version,
                base: base.to_owned(),
            }),
            (Err(_), Some((module, version))) => Ok(Self::Go { module, version }),
            (Err(error), None) => Err(error),
        }
    }

    fn version(&self) -> String {
        match self {
            Self::Here { version, .. } => version.clone(),
            Self::Go { version, .. } => (*version).to_owned(),
        }
    }

    fn digest(&self) -> String {
        match self {
            Self::Here {
                program,
                version,
                base,
            } => {
                let bytes = std::fs::read(program).unwrap_or_default();
                digest(&[KIND, version, base, &String::from_utf8_lossy(&bytes)])
            }
            Self::Go { module, version } => digest(&[KIND, module, version]),
        }
    }

    fn dockerfile(&self, name: &str) -> String {
        match self {
            Self::Here { base, .. } => format!("FROM {base}\nCOPY {name} {PROGRAM}/{name}\n"),
            Self::Go { module, version } => format!(
                "FROM golang:1 AS build\nRUN CGO_ENABLED=0 go install {module}@{version}\n\
                 FROM scratch\nCOPY --from=build /go/bin/{name} {PROGRAM}/{name}\n"
            ),
        }
    }

    fn files(&self, name: &str) -> io::Result<Context> {
        let mut context = Context::new(&self.dockerfile(name))?;
        if let Self::Here { program, .. } = self {
            context.file(Path::new(name), &std::fs::canonicalize(program)?)?;
        }
        Ok(context)
    }
}

/// Runs a generator in a container that shares the network of the server's.
#[derive(Debug)]
struct Beside {
    lodging: Lodging,
    image: String,
}

impl Beside {
    fn spec(&self, command: &Command, job: &Job<'_>) -> ContainerSpec {
        let text = |word: &std::ffi::OsStr| word.to_string_lossy().into_owned();
        let program = std::iter::once(command.get_program());
        let scratch = Mount {
            source: job.scratch.to_owned(),
            target: job.scratch.to_owned(),
            read_only: true,
        };
        ContainerSpec {
            image: self.image.clone(),
            command: Some(program.chain(command.get_args()).map(text).collect()),
            variables: Vec::new(),
            labels: BTreeMap::from([(RUN.to_owned(), Owner::this_process().to_string())]),
            user: Some(User::of(self.lodging.engine.facts()).name()),
            mounts: vec![scratch],
            writable: Vec::new(),
            network: job
                .server
                .map_or(Network::Host, |server| Network::Of(server.to_owned())),
            cores: job.core.map(|core| vec![core]),
            memory_bytes: MEMORY_BYTES,
            processes_max: PROCESSES_MAX,
        }
    }
}

impl Runner for Beside {
    fn run(&self, command: Command, job: &Job<'_>) -> Result<(Finished, Usage), RunError> {
        let mut usage = Usage::default();
        let mut cgroup = None;
        // What it used is only known while it is there; the last moments between two looks are missed.
        let mut look = |pid: u32| {
            cgroup = cgroup.take().or_else(|| Cgroup::of(pid).ok());
            let used = cgroup.as_ref().and_then(|cgroup| cgroup.cpu_ns().ok());
            usage.cpu_ns = used.unwrap_or(0).max(usage.cpu_ns);
            let peak = peak_resident_bytes(pid).unwrap_or(0);
            usage.peak_resident_bytes = peak.max(usage.peak_resident_bytes);
        };
        readable(job.scratch)?;
        let spec = self.spec(&command, job);
        let ended = self
            .lodging
            .engine
            .run(&spec, job.limits.timeout, &mut look)
            .map_err(|error| match error {
                EngineError::Interrupted => RunError::Aborted,
                other => RunError::Io(io::Error::other(other)),
            })?;
        let finished = Finished {
            success: ended.exit_code == 0,
            code: i32::try_from(ended.exit_code).ok(),
            stdout: ended.out,
            stderr: ended.err,
        };
        Ok((finished, usage))
    }

    fn is_beside_the_server(&self) -> bool {
        true
    }
}

/// Lets the container's user, who may be another than ours, into a folder and read what is in it.
fn readable(folder: &Path) -> io::Result<()> {
    std::fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for entry in std::fs::read_dir(folder)? {
        std::fs::set_permissions(entry?.path(), Permissions::from_mode(0o644))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::named;

    #[test]
    fn without_a_program_it_is_built_from_its_source() {
        let bombardier = named("bombardier").unwrap();
        let missing = Err(GeneratorError::NoVersion {
            name: "bombardier",
            path: String::new(),
            how_to_get: "",
        });
        let source = Source::of(bombardier, missing, "python:3.12-slim").unwrap();
        let text = source.dockerfile("bombardier");
        assert!(
            text.contains("go install github.com/codesenberg/bombardier@v1.2.6"),
            "{text}"
        );
        assert!(text.contains("FROM scratch"), "{text}");
        assert_eq!(source.version(), "v1.2.6");
    }
}
