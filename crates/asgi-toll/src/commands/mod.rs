//! The verbs, one file each.

pub(crate) mod app;
pub(crate) mod bisect;
pub(crate) mod cache;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod guard;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod load;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod selftest;
pub(crate) mod suite;
