//! The registry of formats: what `asgi-toll run` and `asgi-toll report` leave in a folder.

use thiserror::Error;
use toll_analysis::results::Analysis;

use crate::html::Html;
use crate::json::Json;
use crate::markdown::Markdown;
use crate::png::Png;

/// One way to write an analysis down. A new one is a file with an implementation and a line in [`FORMATS`].
pub trait Format: Sync {
    /// Short name, such as `html`.
    fn name(&self) -> &'static str;

    /// Name of the file in the output folder, unique among the formats.
    fn file_name(&self) -> &'static str;

    /// The content of that file.
    fn render(&self, analysis: &Analysis) -> Result<Vec<u8>, RenderError>;
}

/// Every format, in the order in which the files are written: the data first, so that they are
/// there even if a picture cannot be drawn.
pub static FORMATS: &[&dyn Format] = &[&Json, &Markdown, &Png, &Html];

/// Why a format could not be rendered. Each of them is a fault of this program, and says how to report it usefully.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The analysis could not be written as JSON.
    #[error(
        "the results cannot be written as JSON: {0}; please report this with the run's `run.sqlite`"
    )]
    Json(#[from] serde_json::Error),
    /// The drawing is not a valid SVG.
    #[error("the drawing is not a valid SVG: {0}; please report this with `results.json`")]
    Svg(String),
    /// The picture could not be made from the drawing.
    #[error(
        "the picture of {width} x {height} pixels cannot be made: {reason}; please report this with `results.json`"
    )]
    Raster {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// What went wrong.
        reason: String,
    },
}
