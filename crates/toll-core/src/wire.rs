//! What is written in the files, before it is known to mean anything.
//!
//! Plain structs that refuse unknown keys, without `untagged` and `flatten`: these two lose the
//! place of a mistake. What may be wrong in meaning carries its place.

pub(crate) mod data;
mod read;
pub(crate) mod suite;
mod values;

pub(crate) use read::read;
pub(crate) use values::{LevelList, OneOrMany, Scalar};
