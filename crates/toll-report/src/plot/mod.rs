//! The picture: its panels as SVG, made here and nowhere else.

mod axis;
mod chart;
mod labels;
mod legend;
mod lines;
mod markers;
pub(crate) mod palette;
pub(crate) mod panels;
mod scale;
mod story;
mod summary;
mod svg;
pub(crate) mod text;
mod timeline;
mod waterfall;

pub use summary::summary_svg;
pub use timeline::history_svg;
pub(crate) use waterfall::{Strip, waterfall_svg};
