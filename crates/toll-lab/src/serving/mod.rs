//! A real server with one application: started, waited for, measured as a tree, stopped.

mod door;
mod environment;
mod launch;
pub mod listener;
mod load_of;
mod log;
mod on_host;
mod rising;

pub(crate) use door::Door;
pub(crate) use environment::ServeRequest;
pub use launch::{Home, Launch, Running};
pub use load_of::{ServerLoad, Watch};
pub(crate) use log::tail as log_tail;
pub use on_host::{OnHost, StartError};
pub use rising::{Living, Progress, Rising};
