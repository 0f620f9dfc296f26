//! Series in containers: confined, measured by their control groups, and removed whatever happens.

mod cgroup;
mod failure;
mod generator;
mod home;
mod labels;
mod owner;
mod readable;
mod running;
mod sweep;
mod user;

pub(crate) use failure::engine_failed;
pub use generator::contained;
pub use home::{ContainerHome, Lodging};
pub use labels::{IMAGE, RUN, SUBJECT};
pub use owner::Owner;
pub use readable::Readable;
pub use sweep::{remove_of, sweep};
