//! A container engine (Docker, or Podman through its compatible socket) as blocking calls: images that are found,
//! pulled and built, containers that are gone when their value is dropped.
//!
//! It knows nothing of Python, servers or measuring. Nothing is asked of the engine's command-line program.

mod container;
mod context;
mod endpoint;
mod engine;
mod error;
mod image;
mod run;

pub use container::{Container, ContainerSpec, Labels, Mount, Network, State};
pub use context::Context;
pub use endpoint::{Endpoint, EndpointError};
pub use engine::{Engine, Facts};
pub use error::EngineError;
pub use image::{BuildSpec, Image};
pub use run::Ended;
