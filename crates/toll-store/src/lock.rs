//! One writer at a time: an exclusive `flock` on a file beside the database.
//!
//! SQLite's own locks last for one transaction, but a run is many of them, and two runs that take
//! turns would mix their blocks. Its exclusive locking mode would last as long as the connection,
//! but would also keep `report` from reading a run that is under way. The lock is not on the
//! database itself, because closing any descriptor of that file would release the POSIX locks
//! that SQLite holds on it. The kernel lets go of the lock when the process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Result, StoreError};

/// Held as long as a run is written.
#[derive(Debug)]
pub(crate) struct WriteLock {
    file: PathBuf,
    // Closing it releases the lock.
    _held: File,
}

impl WriteLock {
    /// Takes the lock of the database at `path`, or says who has it.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        let file = beside(path);
        loop {
            let mut held = open(&file).map_err(|source| StoreError::of_system(path, source))?;
            match held.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Busy {
                        path: path.to_owned(),
                        process: holder(&mut held),
                    });
                }
                Err(TryLockError::Error(source)) => {
                    return Err(StoreError::of_system(path, source));
                }
            }
            // Whoever had it may have removed the file between our opening and our locking.
            if is_still(&held, &file) {
                sign(&mut held).map_err(|source| StoreError::of_system(path, source))?;
                return Ok(Self { file, _held: held });
            }
        }
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // Removed while it is still locked; a file that stays behind does no harm.
        let _ = fs::remove_file(&self.file);
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn open(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(file)
}

fn is_still(held: &File, file: &Path) -> bool {
    match (held.metadata(), fs::metadata(file)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

fn sign(held: &mut File) -> io::Result<()> {
    held.set_len(0)?;
    writeln!(held, "{}", std::process::id())
}

fn holder(held: &mut File) -> Option<u32> {
    let mut text = String::new();
    held.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.sqlite");
        let first = WriteLock::take(&path).unwrap();
        match WriteLock::take(&path) {
            Err(StoreError::Busy { process, .. }) => assert_eq!(process, Some(std::process::id())),
            other => panic!("the second writer got {other:?}"),
        }
        drop(first);
        assert!(!beside(&path).exists());
        WriteLock::take(&path).unwrap();
    }

    #[test]
    fn a_file_left_behind_does_not_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.sqlite");
        fs::write(beside(&path), "4194304999\n").unwrap();
        WriteLock::take(&path).unwrap();
    }
}
