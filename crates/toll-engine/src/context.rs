//! What an image is built from: a Dockerfile and files, as one archive.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tar::{Builder, Header};

/// The files of a build. Owners are left out, so that equal files give equal archives.
pub struct Context {
    archive: Builder<Vec<u8>>,
    /// Whether files keep their times of change.
    times: bool,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl Context {
    /// A context with this Dockerfile.
    ///
    /// # Errors
    /// Only of memory.
    pub fn new(dockerfile: &str) -> io::Result<Self> {
        let mut context = Self::empty(true);
        context.text("Dockerfile", dockerfile)?;
        Ok(context)
    }

    /// A context that is a folder of the user's, its Dockerfile included. Times are left out, so that a fresh copy of
    /// the same files is the same context.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn of_folder(folder: &Path) -> io::Result<Self> {
        let mut context = Self::empty(false);
        context.folder("", folder)?;
        Ok(context)
    }

    fn empty(times: bool) -> Self {
        Self {
            archive: Builder::new(Vec::new()),
            times,
        }
    }

    /// Adds a file with this text.
    ///
    /// # Errors
    /// Only of memory.
    pub fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        self.archive.append_data(&mut header, name, text.as_bytes())
    }

    /// Adds a folder without anything in it.
    ///
    /// # Errors
    /// Only of memory.
    pub fn empty_folder(&mut self, name: &str) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        self.archive
            .append_data(&mut header, format!("{name}/"), io::empty())
    }

    /// Adds a file, a link or an empty folder under a name, with its time of change and its mode.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn file(&mut self, name: &Path, source: &Path) -> io::Result<()> {
        let data = fs::symlink_metadata(source)?;
        let mut header = Header::new_gnu();
        header.set_metadata_in_mode(&data, tar::HeaderMode::Complete);
        header.set_uid(0);
        header.set_gid(0);
        if !self.times {
            header.set_mtime(0);
        }
        // Whoever runs in the container must be able to read it, whatever the umask of the builder was.
        let mode = header.mode()?;
        let executable = if mode & 0o100 == 0 { 0 } else { 0o111 };
        header.set_mode(mode | 0o444 | executable);
        if data.is_symlink() {
            return self
                .archive
                .append_link(&mut header, name, fs::read_link(source)?);
        }
        if data.is_dir() {
            header.set_mode(0o755);
            header.set_size(0);
            return self.archive.append_data(&mut header, name, io::empty());
        }
        if !data.is_file() {
            // A socket or a pipe is nothing to build from.
            return Ok(());
        }
        let file = fs::File::open(source)?;
        self.archive.append_data(&mut header, name, file)
    }

    /// Adds everything in a folder, sorted.
    ///
    /// # Errors
    /// Something cannot be read.
    pub fn folder(&mut self, name: &str, source: &Path) -> io::Result<()> {
        let mut entries: Vec<PathBuf> = fs::read_dir(source)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries {
            let leaf = entry.file_name().unwrap_or_default().to_string_lossy();
            let inside = if name.is_empty() {
                leaf.into_owned()
            } else {
                format!("{name}/{leaf}")
            };
            self.file(Path::new(&inside), &entry)?;
            if entry.is_dir() && !entry.is_symlink() {
                self.folder(&inside, &entry)?;
            }
        }
        Ok(())
    }

    /// The archive.
    ///
    /// # Errors
    /// Only of memory.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        self.archive.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_keep_their_times_and_can_be_read_by_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        for (name, mode) in [("private.py", 0o600), ("program", 0o700)] {
            fs::write(below.join(name), "x").unwrap();
            fs::set_permissions(below.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut context = Context::new("FROM scratch\n").unwrap();
        context.folder("site", folder.path()).unwrap();
        let bytes = context.into_bytes().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let entries: BTreeMap<String, (u32, u64)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                let name = entry.path().unwrap().display().to_string();
                (name, (header.mode().unwrap(), header.mtime().unwrap()))
            })
            .collect();
        assert_eq!(entries["site/a/b/private.py"].0 & 0o777, 0o644);
        assert_eq!(entries["site/a/b/program"].0 & 0o777, 0o755);
        assert!(entries["site/a/b/program"].1 > 1_000_000_000);
        assert!(entries.contains_key("Dockerfile"));
    }
}
