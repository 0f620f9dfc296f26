//! Finding uv.

use std::env;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toll_core::host::Interpreter;

use super::child::{command, finish};
use super::context::Context;
use super::event::Notify;
use super::fetch;
use super::version::Version;

/// Oldest uv that understands what it is told here.
pub const MINIMUM: &str = "0.5.0";

const PATIENCE: Duration = Duration::from_secs(10);
const BY_HAND: &str =
    "or install uv by hand (https://docs.astral.sh/uv/) and put it on PATH, or name it with --uv";

/// A uv that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uv {
    /// Its executable.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
}

/// Why there is no uv.
#[derive(Debug, thiserror::Error)]
pub enum UvError {
    /// The one that was named does not work.
    #[error("{} is no uv that works: {reason}; name another one, or none to have one found or fetched", path.display())]
    Given {
        /// What was named.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },
    /// It is older than [`MINIMUM`].
    #[error("{} is uv {version}, and {MINIMUM} or newer is needed: update it (`uv self update`, or `pip install -U uv`), or name no uv to have one fetched", path.display())]
    TooOld {
        /// Where it is.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// Without a Python there is no pip to fetch it with.
    #[error(
        "uv is not installed, and there is no Python ≥ 3.8 to fetch it with: install Python, {BY_HAND}"
    )]
    NoPython,
    /// The package index did not answer.
    #[error("uv is not installed, and the package index cannot be reached to fetch it: check the network, set PIP_INDEX_URL, UV_DEFAULT_INDEX or HTTPS_PROXY, {BY_HAND}\n{}", log.join("\n"))]
    IndexUnreachable {
        /// pip's last lines.
        log: Vec<String>,
    },
    /// pip did not install it.
    #[error("uv is not installed, and fetching it failed: install pip and venv for Python, {BY_HAND}\n{}", log.join("\n"))]
    FetchFailed {
        /// The last lines of each attempt.
        log: Vec<String>,
    },
    /// Everything is to stop.
    #[error("interrupted while uv was being looked for or fetched")]
    Interrupted,
    /// The cache folder cannot be written.
    #[error("uv cannot be put into {}: {source}; choose another folder with --cache-dir", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Looks for uv without fetching it: the one given, else on PATH and where its installers put it,
/// else in our own cache. Those that are too old or do not start are passed over.
///
/// # Errors
/// The one that was given cannot be used, or everything is to stop.
pub fn find_uv(context: &Context, given: Option<&Path>) -> Result<Option<Uv>, UvError> {
    if let Some(path) = given {
        return ask_given(context, path).map(Some);
    }
    let candidates = installed(context)
        .into_iter()
        .chain(fetch::fetched(context));
    let found = candidates
        .filter_map(|path| ask(context, &path).ok())
        .find(is_new_enough);
    match found {
        // Those that were asked after the interrupt could not answer.
        None if context.aborted() => Err(UvError::Interrupted),
        found => Ok(found),
    }
}

/// As [`find_uv`]; where there is none, it is fetched from the package index into our own cache,
/// once even if two runs want it at once.
///
/// # Errors
/// See [`UvError`].
pub fn obtain_uv(
    context: &Context,
    given: Option<&Path>,
    interpreters: &[Interpreter],
    notify: Notify,
) -> Result<Uv, UvError> {
    match find_uv(context, given)? {
        Some(uv) => Ok(uv),
        None => fetch::fetch(context, interpreters, notify),
    }
}

fn ask_given(context: &Context, path: &Path) -> Result<Uv, UvError> {
    // A bare name is looked up on PATH; a path is made absolute, as children run elsewhere.
    let is_name = path.components().count() == 1;
    let full = if is_name {
        path.to_owned()
    } else {
        std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
    };
    let uv = ask(context, &full).map_err(|reason| {
        let given = UvError::Given {
            path: path.to_owned(),
            reason,
        };
        unless_aborted(context, given)
    })?;
    if is_new_enough(&uv) {
        Ok(uv)
    } else {
        Err(UvError::TooOld {
            path: uv.path,
            version: uv.version,
        })
    }
}

/// The error, or the interrupt that explains it: whatever runs when everything is to stop, fails.
pub(super) fn unless_aborted(context: &Context, error: UvError) -> UvError {
    if context.aborted() {
        UvError::Interrupted
    } else {
        error
    }
}

/// What a uv says of itself, or why it is none.
pub(super) fn ask(context: &Context, path: &Path) -> Result<Uv, String> {
    let mut question = command(context, path);
    question.arg("--version");
    let answer = finish(context, question, PATIENCE).map_err(|error| error.to_string())?;
    let version = read_version(&answer.stdout).filter(|_| answer.success);
    let said = || {
        format!(
            "`--version` answered {:?}",
            format!("{}{}", answer.stdout, answer.stderr).trim()
        )
    };
    version
        .map(|version| Uv {
            path: path.to_owned(),
            version,
        })
        .ok_or_else(said)
}

/// From `uv 0.13.9 (x86_64-unknown-linux-gnu)`.
fn read_version(stdout: &str) -> Option<String> {
    let mut words = stdout.split_whitespace();
    let version = words
        .by_ref()
        .find(|word| *word == "uv")
        .and_then(|_| words.next())?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| version.to_owned())
}

pub(super) fn is_new_enough(uv: &Uv) -> bool {
    Version::parse(&uv.version) >= Version::parse(MINIMUM)
}

/// Executables before scripts: a shim starts slowly, and may find nothing to start.
fn installed(context: &Context) -> Vec<PathBuf> {
    let path = context.variable("PATH").unwrap_or_default();
    let mut candidates: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("uv"))
        .collect();
    candidates.extend(beside_path(context));
    candidates.retain(|candidate| candidate.is_file());
    candidates.sort_by_key(|candidate| is_script(candidate));
    candidates
}

/// What a shim on PATH would start. A uv that is merely somewhere is not looked for.
fn beside_path(context: &Context) -> Vec<PathBuf> {
    let path = context.variable("PATH").unwrap_or_default();
    let shims = env::split_paths(&path)
        .filter(|folder| folder.join("uv").is_file())
        .filter_map(|folder| Some(folder.parent()?.join("versions")));
    let mut found: Vec<PathBuf> = shims
        .filter_map(|versions| fs::read_dir(versions).ok())
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin/uv"))
        .collect();
    found.sort();
    found
}

fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start == *b"#!")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read() {
        assert_eq!(
            read_version("uv 0.13.9 (x86_64-unknown-linux-gnu)\n").as_deref(),
            Some("0.13.9")
        );
        assert_eq!(read_version("uv-wrapper: no uv here"), None);
    }

    #[test]
    fn old_ones_are_refused_with_the_remedy() {
        let old = Uv {
            path: "/opt/uv".into(),
            version: "0.4.30".to_owned(),
        };
        assert!(!is_new_enough(&old));
        let error = UvError::TooOld {
            path: old.path,
            version: old.version,
        }
        .to_string();
        assert!(
            error.contains("0.4.30")
                && error.contains("0.5.0 or newer")
                && error.contains("uv self update"),
            "{error}"
        );
    }
}
