//! The folder of one environment: `venv`, `lock.txt`, `request.json`, and the mark `ready`, which is
//! written last. A folder without the mark is what an interrupted build left behind.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toll_core::failure::Failure;

use super::child::{command, finish, text};
use super::context::Context;
use super::diagnose;
use super::provisioner::EnvironmentRequest;
use super::resolution;
use super::uv::Uv;

/// Part of every id: a change in how environments are built makes new ones.
const FORMAT: &str = "1";
const LOCK: &str = "lock.txt";
const REQUEST: &str = "request.json";
const READY: &str = "ready";
const PATIENCE: Duration = Duration::from_mins(10);

/// What the folder was built for, for people who list the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Built {
    pub(super) label: String,
    pub(super) requirements: Vec<String>,
    pub(super) python: String,
    pub(super) exclude_newer: Option<String>,
}

/// The id of an environment: 16 hexadecimal digits.
pub(super) fn id(request: &EnvironmentRequest, lock: &str) -> String {
    let interpreter = &request.interpreter;
    let fields = [
        FORMAT,
        &interpreter.implementation,
        &interpreter.version,
        &interpreter.path,
        lock,
    ];
    // Without an edition ids stay what they were.
    let edition = Some(request.edition.as_str()).filter(|edition| !edition.is_empty());
    digest(&fields.into_iter().chain(edition).collect::<Vec<_>>())
}

/// The first 64 bits of the SHA-256 over all fields, each with its length.
pub(crate) fn digest(fields: &[&str]) -> String {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field.as_bytes());
    }
    hexadecimal(&hash.finalize())
}

/// The same over bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The first 64 bits.
fn hexadecimal(hash: &[u8]) -> String {
    hash.iter()
        .take(8)
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The interpreter inside the environment.
pub(super) fn python(folder: &Path) -> PathBuf {
    folder.join("venv/bin/python")
}

/// Whether the folder holds a whole environment whose interpreter is still there.
pub(super) fn is_ready(folder: &Path) -> bool {
    folder.join(READY).is_file() && python(folder).exists()
}

/// Notes that the environment is used now; a cache that cannot be written to is no reason to stop.
pub(super) fn touch(folder: &Path) {
    let _ = File::options()
        .write(true)
        .open(folder.join(READY))
        .and_then(|file| file.set_modified(SystemTime::now()));
}

/// When it was last used.
pub(super) fn last_used(folder: &Path) -> Option<SystemTime> {
    fs::metadata(folder.join(READY))
        .or_else(|_| fs::metadata(folder))
        .and_then(|data| data.modified())
        .ok()
}

/// What it was built for.
pub(super) fn built_for(folder: &Path) -> Option<Built> {
    serde_json::from_str(&fs::read_to_string(folder.join(REQUEST)).ok()?).ok()
}

/// Builds the environment in its folder. What was there before is removed, and so is what a failed
/// attempt leaves.
pub(super) fn build(
    context: &Context,
    uv: &Uv,
    request: &EnvironmentRequest,
    lock: &str,
    folder: &Path,
) -> Result<(), Failure> {
    let io =
        |error: io::Error| diagnose::io_failed(&format!("preparing {}", folder.display()), &error);
    remove(folder)
        .and_then(|()| write(request, lock, folder))
        .map_err(io)?;
    let installed =
        make_venv(context, uv, request, folder).and_then(|()| sync(context, uv, request, folder));
    if installed.is_err() {
        let _ = remove(folder);
        return installed;
    }
    fs::write(folder.join(READY), FORMAT).map_err(io)
}

/// Removes a folder that may not be there.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write(request: &EnvironmentRequest, lock: &str, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(LOCK), lock)?;
    let built = Built {
        label: request.label.clone(),
        requirements: request.requirements.clone(),
        python: request.interpreter.version.clone(),
        exclude_newer: request.exclude_newer.clone(),
    };
    fs::write(folder.join(REQUEST), serde_json::to_vec_pretty(&built)?)
}

fn make_venv(
    context: &Context,
    uv: &Uv,
    request: &EnvironmentRequest,
    folder: &Path,
) -> Result<(), Failure> {
    let venv = text(&folder.join("venv"));
    run(
        context,
        uv,
        "making a virtualenv",
        &[
            "venv",
            "--no-python-downloads",
            "--no-project",
            "--python",
            &request.interpreter.path,
            &venv,
        ],
    )
}

fn sync(
    context: &Context,
    uv: &Uv,
    request: &EnvironmentRequest,
    folder: &Path,
) -> Result<(), Failure> {
    let (python, lock) = (text(&python(folder)), text(&folder.join(LOCK)));
    let mut arguments = vec![
        "pip",
        "sync",
        &lock,
        "--python",
        &python,
        "--link-mode",
        "hardlink",
        "--compile-bytecode",
        "--allow-empty-requirements",
    ];
    // What uv built of a local folder it would take again, though the sources have changed.
    let local = request
        .requirements
        .iter()
        .filter(|one| one.contains("file://"));
    let local: Vec<String> = local.map(|one| resolution::name(one)).collect();
    for name in &local {
        arguments.extend(["--refresh-package", name]);
    }
    run(context, uv, "installing", &arguments)
}

fn run(context: &Context, uv: &Uv, doing: &str, arguments: &[&str]) -> Result<(), Failure> {
    let mut command = command(context, &uv.path);
    command.args(arguments);
    let finished =
        finish(context, command, PATIENCE).map_err(|error| diagnose::stopped(doing, error))?;
    if finished.success {
        Ok(())
    } else {
        Err(diagnose::failed(doing, &finished))
    }
}

#[cfg(test)]
mod tests {
    use toll_core::host::Interpreter;

    use super::*;

    fn python_312(path: &str) -> Interpreter {
        Interpreter {
            version: "3.12.1".to_owned(),
            implementation: "cpython".to_owned(),
            path: path.to_owned(),
        }
    }

    fn request(path: &str, edition: &str) -> EnvironmentRequest {
        EnvironmentRequest {
            label: String::new(),
            requirements: Vec::new(),
            server: Vec::new(),
            interpreter: python_312(path),
            exclude_newer: None,
            edition: edition.to_owned(),
            prefer: Vec::new(),
            exact: false,
        }
    }

    #[test]
    fn an_id_depends_on_interpreter_lock_and_edition() {
        let ids = [
            id(&request("/a", ""), "six==1\n"),
            id(&request("/b", ""), "six==1\n"),
            id(&request("/a", ""), "six==2\n"),
            id(&request("/a", "2"), "six==1\n"),
        ];
        let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(ids[0], id(&request("/a", ""), "six==1\n"));
        assert_eq!(ids[0].len(), 16);
    }

    #[test]
    fn fields_do_not_run_together() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    #[test]
    fn a_folder_without_the_mark_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("venv/bin")).unwrap();
        fs::write(python(folder.path()), "").unwrap();
        assert!(!is_ready(folder.path()));
        fs::write(folder.path().join(READY), FORMAT).unwrap();
        assert!(is_ready(folder.path()));
    }
}
