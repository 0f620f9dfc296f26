//! The Python files of a distribution as it is installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::provisioner::Environment;
use super::resolution::name;

/// Relative path to text of every Python file that a distribution installed into a virtualenv; `None`
/// where it is not there, or the environment is no virtualenv.
pub fn python_files(
    environment: &Environment,
    distribution: &str,
) -> Option<BTreeMap<String, String>> {
    let packages = site_packages(environment.dir.as_deref()?)?;
    let record = fs::read_to_string(dist_info(&packages, distribution)?.join("RECORD")).ok()?;
    let paths = record.lines().filter_map(|line| line.split(',').next());
    let python = paths.filter(|path| {
        Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "py")
    });
    let read = |path: &str| {
        Some((
            path.to_owned(),
            fs::read_to_string(packages.join(path)).ok()?,
        ))
    };
    Some(python.filter_map(read).collect())
}

fn site_packages(folder: &Path) -> Option<PathBuf> {
    let libraries = fs::read_dir(folder.join("venv/lib")).ok()?.flatten();
    libraries
        .map(|library| library.path().join("site-packages"))
        .find(|path| path.is_dir())
}

/// The folder `name-version.dist-info`, however the name is spelt.
fn dist_info(packages: &Path, distribution: &str) -> Option<PathBuf> {
    let wanted = name(distribution);
    let is_its = |path: &PathBuf| {
        let file = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        file.strip_suffix(".dist-info")
            .and_then(|stem| stem.rsplit_once('-'))
            .is_some_and(|(found, _)| name(found) == wanted)
    };
    let mut entries = fs::read_dir(packages)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    entries.find(is_its)
}
