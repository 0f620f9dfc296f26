//! The catalogue: the subjects, servers and workloads in the binary, and the user's own subjects in
//! a folder `subjects/` beside the suite.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use rust_embed::Embed;
use toll_core::suite::{self, Catalogue, Suite};
use toll_core::{server, subject, workload};

use crate::assets::{self, Servers, Subjects, Suites, Workloads};

/// The catalogue with the folders of the subjects that the user brought.
pub(crate) struct Shelf {
    /// What suites are checked against.
    pub(crate) catalogue: Catalogue,
    /// Folders of the user's own subjects, by name.
    own: BTreeMap<String, PathBuf>,
}

impl Shelf {
    /// Everything in the binary.
    fn embedded() -> anyhow::Result<Self> {
        let mut subjects = BTreeMap::new();
        for name in Subjects::iter().filter(|name| name.ends_with("subject.toml")) {
            let subject = subject::parse(&name, &embedded::<Subjects>(&name)?)?;
            subjects.insert(subject.name.clone(), subject);
        }
        let servers = server::parse("servers.toml", &embedded::<Servers>("servers.toml")?)?;
        let workloads = workload::parse("workloads.toml", &embedded::<Workloads>("workloads.toml")?)?;
        Ok(Self { catalogue: Catalogue { subjects, servers, workloads }, own: BTreeMap::new() })
    }

    /// Adds the subjects in `folder`, if there is such a folder; one with the name of an embedded
    /// subject takes its place.
    fn add_own(&mut self, folder: &Path) -> anyhow::Result<()> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
        for entry in entries.flatten() {
            let file = entry.path().join("subject.toml");
            if !file.is_file() {
                continue;
            }
            let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let subject = subject::parse(&file.display().to_string(), &text)?;
            let own = std::path::absolute(entry.path())?;
            self.own.insert(subject.name.clone(), own);
            self.catalogue.subjects.insert(subject.name.clone(), subject);
        }
        Ok(())
    }

    /// The folder of a subject.
    pub(crate) fn folder(&self, name: &str, unpacked: &Path) -> PathBuf {
        self.own.get(name).cloned().unwrap_or_else(|| unpacked.join(name))
    }
}

fn embedded<E: Embed>(name: &str) -> anyhow::Result<String> {
    assets::text::<E>(name).ok_or_else(|| anyhow!("the binary has no {name}"))
}

/// Names of the embedded suites.
pub(crate) fn suite_names() -> Vec<String> {
    let mut names: Vec<String> = Suites::iter().filter_map(|file| file.strip_suffix(".toml").map(str::to_owned)).collect();
    names.sort_unstable();
    names
}

/// The TOML of an embedded suite.
pub(crate) fn suite_text(name: &str) -> anyhow::Result<String> {
    assets::text::<Suites>(&format!("{name}.toml"))
        .ok_or_else(|| anyhow!("there is no suite `{name}` in the binary; it has {}", suite_names().join(", ")))
}

/// Where a suite's text comes from.
enum Source {
    Embedded(String),
    File(PathBuf),
}

fn source(suite: &str) -> Source {
    let path = Path::new(suite);
    let is_path = path.extension().is_some() || path.components().count() > 1;
    match is_path {
        false if suite_names().iter().any(|name| name == suite) => Source::Embedded(suite.to_owned()),
        _ => Source::File(path.to_owned()),
    }
}

/// The name or path under which a suite is found again from any folder.
pub(crate) fn lasting_name(suite: &str) -> anyhow::Result<String> {
    match source(suite) {
        Source::Embedded(name) => Ok(name),
        Source::File(path) => Ok(std::path::absolute(path)?.display().to_string()),
    }
}

/// The catalogue for a suite: what is in the binary and what lies beside the suite.
pub(crate) fn shelf(suite: &str) -> anyhow::Result<Shelf> {
    let mut shelf = Shelf::embedded()?;
    if let Source::File(path) = source(suite) {
        shelf.add_own(&path.parent().unwrap_or(Path::new("")).join("subjects"))?;
    }
    Ok(shelf)
}

/// Reads a suite: a path of a TOML file, or the name of an embedded one.
pub(crate) fn open(suite: &str) -> anyhow::Result<(Suite, Shelf)> {
    let shelf = shelf(suite)?;
    let (name, text) = match source(suite) {
        Source::Embedded(name) => (format!("{name}.toml"), suite_text(&name)?),
        Source::File(path) => {
            let text = fs::read_to_string(&path).with_context(|| {
                let names = suite_names().join(", ");
                format!("`{suite}` is neither a suite in the binary ({names}) nor a file that can be read")
            })?;
            (suite.to_owned(), text)
        }
    };
    Ok((suite::parse(&name, &text, &shelf.catalogue)?, shelf))
}
