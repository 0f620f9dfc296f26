//! The picture: two panels as SVG, made here and nowhere else.

mod axis;
mod chart;
mod labels;
mod lines;
mod markers;
pub(crate) mod palette;
mod scale;
mod summary;
mod svg;
pub(crate) mod text;

pub use summary::summary_svg;
