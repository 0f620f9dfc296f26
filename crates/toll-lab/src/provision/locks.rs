//! Locks between processes: two runs at once build an environment once, and nothing is removed
//! while it is used. The kernel drops them when a process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use toll_core::failure::Failure;

use super::context::{Context, Layout};
use super::diagnose;

/// The lock that everybody who uses the cache shares, and that cleaning takes alone.
const WHOLE: &str = "cache";
/// Longest wait for another process that builds the same thing.
const PATIENCE: Duration = Duration::from_mins(15);
/// How often a wait looks.
const TURN: Duration = Duration::from_millis(20);

/// A lock on one thing in the cache, for as long as it lives.
#[derive(Debug)]
pub(in crate::provision) struct Held {
    own: File,
    _whole: File,
}

/// What kind of lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Others may use it too.
    Shared,
    /// Nobody else.
    Alone,
}

impl Held {
    /// Waits for the lock on `name`.
    pub(super) fn take(context: &Context, name: &str, mode: Mode) -> io::Result<Self> {
        let layout = context.layout();
        let whole = open(layout, WHOLE)?;
        wait(context, &whole, Mode::Shared)?;
        let own = open(layout, name)?;
        wait(context, &own, mode)?;
        Ok(Self { own, _whole: whole })
    }

    /// The lock on `name` alone, unless somebody else has it.
    fn try_alone(context: &Context, name: &str) -> io::Result<Option<Self>> {
        let layout = context.layout();
        let whole = open(layout, WHOLE)?;
        wait(context, &whole, Mode::Shared)?;
        let own = open(layout, name)?;
        match own.try_lock() {
            Ok(()) => Ok(Some(Self { own, _whole: whole })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Lets others use it too.
    fn share(self) -> io::Result<Self> {
        self.own.lock_shared()?;
        Ok(self)
    }
}

/// Finds a thing of the cache, or makes it while nobody else does; whoever wants it at the same time waits until it is
/// made, and no longer. Says whether it was found.
pub(super) fn find_or_make<T>(
    context: &Context,
    name: &str,
    find: &dyn Fn() -> Result<Option<T>, Failure>,
    make: &dyn Fn() -> Result<T, Failure>,
) -> Result<(T, Held, bool), Failure> {
    let failed = |error: io::Error| diagnose::io_failed(&format!("locking {name}"), &error);
    let start = Instant::now();
    loop {
        // Whoever makes it holds it alone, so this waits for the maker.
        let held = Held::take(context, name, Mode::Shared).map_err(failed)?;
        if let Some(found) = find()? {
            return Ok((found, held, true));
        }
        drop(held);
        if let Some(held) = Held::try_alone(context, name).map_err(failed)? {
            // Another may have made it between the two locks.
            let (thing, reused) = match find()? {
                Some(found) => (found, true),
                None => (make()?, false),
            };
            return Ok((thing, held.share().map_err(failed)?, reused));
        }
        // Somebody else has just looked too, and one of us is the next to hold it alone.
        if start.elapsed() > PATIENCE {
            return Err(failed(io::ErrorKind::TimedOut.into()));
        }
        thread::sleep(TURN);
    }
}

/// The whole cache alone, or the name of a lock that somebody holds.
pub(super) fn take_whole(root: &Path) -> io::Result<Result<File, Option<String>>> {
    let layout = Layout { root };
    let whole = open(layout, WHOLE)?;
    match whole.try_lock() {
        Ok(()) => Ok(Ok(whole)),
        Err(TryLockError::WouldBlock) => Ok(Err(holder(layout)?)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn holder(layout: Layout<'_>) -> io::Result<Option<String>> {
    for entry in fs::read_dir(layout.locks())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != WHOLE
            && matches!(
                open(layout, &name)?.try_lock(),
                Err(TryLockError::WouldBlock)
            )
        {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn open(layout: Layout<'_>, name: &str) -> io::Result<File> {
    fs::create_dir_all(layout.locks())?;
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(layout.locks().join(name))
}

fn wait(context: &Context, file: &File, mode: Mode) -> io::Result<()> {
    let start = Instant::now();
    loop {
        let attempt = if mode == Mode::Alone {
            file.try_lock()
        } else {
            file.try_lock_shared()
        };
        match attempt {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if context.aborted() => {
                return Err(io::ErrorKind::Interrupted.into());
            }
            Err(TryLockError::WouldBlock) if start.elapsed() > PATIENCE => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(TryLockError::WouldBlock) => thread::sleep(TURN),
        }
    }
}
