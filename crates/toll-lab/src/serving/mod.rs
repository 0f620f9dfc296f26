//! A real server with one application: started, waited for, measured as a tree, stopped.

mod door;
mod environment;
pub mod listener;
mod load_of;
mod log;
mod rising;
mod running;

pub use environment::ServeRequest;
pub use load_of::{ServerLoad, Watch};
pub(crate) use log::tail as log_tail;
pub use rising::{Living, Progress, Rising};
pub use running::{Running, StartError};
