//! Which files of a virtualenv belong to which distribution: their `RECORD`s say it
//! (<https://packaging.python.org/en/latest/specifications/recording-installed-packages/>).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::provision::resolution::name as normal;

/// The files of some distributions, as paths below the folder of all distributions, sorted.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn files(site: &Path, is_wanted: impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(site)? {
        let entry = entry?.path();
        let Some(name) = distribution(&entry).filter(|name| is_wanted(name)) else {
            continue;
        };
        let record = fs::read_to_string(entry.join("RECORD"))
            .map_err(|error| io::Error::new(error.kind(), format!("RECORD of {name}: {error}")))?;
        for path in record.lines().filter_map(path) {
            found.extend(with_bytecode(site, &path));
        }
    }
    Ok(found.into_iter().collect())
}

/// The folder in which a virtualenv has its distributions.
///
/// # Errors
/// It has none.
pub(super) fn site(virtualenv: &Path) -> io::Result<PathBuf> {
    let versions = fs::read_dir(virtualenv.join("lib"))?;
    let mut sites = versions
        .flatten()
        .map(|version| version.path().join("site-packages"));
    sites.find(|site| site.is_dir()).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "a virtualenv without site-packages",
        )
    })
}

fn distribution(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_str()?.strip_suffix(".dist-info")?;
    Some(normal(name.rsplit_once('-')?.0))
}

/// The first field of a line of CSV; files outside of the folder, such as programs, are left out.
fn path(line: &str) -> Option<PathBuf> {
    let path = match line.strip_prefix('"') {
        Some(rest) => rest.split('"').next()?,
        None => line.split(',').next()?,
    };
    let inside = !path.is_empty() && !path.starts_with("..") && !path.starts_with('/');
    inside.then(|| PathBuf::from(path))
}

/// A file that is there, and the bytecode that was compiled of it, which no `RECORD` names.
fn with_bytecode(site: &Path, path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = site
        .join(path)
        .is_file()
        .then(|| path.to_owned())
        .into_iter()
        .collect();
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    if let (Some(stem), Some("py")) = (stem, path.extension().and_then(|e| e.to_str())) {
        let cache = path.parent().unwrap_or(Path::new("")).join("__pycache__");
        let compiled = fs::read_dir(site.join(&cache))
            .into_iter()
            .flatten()
            .flatten();
        let prefix = format!("{stem}.");
        let names = compiled.map(|entry| entry.file_name());
        let own = names.filter(|name| name.to_string_lossy().starts_with(&prefix));
        found.extend(own.map(|name| cache.join(name)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_distribution_has_the_files_that_it_recorded_and_their_bytecode() {
        let record = "a_b/__init__.py,sha256=x,1\n\"a_b/odd,name.txt\",,\n../../../bin/ab,,\na_b-1.0.dist-info/RECORD,,\ngone.py,,\n";
        let folder = site_with(&[
            ("a_b/__init__.py", ""),
            ("a_b/odd,name.txt", ""),
            ("a_b/__pycache__/__init__.cpython-312.pyc", ""),
            ("a_b/__pycache__/__init__x.cpython-312.pyc", ""),
            ("a_b-1.0.dist-info/RECORD", record),
            ("other.py", ""),
            ("other-2.dist-info/RECORD", "other.py,,\n"),
        ]);
        let found = files(folder.path(), |name| name == "a-b").unwrap();
        let names: Vec<_> = found.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "a_b/__init__.py",
                "a_b/__pycache__/__init__.cpython-312.pyc",
                "a_b/odd,name.txt",
                "a_b-1.0.dist-info/RECORD",
            ]
        );
    }
}
