//! The environment of somebody's own project with another release in it: in a copy, which is all that is
//! written to.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toll_core::failure::{Failure, Stage};

use super::child::{command, finish, text};
use super::context::Context;
use super::diagnose;
use super::project::of_project;
use super::provisioner::Environment;
use super::resolution;
use super::uv::Uv;

const PATIENCE: Duration = Duration::from_mins(10);
/// What makes a folder a virtualenv.
const MARK: &str = "pyvenv.cfg";

/// Another release of one distribution or of several.
#[derive(Debug)]
pub struct Upgrade<'a> {
    /// Such as `starlette`, for the newest, or `starlette==0.45.0`.
    pub requirements: &'a [String],
    /// The folder for the copy; not there yet.
    pub folder: &'a Path,
    /// The harness's program that lists what is installed.
    pub probe: &'a Path,
}

/// Copies the virtualenv and installs other releases into the copy. What other distributions then
/// miss is in the environment's notes.
///
/// # Errors
/// `no-virtualenv`: there is nothing that could be copied; else what uv says.
pub fn upgraded(
    context: &Context,
    uv: &Uv,
    environment: &Environment,
    upgrade: &Upgrade<'_>,
) -> Result<Environment, Failure> {
    let venv = virtualenv(&environment.python).ok_or_else(|| {
        let message = format!(
            "{} belongs to no virtualenv, so its environment cannot be copied: make one for the project (`uv venv`, `python -m venv`)",
            environment.python.display()
        );
        Failure::new(Stage::Provision, "no-virtualenv", message)
    })?;
    copy(context, &venv, upgrade.folder)
        .map_err(|error| diagnose::io_failed(&format!("copying {}", venv.display()), &error))?;
    let python = upgrade.folder.join("bin/python");
    install(context, uv, upgrade.requirements, &python)?;
    let (copied, _) = of_project(context, &python, upgrade.probe)?;
    Ok(Environment {
        id: "upgraded".to_owned(),
        dir: upgrade.folder.parent().map(Path::to_owned),
        notes: unmet(context, uv, &python),
        ..copied
    })
}

/// The virtualenv that an interpreter is the link of.
fn virtualenv(python: &Path) -> Option<PathBuf> {
    let venv = python.parent()?.parent()?;
    venv.join(MARK).is_file().then(|| venv.to_owned())
}

/// Copies a folder; links stay links.
fn copy(context: &Context, from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        if context.aborted() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if kind.is_dir() {
            copy(context, &source, &target)?;
        } else if kind.is_file() {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

fn install(
    context: &Context,
    uv: &Uv,
    requirements: &[String],
    python: &Path,
) -> Result<(), Failure> {
    const DOING: &str = "upgrading";
    let mut install = command(context, &uv.path);
    install.args([
        "pip",
        "install",
        "--python",
        &text(python),
        "--compile-bytecode",
    ]);
    for requirement in requirements {
        install.args(["--upgrade-package", &resolution::name(requirement)]);
    }
    install.args(requirements);
    let finished =
        finish(context, install, PATIENCE).map_err(|error| diagnose::stopped(DOING, error))?;
    if finished.success {
        return Ok(());
    }
    Err(diagnose::failed(DOING, &finished))
}

/// What is required and not there, in uv's words: installing minds only what the new releases require.
fn unmet(context: &Context, uv: &Uv, python: &Path) -> Vec<String> {
    let mut check = command(context, &uv.path);
    check.args(["pip", "check", "--python", &text(python)]);
    let Ok(answer) = finish(context, check, PATIENCE) else {
        return Vec::new();
    };
    if answer.success {
        return Vec::new();
    }
    let lines = answer.stderr.lines().chain(answer.stdout.lines());
    lines
        .filter(|line| line.contains(" requires "))
        .map(|line| line.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_copy_has_files_folders_and_links() {
        let root = tempfile::tempdir().unwrap();
        let from = root.path().join("from");
        fs::create_dir_all(from.join("bin")).unwrap();
        fs::write(from.join("bin/tool"), "x").unwrap();
        symlink("/nowhere/python3", from.join("bin/python")).unwrap();
        let to = root.path().join("to");
        let context = Context::new(root.path().join("cache"), Arc::default());
        copy(&context, &from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("bin/tool")).unwrap(), "x");
        let link = fs::read_link(to.join("bin/python")).unwrap();
        assert_eq!(link, Path::new("/nowhere/python3"));
    }
}
