//! An [`Analysis`](toll_analysis::results::Analysis) becomes bytes: one file per format, all of
//! them listed in [`FORMATS`], and the table for the terminal.
//!
//! Nothing here reads, writes or prints: what is returned is for the caller to keep or to show.

pub mod audit;
mod bisection;
pub mod compare;
mod facts;
mod failed;
pub mod format;
mod history;
mod html;
mod json;
mod markdown;
mod plot;
mod png;
mod registry;
mod selftest;
mod tables;
mod terminal;
mod view;
mod xml;

pub use bisection::{bisection_markdown, render_bisection};
pub use history::{history_markdown, history_png, render_history};
pub use plot::{history_svg, summary_svg};
pub use registry::{FORMATS, Format, RenderError};
pub use selftest::{render_selftest, selftest_markdown};
pub use terminal::{TerminalStyle, render_table};
