//! Who the processes of a container are: never root, but for an engine whose root is an ordinary user.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown};
use std::path::Path;

use toll_engine::Facts;

/// The user of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    uid: u32,
    gid: u32,
    /// Whether files must be given to it because it is another than ours.
    other: bool,
}

/// `nobody`, as every system numbers it.
const NOBODY: u32 = 65_534;

impl User {
    /// Our own user; where we are root, nobody; where the engine is rootless, its root, which is our own user.
    pub(super) fn of(engine: &Facts) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        if engine.rootless {
            return Self {
                uid: 0,
                gid: 0,
                other: false,
            };
        }
        if uid == 0 {
            return Self {
                uid: NOBODY,
                gid: NOBODY,
                other: true,
            };
        }
        Self {
            uid,
            gid: rustix::process::getegid().as_raw(),
            other: false,
        }
    }

    /// Whether it is another user than ours, who may not read what only we may.
    pub(super) fn is_other(self) -> bool {
        self.other
    }

    /// As the engine reads it.
    pub(super) fn name(self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// Gives it a folder for sockets, and the socket that may be in it.
    pub(super) fn give(self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Connecting to a socket needs the right to write to it; the folder lets nobody else in. Whatever else lies there
            // was left by a container, and may be a link to anything.
            if entry.file_type()?.is_socket() {
                fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o666))?;
            } else {
                remove(&entry)?;
            }
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if self.other {
            chown(folder, Some(self.uid), Some(self.gid))?;
        }
        Ok(())
    }
}

fn remove(entry: &fs::DirEntry) -> io::Result<()> {
    if entry.file_type()?.is_dir() {
        fs::remove_dir_all(entry.path())
    } else {
        fs::remove_file(entry.path())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn what_a_container_left_beside_its_socket_is_removed_and_never_followed() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = elsewhere.path().join("secret");
        fs::write(&secret, "").unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&secret, folder.path().join("link")).unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        let socket = folder.path().join("s");
        let _listener = UnixListener::bind(&socket).unwrap();
        let own = User {
            uid: 0,
            gid: 0,
            other: false,
        };
        own.give(folder.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&secret), 0o600);
        assert_eq!(mode(&socket), 0o666);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
