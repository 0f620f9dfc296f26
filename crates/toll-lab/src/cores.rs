//! Which core the server gets, and which the load generator.

/// The cores of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cores {
    /// Where the server's processes are bound to; `None` leaves them where the system puts them.
    pub server: Option<usize>,
    /// Where the load generator's thread is bound to.
    pub generator: Option<usize>,
}

impl Cores {
    /// The first core for the server and the last for the generator, so that on machines with
    /// hyper-threads they do not share one; nothing is bound where there is only one core.
    pub fn choose() -> Self {
        Self::among(&allowed())
    }

    fn among(allowed: &[usize]) -> Self {
        match allowed {
            [first, .., last] => Self {
                server: Some(*first),
                generator: Some(*last),
            },
            _ => Self {
                server: None,
                generator: None,
            },
        }
    }
}

/// The cores that this process may use, ascending; empty where the system does not say.
#[cfg(target_os = "linux")]
pub fn allowed() -> Vec<usize> {
    let set = rustix::thread::sched_getaffinity(None);
    set.map_or_else(
        |_| Vec::new(),
        |set| {
            (0..rustix::thread::CpuSet::MAX_CPU)
                .filter(|core| set.is_set(*core))
                .collect()
        },
    )
}

/// The cores that this process may use, ascending; empty where the system does not say.
#[cfg(not(target_os = "linux"))]
pub fn allowed() -> Vec<usize> {
    Vec::new()
}

/// The calling thread bound to one core until this is dropped. Processes that are started
/// meanwhile would inherit the binding, so it is held only while load is sent.
#[derive(Debug)]
pub struct Bound {
    #[cfg(target_os = "linux")]
    before: Option<rustix::thread::CpuSet>,
}

#[cfg(target_os = "linux")]
impl Bound {
    /// Binds the calling thread to `core`; without a core, or where it is refused, nothing changes.
    pub fn to(core: Option<usize>) -> Self {
        let before = core.and_then(|core| {
            let before = rustix::thread::sched_getaffinity(None).ok()?;
            let mut set = rustix::thread::CpuSet::new();
            set.set(core);
            rustix::thread::sched_setaffinity(None, &set)
                .ok()
                .map(|()| before)
        });
        Self { before }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Bound {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = rustix::thread::sched_setaffinity(None, before);
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Bound {
    /// Elsewhere than on Linux threads are not bound.
    pub fn to(_core: Option<usize>) -> Self {
        Self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_bound_thread_is_free_again_afterwards() {
        let before = allowed();
        {
            let _bound = Bound::to(before.first().copied());
            assert_eq!(allowed(), before[..1]);
        }
        assert_eq!(allowed(), before);
    }

    #[test]
    fn server_and_generator_never_share_a_core_that_is_bound() {
        assert_eq!(
            Cores::among(&[2, 3, 7]),
            Cores {
                server: Some(2),
                generator: Some(7)
            }
        );
        assert_eq!(
            Cores::among(&[4]),
            Cores {
                server: None,
                generator: None
            }
        );
        assert_eq!(
            Cores::among(&[]),
            Cores {
                server: None,
                generator: None
            }
        );
    }
}
