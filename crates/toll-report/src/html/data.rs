//! What the page's script reads: the results themselves, and how each line looks.

use serde_json::json;
use toll_analysis::results::Analysis;

use super::escape::script_json;
use crate::plot::palette;

/// Both as script elements that are data, not code.
pub(super) fn data(analysis: &Analysis) -> Result<String, serde_json::Error> {
    let results = serde_json::to_string(analysis)?;
    let looks: Vec<_> = (0..analysis.series.len()).map(palette::look).collect();
    let looks: Vec<_> = looks
        .iter()
        .map(|look| json!({ "colour": look.colour, "dash": dash(look.dash) }))
        .collect();
    let looks = serde_json::to_string(&looks)?;
    Ok(format!(
        "{}\n{}\n",
        element("results", &results),
        element("looks", &looks)
    ))
}

fn element(id: &str, json: &str) -> String {
    format!(
        "<script type=\"application/json\" id=\"{id}\">{}</script>",
        script_json(json)
    )
}

/// `"7 3"` as `[7, 3]`.
fn dash(dash: &str) -> Vec<u32> {
    dash.split_whitespace()
        .filter_map(|length| length.parse().ok())
        .collect()
}
