//! The pure values of asgi-toll: what is compared (suite, subject, server, workload), what would
//! run (plan), what was seen (sample, failure, host) and what is happening (event).
//!
//! Nothing here reads a file, starts a process or knows the command line.

pub mod audit;
pub mod axes;
pub mod budget;
pub mod diagnostic;
pub mod event;
pub mod failure;
pub mod host;
pub mod levels;
pub mod load_tool;
pub mod metric;
pub mod plan;
pub mod requirement;
pub mod sample;
pub mod server;
pub mod settings;
pub mod subject;
mod suggest;
pub mod suite;
pub mod verify;
mod wire;
pub mod workload;
