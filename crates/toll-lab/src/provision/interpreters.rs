//! The Python interpreters of this machine.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toll_core::host::Interpreter;

use super::child::{command, finish};
use super::context::Context;
use super::parallel;
use super::uv::Uv;
use super::version::Version;

/// Longest time an interpreter may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(5);
/// Oldest Python that can be measured.
const OLDEST: (u64, u64) = (3, 8);
/// What an interpreter is asked. It answers in a line of JSON and imports nothing of the user's.
const QUESTION: &str = "\
import json, os, sys
i = getattr(sys, '_base_executable', None) or sys.executable
v = sys.version_info
s = {'alpha': 'a', 'beta': 'b', 'candidate': 'rc', 'final': ''}[v[3]]
n = '%d.%d.%d' % v[:3] + (s + str(v[4]) if s else '')
import sysconfig
t = bool(sysconfig.get_config_var('Py_GIL_DISABLED'))
print(json.dumps({'implementation': sys.implementation.name + ('-freethreaded' if t else ''), 'version': n, 'path': os.path.realpath(i)}))
";

/// Every interpreter from Python 3.8 on: those on PATH, pyenv's, and uv's own. Newest first,
/// pre-releases last; of several with the same version the first found. Free-threaded builds and
/// other implementations are named as such and never chosen by themselves. What was not asked before
/// everything was to stop is missing; whoever goes on to use the list then reports the interrupt.
pub fn discover_interpreters(context: &Context, uv: Option<&Uv>) -> Vec<Interpreter> {
    let mut candidates = on_path(context);
    candidates.extend(of_pyenv(context));
    candidates.extend(uv.map(|uv| of_uv(context, uv)).unwrap_or_default());
    let mut seen = BTreeSet::new();
    // Several names of one file are asked once; a script such as a shim has no other name.
    candidates.retain(|path| fs::canonicalize(path).is_ok_and(|real| seen.insert(real)));
    let answers = parallel::map(&candidates, parallel::WIDTH, |path| ask(context, path));
    order(answers.into_iter().flatten().collect())
}

/// What an interpreter says of itself; `None` for what is no Python, is broken or too old.
pub(super) fn ask(context: &Context, path: &Path) -> Option<Interpreter> {
    let mut question = command(context, path);
    question.args(["-I", "-c", QUESTION]);
    let answer = finish(context, question, PATIENCE)
        .ok()
        .filter(|answer| answer.success)?;
    read_answer(&answer.stdout)
}

fn read_answer(stdout: &str) -> Option<Interpreter> {
    #[derive(Deserialize)]
    struct Answer {
        implementation: String,
        version: String,
        path: String,
    }
    let answer: Answer = serde_json::from_str(stdout.lines().last()?).ok()?;
    let new_enough = Version::parse(&answer.version).minor() >= OLDEST;
    new_enough.then_some(Interpreter {
        version: answer.version,
        implementation: answer.implementation,
        path: answer.path,
    })
}

fn order(found: Vec<Interpreter>) -> Vec<Interpreter> {
    let mut seen = BTreeSet::new();
    let mut distinct: Vec<Interpreter> = found
        .into_iter()
        .filter(|one| seen.insert((one.implementation.clone(), one.version.clone())))
        .collect();
    distinct.sort_by_cached_key(|one| {
        let version = Version::parse(&one.version);
        std::cmp::Reverse((version.is_final(), version, one.implementation == "cpython"))
    });
    distinct
}

fn on_path(context: &Context) -> Vec<PathBuf> {
    let path = context.variable("PATH").unwrap_or_default();
    let folders =
        env::split_paths(&path).filter(|folder| folder.is_absolute() && !is_pyenv_shims(folder));
    folders.flat_map(|folder| named_python(&folder)).collect()
}

/// Shims only start what [`of_pyenv`] finds directly, slowly, or fail.
fn is_pyenv_shims(folder: &Path) -> bool {
    folder.ends_with("shims")
        && folder
            .parent()
            .is_some_and(|root| root.join("versions").is_dir())
}

