//! End to end: the real tool, real frameworks, real servers.

mod bad_luck;
mod browser;
mod harness;
mod interrupted;
mod matrix;
mod report;
mod run;
mod support;
mod verbs;
