//! The data in the binary: subjects, suites, servers, workloads and the harness.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rust_embed::Embed;
use sha2::{Digest, Sha256};

#[derive(Embed)]
#[folder = "../../subjects"]
#[include = "*/subject.toml"]
#[include = "*/*.py"]
pub(crate) struct Subjects;

#[derive(Embed)]
#[folder = "../../suites"]
#[include = "*.toml"]
pub(crate) struct Suites;

#[derive(Embed)]
#[folder = "../../servers"]
#[include = "*.toml"]
pub(crate) struct Servers;

#[derive(Embed)]
#[folder = "../../workloads"]
#[include = "*.toml"]
pub(crate) struct Workloads;

#[derive(Embed)]
#[folder = "../../harness"]
#[include = "*.py"]
#[include = "kinds.toml"]
#[exclude = "tests/*"]
pub(crate) struct Harness;

/// The text of an embedded file.
pub(crate) fn text<E: Embed>(name: &str) -> Option<String> {
    E::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

/// The embedded Python, written out: an interpreter cannot read it from the binary.
#[derive(Debug, Clone)]
pub(crate) struct Unpacked {
    /// Folder of the harness.
    pub(crate) harness: PathBuf,
    /// Folder with one folder per subject.
    pub(crate) subjects: PathBuf,
}

/// Writes the embedded Python into a folder of the cache that is named after its content, once.
pub(crate) fn unpack(cache: &Path) -> io::Result<Unpacked> {
    let root = cache.join("assets").join(digest());
    if !root.is_dir() {
        fs::create_dir_all(cache.join("assets"))?;
        let fresh = tempfile::tempdir_in(cache.join("assets"))?;
        write::<Subjects>(&fresh.path().join("subjects"))?;
        write::<Harness>(&fresh.path().join("harness"))?;
        match fs::rename(fresh.keep(), &root) {
            // Another run was quicker: the same content is there.
            Err(_) if root.is_dir() => {}
            renamed => renamed?,
        }
    }
    Ok(Unpacked {
        harness: root.join("harness"),
        subjects: root.join("subjects"),
    })
}

/// Removes what was unpacked; says how many versions of it there were.
pub(crate) fn remove(cache: &Path) -> io::Result<usize> {
    let folder = cache.join("assets");
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(0);
    };
    let versions = entries.count();
    fs::remove_dir_all(folder)?;
    Ok(versions)
}

fn write<E: Embed>(folder: &Path) -> io::Result<()> {
    for name in E::iter() {
        let path = folder.join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let file = E::get(&name).ok_or(io::ErrorKind::NotFound)?;
        fs::write(path, file.data)?;
    }
    Ok(())
}

/// Digest of all that is embedded and makes up what is measured.
pub(crate) fn digest() -> String {
    let mut hash = Sha256::new();
    feed::<Subjects>(&mut hash);
    feed::<Servers>(&mut hash);
    feed::<Workloads>(&mut hash);
    feed::<Harness>(&mut hash);
    hex(&hash.finalize())
}

/// The first 16 hexadecimal digits of a digest: enough to tell contents apart.
pub(crate) fn hex(digest: &[u8]) -> String {
    let first: [u8; 8] = std::array::from_fn(|index| digest.get(index).copied().unwrap_or(0));
    format!("{:016x}", u64::from_be_bytes(first))
}

fn feed<E: Embed>(hash: &mut Sha256) {
    for name in E::iter() {
        hash.update(name.as_bytes());
        if let Some(file) = E::get(&name) {
            hash.update(file.metadata.sha256_hash());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_is_unpacked_once_and_whole() {
        let cache = tempfile::tempdir().unwrap();
        let unpacked = unpack(cache.path()).unwrap();
        assert!(unpacked.harness.join("asgi_toll_serve.py").is_file());
        assert!(unpacked.subjects.join("starlette/app.py").is_file());
        let again = unpack(cache.path()).unwrap();
        assert_eq!(again.harness, unpacked.harness);
    }
}
