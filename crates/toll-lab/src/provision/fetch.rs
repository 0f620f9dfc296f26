//! Fetching uv from the Python package index into our own cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toll_core::host::Interpreter;

use super::child::{command, finish, text};
use super::context::Context;
use super::event::{Notify, ProvisionEvent};
use super::locks::{Held, Mode};
use super::uv::{Uv, UvError, ask, is_new_enough, unless_aborted};
use super::version::Version;
use crate::process::{Finished, RunError};

const PATIENCE: Duration = Duration::from_mins(5);
/// Interpreters that are tried: one of them may lack both venv and pip.
const ATTEMPTS: usize = 3;
/// Lines of pip's output kept.
const TAIL: usize = 8;

/// The uvs that were fetched before, newest first.
pub(super) fn fetched(context: &Context) -> Vec<PathBuf> {
    let folders = fs::read_dir(context.layout().uvs())
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = folders
        .map(|folder| folder.path())
        .filter(|folder| executable(folder).is_file())
        .collect();
    found.sort_by_cached_key(|folder| {
        std::cmp::Reverse(
            folder
                .file_name()
                .map(|name| Version::parse(&name.to_string_lossy())),
        )
    });
    found.iter().map(|folder| executable(folder)).collect()
}

fn executable(folder: &Path) -> PathBuf {
    folder.join("bin/uv")
}

/// Fetches the newest uv; a run that waited for another one's fetching takes what that one fetched.
pub(super) fn fetch(
    context: &Context,
    interpreters: &[Interpreter],
    notify: Notify,
) -> Result<Uv, UvError> {
    let io_error = |source: io::Error| match source.kind() {
        io::ErrorKind::Interrupted => UvError::Interrupted,
        _ => UvError::Io {
            path: context.cache.clone(),
            source,
        },
    };
    let _held = Held::take(context, "uv", Mode::Alone).map_err(io_error)?;
    if let Some(uv) = fetched(context)
        .iter()
        .filter_map(|path| ask(context, path).ok())
        .find(is_new_enough)
    {
        return Ok(uv);
    }
    notify(ProvisionEvent::FetchingUv);
    let folder = context.layout().uvs().join("incoming");
    let mut log = Vec::new();
    for interpreter in interpreters.iter().take(ATTEMPTS) {
        match install(context, interpreter, &folder).map_err(io_error)? {
            Ok(()) => return settle(context, &folder),
            Err(RunError::Aborted) => return Err(UvError::Interrupted),
            Err(error) => log.push(error.to_string()),
        }
        if is_network(&log) {
            return Err(UvError::IndexUnreachable { log });
        }
    }
    let error = if interpreters.is_empty() {
        UvError::NoPython
    } else {
        UvError::FetchFailed { log }
    };
    Err(unless_aborted(context, error))
}

/// In a virtualenv with its own pip where the interpreter can make one, else with the interpreter's pip.
fn install(
    context: &Context,
    interpreter: &Interpreter,
    folder: &Path,
) -> io::Result<Result<(), RunError>> {
    clear(folder)?;
    let place = text(folder);
    let by_venv = run(context, &interpreter.path, &["-m", "venv", &place]);
    if let Err(RunError::Aborted) = by_venv {
        return Ok(Err(RunError::Aborted));
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--no-input",
        "--retries",
        "2",
        "--only-binary",
        ":all:",
    ];
    if by_venv.is_ok() {
        let python = text(&folder.join("bin/python"));
        return Ok(run(context, &python, &[&pip[..], &["uv"]].concat()));
    }
    clear(folder)?;
    Ok(run(
        context,
        &interpreter.path,
        &[&pip[..], &["--target", &place, "uv"]].concat(),
    ))
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(folder)
}

fn run(context: &Context, program: &str, arguments: &[&str]) -> Result<(), RunError> {
    let mut install = command(context, program);
    install.args(arguments);
    let finished = finish(context, install, PATIENCE)?;
    if finished.success {
        Ok(())
    } else {
        Err(io::Error::other(tail(program, &finished)).into())
    }
}

fn tail(program: &str, finished: &Finished) -> String {
    let lines: Vec<&str> = finished
        .stdout
        .lines()
        .chain(finished.stderr.lines())
        .filter(|line| !line.trim().is_empty())
        .collect();
    format!(
        "{program}: {}",
        lines[lines.len().saturating_sub(TAIL)..].join("\n  ")
    )
}

fn is_network(log: &[String]) -> bool {
    let signs = [
        "NewConnectionError",
        "ConnectTimeoutError",
        "Connection refused",
        "ProxyError",
        "NameResolutionError",
        "timed out",
        "from versions: none",
    ];
    log.iter()
        .any(|text| signs.iter().any(|sign| text.contains(sign)))
}

/// Gives the folder its name for good: only what starts and is new enough gets one.
fn settle(context: &Context, folder: &Path) -> Result<Uv, UvError> {
    let uv = ask(context, &executable(folder))
        .map_err(|reason| unless_aborted(context, UvError::FetchFailed { log: vec![reason] }))?;
    if !is_new_enough(&uv) {
        return Err(UvError::TooOld {
            path: uv.path,
            version: uv.version,
        });
    }
    let home = context.layout().uvs().join(&uv.version);
    let _ = fs::remove_dir_all(&home);
    fs::rename(folder, &home).map_err(|source| UvError::Io {
        path: home.clone(),
        source,
    })?;
    Ok(Uv {
        path: executable(&home),
        version: uv.version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreachable_index_is_recognised_in_the_words_of_pip() {
        let refused = "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused': /simple/uv/";
        assert!(is_network(&[refused.to_owned()]));
        assert!(!is_network(&["python: No module named pip".to_owned()]));
    }
}
