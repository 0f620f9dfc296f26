//! The server whose answers are known: a process of its own that delays, fails and counts as it is told.
//!
//! It is one thread with epoll. It writes its address to standard output, takes commands from standard input (`reset`,
//! `report`) and ends when standard input ends, when its parent dies, or when its time is over.

mod answer;
mod child;
mod connection;
mod control;
mod serve;
mod sight;
mod spec;

pub use answer::Class;
pub use child::{Brake, KnownServer, Launcher};
pub use serve::serve;
pub use sight::Sight;
pub use spec::{Delay, Planted, Spec};
