//! Binding a thread to a core.

use crate::LoadError;

/// Whether [`pin_current_thread`] has an effect on this system: Linux only.
pub fn pinning_supported() -> bool {
    cfg!(target_os = "linux")
}

/// Binds the calling thread to one core. Does nothing where the system has no such call (see [`pinning_supported`]).
///
/// # Errors
/// [`LoadError::Pin`] when the core does not exist or this process may not use it.
#[cfg(target_os = "linux")]
pub fn pin_current_thread(core: usize) -> Result<(), LoadError> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    if core >= CpuSet::MAX_CPU {
        return Err(LoadError::Pin {
            core,
            source: rustix::io::Errno::INVAL.into(),
        });
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|errno| LoadError::Pin {
        core,
        source: errno.into(),
    })
}

/// Binds the calling thread to one core; without effect on this system.
#[cfg(not(target_os = "linux"))]
pub fn pin_current_thread(_core: usize) -> Result<(), LoadError> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_core_that_does_not_exist_is_refused() {
        assert!(matches!(
            pin_current_thread(1023),
            Err(LoadError::Pin { core: 1023, .. })
        ));
        assert!(pin_current_thread(1 << 20).is_err());
    }
}
