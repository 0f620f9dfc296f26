//! End to end: the real tool, real frameworks, real servers.

mod bad_apps;
mod bad_luck;
mod browser;
mod findings;
mod harness;
mod instruments;
mod interrupted;
mod matrix;
mod report;
mod run;
mod support;
mod verbs;
