//! `report.html`: one file with everything in it, for a browser without a network.

mod data;
mod details;
mod escape;
mod instruments;
mod load_table;
mod machine;
mod matrix;
mod page;
mod series_table;

pub(crate) use escape::esc;

use toll_analysis::results::Analysis;

use crate::registry::{Format, RenderError};

/// The page with charts that can be zoomed and a table that can be sorted.
pub(crate) struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn file_name(&self) -> &'static str {
        "report.html"
    }

    fn render(&self, analysis: &Analysis) -> Result<Vec<u8>, RenderError> {
        Ok(page::page(analysis)?.into_bytes())
    }
}
