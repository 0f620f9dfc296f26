//! `results.json`: the analysis itself, for scripts.

use toll_analysis::results::Analysis;

use crate::registry::{Format, RenderError};

/// Pretty-printed JSON, with a newline at its end.
pub(crate) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn file_name(&self) -> &'static str {
        "results.json"
    }

    fn render(&self, analysis: &Analysis) -> Result<Vec<u8>, RenderError> {
        let mut bytes = serde_json::to_vec_pretty(analysis)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
