//! End to end: the real tool, real frameworks, real servers.

mod app;
mod app_what_if;
mod bad_apps;
mod bad_luck;
mod browser;
mod comparing;
mod docker;
mod external_generators;
mod findings;
mod harness;
mod instruments;
mod interrupted;
mod load_verb;
mod matrix;
mod report;
mod run;
mod support;
mod verbs;
