//! The labels by which what is ours is known.

/// On every image of ours: which kind it is.
pub const IMAGE: &str = "org.asgi-toll.image";
/// On every image of ours: for whom it was built first.
pub const SUBJECT: &str = "org.asgi-toll.label";
/// On every container of ours: the [`Owner`](super::Owner) of the run that started it.
pub const RUN: &str = "org.asgi-toll.run";
