//! A [`ComparisonReport`](toll_analysis::compare::results::ComparisonReport) becomes bytes: one file per
//! format, all of them listed in [`FORMATS`], and the text for the terminal.

mod bencher;
mod github_action;
mod junit;
mod markdown;
mod names;
mod terminal;

use toll_analysis::compare::results::ComparisonReport;

pub(crate) use markdown::{comparison_markdown, escaped};
pub use terminal::render_comparisons;
pub(crate) use terminal::{render_comparison, wrapped};

/// One way to write comparisons down.
#[derive(Debug)]
pub struct ComparisonFormat {
    /// Name of the file in the output folder.
    pub file_name: &'static str,
    /// The content of that file.
    pub render: fn(&ComparisonReport) -> Result<Vec<u8>, serde_json::Error>,
}

/// Every format. A new one is a file and a line here.
pub static FORMATS: &[ComparisonFormat] = &[
    ComparisonFormat {
        file_name: "compare.json",
        render: pretty::<ComparisonReport>,
    },
    ComparisonFormat {
        file_name: "summary.md",
        render: |report| Ok(markdown::render(report).into_bytes()),
    },
    ComparisonFormat {
        file_name: "junit.xml",
        render: |report| Ok(junit::render(report).into_bytes()),
    },
    ComparisonFormat {
        file_name: "bencher.json",
        render: |report| pretty(&bencher::render(report)),
    },
    ComparisonFormat {
        file_name: "github-action-benchmark.json",
        render: |report| pretty(&github_action::render(report)),
    },
];

fn pretty<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
