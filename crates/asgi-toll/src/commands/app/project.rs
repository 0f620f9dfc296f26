//! The user's project: its interpreter, its folder, what its application is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail};
use toll_core::failure::Failure;
use toll_lab::provision::{Environment, of_project};
use toll_lab::serving::InProject;

use super::secrets::Secrets;
use crate::cli::AppArgs;
use crate::job::Workshop;

/// The harness's program that lists what is installed.
pub(super) const PROBE: &str = "asgi_toll_probe.py";

/// The project.
pub(super) struct Project {
    pub(super) environment: Environment,
    /// Which Python it has, such as `CPython`.
    pub(super) implementation: String,
    pub(super) home: InProject,
    /// How its interpreter was found, in words.
    pub(super) found_by: &'static str,
    /// What no output may show.
    pub(super) secrets: Secrets,
}

impl Project {
    pub(super) fn open(args: &AppArgs, workshop: &Workshop) -> anyhow::Result<Self> {
        let app_dir = fs::canonicalize(&args.app_dir)
            .with_context(|| format!("there is no folder {}", args.app_dir.display()))?;
        let (python, found_by) = interpreter(args.python.as_deref(), &app_dir)?;
        let (environment, implementation) = environment(workshop, &python)?;
        let own = variables(args.env_file.as_deref())?;
        let secrets = Secrets::of(args, &own);
        let text = |path: &Path| path.display().to_string();
        let mut variables = own;
        let mut tell = |name: &str, value: String| variables.push((name.to_owned(), value));
        tell("ASGI_TOLL_APP", args.app.clone());
        tell("ASGI_TOLL_APP_DIR", text(&app_dir));
        tell("ASGI_TOLL_APP_FACTORY", u8::from(args.factory).to_string());
        Ok(Self {
            home: InProject {
                // As servers do, which look for modules there and stay where they are.
                folder: std::env::current_dir().context("there is no current folder")?,
                pycache: workshop.cache().join("pycache"),
                variables,
            },
            environment,
            implementation,
            found_by,
            secrets,
        })
    }

    /// The event loop that its server would choose: uvloop where it is installed.
    pub(super) fn event_loop(&self, asked: Option<&str>) -> anyhow::Result<String> {
        let has_uvloop = self.environment.version_of("uvloop").is_some();
        match asked {
            Some("uvloop") if !has_uvloop => {
                bail!("uvloop is not installed in the project's environment; take --loop asyncio")
            }
            Some(asked) => Ok(asked.to_owned()),
            None if has_uvloop => Ok("uvloop".to_owned()),
            None => Ok("asyncio".to_owned()),
        }
    }
}

fn environment(workshop: &Workshop, python: &Path) -> anyhow::Result<(Environment, String)> {
    let probe = workshop.unpacked.harness.join(PROBE);
    let told = |failure: Failure| anyhow!("{}", failure.message);
    of_project(&workshop.context, python, &probe).map_err(told)
}

/// The project's interpreter, as its user would find it; the link itself, because a virtualenv is told
/// by it.
fn interpreter(asked: Option<&Path>, folder: &Path) -> anyhow::Result<(PathBuf, &'static str)> {
    if let Some(asked) = asked {
        let python = if asked.is_dir() {
            in_virtualenv(asked)
        } else {
            asked.to_owned()
        };
        if !python.is_file() {
            bail!("--python {}: there is no such interpreter", asked.display());
        }
        return Ok((std::path::absolute(python)?, "--python"));
    }
    let candidates = [
        (active(), "the active virtualenv"),
        (beside(folder, ".venv"), ".venv"),
        (beside(folder, "venv"), "venv"),
        (of_poetry(folder), "Poetry"),
        (on_path(), "python3 on PATH: there is no virtualenv"),
    ];
    let mut found = candidates
        .into_iter()
        .filter_map(|(python, by)| Some((python?, by)));
    found.next().ok_or_else(|| {
        anyhow!("there is no Python: activate the project's virtualenv, or name its interpreter with --python")
    })
}

fn in_virtualenv(folder: &Path) -> PathBuf {
    folder.join("bin").join("python")
}

fn active() -> Option<PathBuf> {
    let folder = std::env::var_os("VIRTUAL_ENV")?;
    Some(in_virtualenv(Path::new(&folder))).filter(|python| python.is_file())
}

/// In the folder or in one above it, up to the root of its repository.
fn beside(folder: &Path, name: &str) -> Option<PathBuf> {
    for place in folder.ancestors() {
        let python = in_virtualenv(&place.join(name));
        if python.is_file() {
            return Some(python);
        }
        if place.join(".git").exists() {
            break;
        }
    }
    None
}

/// Poetry keeps virtualenvs elsewhere, and says where.
fn of_poetry(folder: &Path) -> Option<PathBuf> {
    if !folder.join("poetry.lock").is_file() {
        return None;
    }
    let mut poetry = Command::new("poetry");
    poetry.args(["env", "info", "--executable"]);
    let answer = poetry
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let python = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    python.is_file().then_some(python)
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("python3"))
        .find(|python| python.is_file())
}

/// The variables in an `--env-file`.
fn variables(file: Option<&Path>) -> anyhow::Result<Vec<(String, String)>> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let text = fs::read_to_string(file)
        .with_context(|| format!("--env-file {} cannot be read", file.display()))?;
    let mut variables = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match assignment(line) {
            Ok(found) => variables.extend(found),
            Err(()) => bail!("{}:{}: this is no `NAME=value`", file.display(), number + 1),
        }
    }
    Ok(variables)
}

/// One line: a comment or nothing, or `NAME=value`, with or without `export` and quotes.
fn assignment(line: &str) -> Result<Option<(String, String)>, ()> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or(())?;
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(());
    }
    let value = value.trim();
    let unquoted = ['"', '\''].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?;
        inner.split_once(*quote).map(|(inner, _)| inner)
    });
    let plain = || value.split(" #").next().unwrap_or_default().trim_end();
    let value = unquoted.unwrap_or_else(plain);
    Ok(Some((name.to_owned(), value.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_as_shells_and_servers_write_them() {
        let read = |line| assignment(line).map(|found| found.map(|(_, value)| value));
        for (line, value) in [
            ("A=1", "1"),
            ("export A = \"x # y\" # more", "x # y"),
            ("A='b=c'", "b=c"),
            (
                "A=postgres://u:p@h/db # the database",
                "postgres://u:p@h/db",
            ),
            ("A=", ""),
        ] {
            assert_eq!(read(line), Ok(Some(value.to_owned())), "{line}");
        }
        assert_eq!(read("# A=1"), Ok(None));
        assert_eq!(read("A"), Err(()));
        assert_eq!(read("a b=1"), Err(()));
    }

    #[test]
    fn a_virtualenv_is_found_above_the_folder_but_not_above_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let python = in_virtualenv(&root.path().join(".venv"));
        fs::create_dir_all(python.parent().unwrap()).unwrap();
        fs::write(&python, "").unwrap();
        let inner = root.path().join("repository/src");
        fs::create_dir_all(&inner).unwrap();
        assert_eq!(beside(&inner, ".venv"), Some(python));
        fs::create_dir(root.path().join("repository/.git")).unwrap();
        assert_eq!(beside(&inner, ".venv"), None);
    }
}
