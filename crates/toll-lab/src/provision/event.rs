//! What happens while environments are provided.

use toll_core::failure::Failure;

/// Something that happened. `label` is that of the first request for the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvisionEvent {
    /// uv is not installed and is being fetched.
    FetchingUv,
    /// Environments are about to be looked up and built.
    Started {
        /// Number of distinct environments.
        total: usize,
    },
    /// The set of distributions is being looked up.
    Resolving {
        /// For whom.
        label: String,
    },
    /// Distributions are being installed.
    Installing {
        /// For whom.
        label: String,
    },
    /// An image is being built or pulled.
    Building {
        /// For whom.
        label: String,
        /// What the engine says.
        line: String,
    },
    /// The environment can be used.
    Ready {
        /// For whom.
        label: String,
        /// Whether it had been built before.
        reused: bool,
    },
    /// There is no such environment.
    Failed {
        /// For whom.
        label: String,
        /// Why.
        failure: Failure,
    },
}

/// Who is told. It may be called from several threads.
pub type Notify<'a> = &'a (dyn Fn(ProvisionEvent) + Sync);
