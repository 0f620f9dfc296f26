//! One side of a comparison as it is typed: a requirement, a project's folder, a wheel.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use sha2::{Digest, Sha256};
use toll_core::requirement;

use crate::assets;

/// A requirement that is compared with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    /// As a requirements file has it.
    pub(crate) requirement: String,
    /// The distribution, normalised.
    pub(crate) distribution: String,
    /// As people call it.
    pub(crate) label: String,
    /// Digest of local sources: what is built of them must not be taken from a cache.
    pub(crate) edition: Option<String>,
}

impl Side {
    /// Reads `name==1.2`, `name`, `name @ URL`, a wheel's path or a project's folder.
    ///
    /// # Errors
    /// It is none of these, and the message says what to write.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        let path = Path::new(text);
        if text.contains(" @ ") {
            return Ok(Self::plain(text));
        }
        if path.extension().is_some_and(|extension| extension == "whl") {
            return wheel(path);
        }
        // A bare name is a distribution, also beside a folder of that name, unless that is a project.
        let is_path = text.contains('/') || text.starts_with('.');
        if path.is_dir() && (is_path || path.join("pyproject.toml").is_file()) {
            return project(path);
        }
        if text.starts_with("git+") || text.contains("://") {
            bail!("`{text}` does not say what it holds; write `name @ {text}`");
        }
        if text.contains('/') || text.starts_with('.') {
            bail!("there is no folder and no wheel {text}");
        }
        if let Some(fault) = requirement::fault(text) {
            bail!("`{text}` is no requirement: {fault}; write it like `starlette==0.45.0`");
        }
        Ok(Self::plain(text))
    }

    /// One release of a distribution.
    pub(crate) fn release(distribution: &str, version: &str) -> Self {
        Self::plain(&format!("{distribution}=={version}"))
    }

    fn plain(text: &str) -> Self {
        Self {
            requirement: text.to_owned(),
            distribution: requirement::distribution(text),
            label: text.to_owned(),
            edition: None,
        }
    }

    /// The version, where the requirement pins one.
    pub(crate) fn version(&self) -> Option<&str> {
        let (name, version) = self.requirement.split_once("==")?;
        let plain = !name.contains('[') && requirement::is_version(version.trim());
        plain.then(|| version.trim())
    }
}

fn local(name: &str, path: &Path, label: String, edition: String) -> anyhow::Result<Side> {
    let path = path
        .canonicalize()
        .with_context(|| format!("{} cannot be found", path.display()))?;
    Ok(Side {
        requirement: format!("{name} @ file://{}", path.display()),
        distribution: requirement::distribution(name),
        label,
        edition: Some(edition),
    })
}

/// The name of a wheel's file begins with that of the distribution (PEP 427).
fn wheel(path: &Path) -> anyhow::Result<Side> {
    let file = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_owned();
    let name = file.split('-').next().unwrap_or_default();
    let bytes =
        fs::read(path).with_context(|| format!("the wheel {} cannot be read", path.display()))?;
    local(
        name,
        path,
        file.clone(),
        assets::hex(&Sha256::digest(&bytes)),
    )
}

/// A folder with a `pyproject.toml` that names its project.
fn project(path: &Path) -> anyhow::Result<Side> {
    let file = path.join("pyproject.toml");
    let text = fs::read_to_string(&file).map_err(|_| {
        let path = path.display();
        anyhow!("{path} has no pyproject.toml that can be read; write `name @ file:///absolute/path` for a project without one")
    })?;
    let read: toml::Table = text
        .parse()
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let name = [&["project"][..], &["tool", "poetry"]]
        .iter()
        .find_map(|tables| name_in(&read, tables))
        .ok_or_else(|| anyhow!("{} has no `name` in `[project]`", file.display()))?;
    let mut hash = Sha256::new();
    feed(&mut hash, path, Path::new(""))
        .with_context(|| format!("{} cannot be read", path.display()))?;
    local(
        &name,
        path,
        format!("{name} in {}", path.display()),
        assets::hex(&hash.finalize()),
    )
}

fn name_in(read: &toml::Table, tables: &[&str]) -> Option<String> {
    let mut table = read;
    for name in tables {
        table = table.get(*name)?.as_table()?;
    }
    table.get("name")?.as_str().map(str::to_owned)
}

/// Folders beside the sources that are made of them, or have nothing to do with them.
const NO_SOURCES: [&str; 5] = ["build", "dist", "node_modules", "venv", "target"];

/// Adds every file of a project that may be a source: where it lies in the project, and what is in it.
fn feed(hash: &mut Sha256, project: &Path, below: &Path) -> io::Result<()> {
    let mut paths: Vec<PathBuf> = fs::read_dir(project.join(below))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_top = below.as_os_str().is_empty();
        let made = name == "__pycache__" || name.ends_with(".egg-info");
        if name.starts_with('.') || made || (is_top && NO_SOURCES.contains(&name.as_ref())) {
            continue;
        }
        let inside = below.join(name.as_ref());
        if path.is_symlink() && path.is_dir() {
            continue;
        }
        if path.is_dir() {
            feed(hash, project, &inside)?;
        } else {
            let content = fs::read(&path)?;
            hash.update(inside.as_os_str().as_encoded_bytes());
            hash.update((content.len() as u64).to_le_bytes());
            hash.update(content);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_as_they_are() {
        let side = Side::parse("Starlette==0.45.0").unwrap();
        assert_eq!(
            (side.distribution.as_str(), side.version()),
            ("starlette", Some("0.45.0"))
        );
        assert_eq!(Side::parse("starlette").unwrap().version(), None);
        assert_eq!(Side::parse("x[full]==1").unwrap().version(), None);
        let url = Side::parse("starlette @ git+https://example.org/starlette@main").unwrap();
        assert_eq!(url.distribution, "starlette");
        for (bad, said) in [
            ("git+https://example.org/x", "write `name @ git+"),
            ("./nowhere", "no folder and no wheel"),
            ("", "no requirement"),
            ("-x", "no requirement"),
            ("gone-1.0-py3-none-any.whl", "cannot be read"),
        ] {
            let error = format!("{:#}", Side::parse(bad).unwrap_err());
            assert!(error.contains(said), "{bad}: {error}");
        }
    }

    #[test]
    fn a_project_is_known_by_its_sources() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let parse = || Side::parse(folder.path().to_str().unwrap());
        assert!(
            parse()
                .unwrap_err()
                .to_string()
                .contains("no pyproject.toml")
        );
        write("pyproject.toml", "[build-system]\n");
        assert!(parse().unwrap_err().to_string().contains("no `name`"));
        write("pyproject.toml", "[project]\nname = \"My_App\"\n");
        let first = parse().unwrap();
        assert_eq!(first.distribution, "my-app");
        assert!(first.requirement.starts_with("My_App @ file:///"));
        write("module.py", "x = 1\n");
        let second = parse().unwrap();
        assert_ne!(first.edition, second.edition);
        fs::create_dir(folder.path().join("__pycache__")).unwrap();
        write("__pycache__/module.pyc", "x");
        assert_eq!(parse().unwrap().edition, second.edition);
        // What is called like something built is a source where it lies among the sources.
        fs::create_dir_all(folder.path().join("package/build")).unwrap();
        write("package/build/steps.py", "y = 1\n");
        let third = parse().unwrap();
        assert_ne!(third.edition, second.edition);
        fs::rename(folder.path().join("package"), folder.path().join("renamed")).unwrap();
        assert_ne!(parse().unwrap().edition, third.edition);
    }
}
