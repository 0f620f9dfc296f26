//! The catalogue: the subjects, servers and workloads in the binary, and the user's own subjects in
//! a folder `subjects/` beside the suite.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use rust_embed::Embed;
use sha2::{Digest, Sha256};
use toll_core::load_tool::LoadTool;
use toll_core::plan::Plan;
use toll_core::server::Server;
use toll_core::subject::Kind;
use toll_core::suite::{self, Catalogue, Overrides, Suite};
use toll_core::{server, subject, workload};
use toll_lab::generator::{self, Generator};

use crate::assets::{self, Harness, Servers, Subjects, Suites, Workloads};

/// The catalogue with the folders of the subjects that the user brought.
pub(crate) struct Shelf {
    /// What suites are checked against.
    pub(crate) catalogue: Catalogue,
    /// The middleware kinds that every subject has.
    kinds: BTreeMap<String, Kind>,
    /// Folders of the user's own subjects, by name.
    own: BTreeMap<String, PathBuf>,
}

impl Shelf {
    /// Everything in the binary.
    fn embedded() -> anyhow::Result<Self> {
        let kinds = subject::parse_kinds("kinds.toml", &embedded::<Harness>("kinds.toml")?)?;
        let mut subjects = BTreeMap::new();
        for name in Subjects::iter().filter(|name| name.ends_with("subject.toml")) {
            let mut subject = subject::parse(&name, &embedded::<Subjects>(&name)?)?;
            subject.add_kinds(&kinds);
            subjects.insert(subject.name.clone(), subject);
        }
        let mut servers = server::parse("servers.toml", &embedded::<Servers>("servers.toml")?)?;
        servers.insert(server::IMAGE.to_owned(), Server::of_image());
        let workloads =
            workload::parse("workloads.toml", &embedded::<Workloads>("workloads.toml")?)?;
        Ok(Self {
            catalogue: Catalogue {
                subjects,
                servers,
                workloads,
                load_tools: load_tools(),
            },
            kinds,
            own: BTreeMap::new(),
        })
    }

    /// Adds the subjects in `folder`, if there is such a folder; one with the name of an embedded
    /// subject takes its place.
    fn add_own(&mut self, folder: &Path) -> anyhow::Result<()> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let file = entry.path().join("subject.toml");
            if !file.is_file() {
                continue;
            }
            let text = fs::read_to_string(&file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            let mut subject = subject::parse(&file.display().to_string(), &text)?;
            subject.add_kinds(&self.kinds);
            let own = std::path::absolute(entry.path())?;
            self.own.insert(subject.name.clone(), own);
            self.catalogue
                .subjects
                .insert(subject.name.clone(), subject);
        }
        Ok(())
    }

    /// Digest of what makes up the servers of a plan: the embedded subjects, servers, workloads and
    /// harness, and the user's own subjects.
    pub(crate) fn sources(&self, plan: &Plan) -> anyhow::Result<String> {
        let mut hash = Sha256::new();
        hash.update(assets::digest());
        let used: BTreeSet<&str> = plan
            .series
            .iter()
            .map(|series| series.subject.as_str())
            .collect();
        for folder in used.iter().filter_map(|name| self.own.get(*name)) {
            feed(&mut hash, folder)
                .with_context(|| format!("{} cannot be read", folder.display()))?;
        }
        Ok(assets::hex(&hash.finalize()))
    }

    /// Whether another shelf has other subjects of the user's own.
    pub(crate) fn differs_in_own(&self, other: &Self) -> bool {
        self.own != other.own
    }

    /// The folder of a subject.
    pub(crate) fn folder(&self, name: &str, unpacked: &Path) -> PathBuf {
        self.own
            .get(name)
            .cloned()
            .unwrap_or_else(|| unpacked.join(name))
    }
}

/// Adds the files of a subject's folder, in the order of their names, its packages included; of one with a Dockerfile,
/// which may use any of them, all files.
fn feed(hash: &mut Sha256, folder: &Path) -> io::Result<()> {
    let all = folder.join("Dockerfile").is_file();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        let counts = all
            || path
                .extension()
                .is_some_and(|extension| extension == "py" || extension == "toml");
        if path.is_dir() {
            feed(hash, &path)?;
        } else if counts {
            hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            hash.update(fs::read(&path)?);
        }
    }
    Ok(())
}

fn embedded<E: Embed>(name: &str) -> anyhow::Result<String> {
    assets::text::<E>(name).ok_or_else(|| anyhow!("the binary has no {name}"))
}

/// Names of the embedded suites.
pub(crate) fn suite_names() -> Vec<String> {
    let mut names: Vec<String> = Suites::iter()
        .filter_map(|file| file.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort_unstable();
    names
}

/// The TOML of an embedded suite.
pub(crate) fn suite_text(name: &str) -> anyhow::Result<String> {
    assets::text::<Suites>(&format!("{name}.toml")).ok_or_else(|| {
        anyhow!(
            "there is no suite `{name}` in the binary; it has {}",
            suite_names().join(", ")
        )
    })
}

/// Where a suite's text comes from.
enum Source {
    Embedded(String),
    File(PathBuf),
}

fn source(suite: &str) -> Source {
    let path = Path::new(suite);
    let is_path = path.extension().is_some() || path.components().count() > 1;
    if !is_path && suite_names().iter().any(|name| name == suite) {
        return Source::Embedded(suite.to_owned());
    }
    Source::File(path.to_owned())
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

/// The load generators that suites may name besides the tool's own.
fn load_tools() -> Vec<LoadTool> {
    let tool = |generator: &&dyn Generator| LoadTool {
        name: generator.name().to_owned(),
        unix_sockets: generator.unix_sockets(),
        shortest_ms: generator.shortest().as_millis() as u64,
    };
    generator::all().iter().map(tool).collect()
}

/// Reads a suite: a path of a TOML file, or the name of an embedded one; `overrides` is what the
/// command line says instead.
pub(crate) fn open(suite: &str, overrides: Overrides<'_>) -> anyhow::Result<(Suite, Shelf)> {
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
    let suite = suite::parse_for(&name, &text, &shelf.catalogue, overrides)?;
    Ok((suite, shelf))
}