fn named_python(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| is_python(&name.to_string_lossy()))
        })
        .collect();
    found.sort();
    found
}

/// `python`, `python3`, `python3.12`, `python3.13t`, `pypy3`, `pypy3.10`.
fn is_python(name: &str) -> bool {
    let Some(rest) = name
        .strip_prefix("python")
        .or_else(|| name.strip_prefix("pypy"))
    else {
        return false;
    };
    let rest = rest.strip_suffix('t').unwrap_or(rest);
    rest.is_empty()
        || rest == "3"
        || rest
            .strip_prefix("3.")
            .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
}

fn of_pyenv(context: &Context) -> Vec<PathBuf> {
    let of_home = || Some(PathBuf::from(context.variable("HOME")?).join(".pyenv"));
    let root = context
        .variable("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(of_home);
    root.map(|root| in_each(&root.join("versions")))
        .unwrap_or_default()
}

/// Those that uv has installed itself: it says where it puts them.
fn of_uv(context: &Context, uv: &Uv) -> Vec<PathBuf> {
    let mut place = command(context, &uv.path);
    place.args(["python", "dir"]);
    let answer = finish(context, place, PATIENCE)
        .ok()
        .filter(|answer| answer.success);
    answer
        .map(|answer| in_each(Path::new(answer.stdout.trim())))
        .unwrap_or_default()
}

/// `bin/python` of each version in the folder.
fn in_each(versions: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(versions).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders
        .map(|folder| folder.path().join("bin/python"))
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(implementation: &str, version: &str) -> Interpreter {
        Interpreter {
            version: version.to_owned(),
            implementation: implementation.to_owned(),
            path: format!("/usr/bin/{version}"),
        }
    }

    #[test]
    fn newest_first_and_candidates_last() {
        let found = ["3.9.18", "3.15.0rc1", "3.12.1", "3.13.0", "3.9.18"]
            .map(|version| python("cpython", version));
        let versions: Vec<String> = order(found.to_vec())
            .into_iter()
            .map(|one| one.version)
            .collect();
        assert_eq!(versions, ["3.13.0", "3.12.1", "3.9.18", "3.15.0rc1"]);
    }

    #[test]
    fn implementations_do_not_hide_one_another() {
        let found = order(vec![
            python("cpython-freethreaded", "3.13.0"),
            python("cpython", "3.13.0"),
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].implementation, "cpython");
    }

    #[test]
    fn names_of_interpreters() {
        for name in [
            "python",
            "python3",
            "python3.12",
            "python3.13t",
            "pypy3",
            "pypy3.10",
        ] {
            assert!(is_python(name), "{name}");
        }
        for name in [
            "python2",
            "python2.7",
            "python3-config",
            "python3.12-config",
            "pythonw",
            "python3.",
            "pytest",
        ] {
            assert!(!is_python(name), "{name}");
        }
    }

    #[test]
    fn answers_are_read_and_old_pythons_left_out() {
        let answer =
            r#"{"implementation": "cpython", "version": "3.12.1", "path": "/opt/python3.12"}"#;
        assert_eq!(
            read_answer(answer).map(|one| one.path),
            Some("/opt/python3.12".to_owned())
        );
        assert_eq!(read_answer(&answer.replace("3.12.1", "3.7.16")), None);
        assert_eq!(read_answer("Python 2.7.18"), None);
    }

    #[test]
    fn every_version_in_a_folder_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["cpython-3.12.1-linux", "cpython-3.9.18-linux"] {
            fs::create_dir_all(folder.path().join(version)).unwrap();
        }
        let found = in_each(folder.path());
        assert_eq!(found.len(), 2);
        assert!(found[0].ends_with("cpython-3.12.1-linux/bin/python"));
        assert!(in_each(Path::new("/no/such/folder")).is_empty());
    }
}
