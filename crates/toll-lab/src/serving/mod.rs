//! A real server with one application: started, waited for, measured as a tree, stopped.

mod door;
mod environment;
mod in_project;
mod launch;
pub mod listener;
mod load_of;
mod log;
mod on_host;
mod rising;
mod served;

pub(crate) use door::Door;
pub(crate) use environment::ServeRequest;
pub use in_project::InProject;
pub(crate) use launch::SERVER_EXITED;
pub use launch::{Home, Launch, Running, StartError};
pub use load_of::{ServerLoad, Watch};
pub use on_host::OnHost;
pub use rising::{Living, Progress, Rising};
