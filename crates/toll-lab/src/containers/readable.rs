//! Folders as a container's user may read them, who may be another than the one whose they are.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// Copies of folders that everybody may read, made when they are first asked for, and removed at the end.
#[derive(Debug)]
pub struct Readable {
    folder: TempDir,
    copies: Mutex<BTreeMap<PathBuf, PathBuf>>,
}

impl Readable {
    /// No copies yet.
    ///
    /// # Errors
    /// There can be no folder for them.
    pub fn new() -> io::Result<Self> {
        // Containers are given the copies themselves; nobody else is let in.
        let folder = tempfile::Builder::new()
            .prefix("asgi-toll-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()?;
        Ok(Self {
            folder,
            copies: Mutex::default(),
        })
    }

    /// The copy of a folder.
    ///
    /// # Errors
    /// It cannot be copied.
    pub(super) fn copy_of(&self, source: &Path) -> io::Result<PathBuf> {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = copies.get(source) {
            return Ok(copy.clone());
        }
        let copy = self.folder.path().join(copies.len().to_string());
        copy_folder(source, &copy)?;
        copies.insert(source.to_owned(), copy.clone());
        Ok(copy)
    }
}

fn copy_folder(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir(target)?;
    fs::set_permissions(target, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(source)? {
        let entry = entry?.path();
        let to = target.join(entry.file_name().unwrap_or_default());
        // Links are followed: what they point to is elsewhere for the container.
        if entry.is_dir() {
            copy_folder(&entry, &to)?;
        } else if entry.is_file() {
            fs::copy(&entry, &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_its_owner_may_read_is_copied_for_everybody_once() {
        let own = tempfile::tempdir().unwrap();
        fs::create_dir(own.path().join("a")).unwrap();
        let file = own.path().join("a/app.py");
        fs::write(&file, "x = 1").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let readable = Readable::new().unwrap();
        let copy = readable.copy_of(own.path()).unwrap();
        let copied = copy.join("a/app.py");
        assert_eq!(fs::read_to_string(&copied).unwrap(), "x = 1");
        assert_eq!(
            fs::metadata(&copied).unwrap().permissions().mode() & 0o777,
            0o644
        );
        assert_eq!(
            fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
            0o755
        );
        assert_eq!(readable.copy_of(own.path()).unwrap(), copy);
    }
}
