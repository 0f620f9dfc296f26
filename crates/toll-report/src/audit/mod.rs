//! An [`AuditReport`](toll_analysis::audit::results::AuditReport) becomes bytes: one file per format, all of
//! them listed in [`FORMATS`], and the text for the terminal.

mod budget;
mod html;
mod markdown;
mod names;
mod served;
mod terminal;
mod what_if;

use toll_analysis::audit::results::AuditReport;

pub use crate::facts::machine;
pub use terminal::render_audit;

/// One way to write an audit down.
#[derive(Debug)]
pub struct AuditFormat {
    /// Name of the file in the output folder.
    pub file_name: &'static str,
    /// The content of that file.
    pub render: fn(&AuditReport) -> Result<Vec<u8>, serde_json::Error>,
}

/// Every format. A new one is a file and a line here.
pub static FORMATS: &[AuditFormat] = &[
    AuditFormat {
        file_name: "audit.json",
        render: |report| {
            let mut bytes = serde_json::to_vec_pretty(report)?;
            bytes.push(b'\n');
            Ok(bytes)
        },
    },
    AuditFormat {
        file_name: "audit.md",
        render: |report| Ok(markdown::render(report).into_bytes()),
    },
    AuditFormat {
        file_name: "audit.html",
        render: |report| Ok(html::render(report).into_bytes()),
    },
];
