//! Writes every format of every test fixture into a folder, to look at:
//! `cargo run -p toll-report --example gallery -- FOLDER`.

#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

use std::error::Error;
use std::path::PathBuf;

use toll_report::{FORMATS, TerminalStyle, render_table, summary_svg};

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .ok_or("name a folder to write to")?
        .into();
    let only = std::env::args().nth(2);
    for (name, analysis) in fixtures::all() {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        for format in FORMATS {
            std::fs::write(folder.join(format.file_name()), format.render(&analysis)?)?;
        }
        std::fs::write(folder.join("summary.svg"), summary_svg(&analysis))?;
        for (file, width, colour) in [("120.txt", 120, true), ("80.txt", 80, false)] {
            let style = TerminalStyle {
                width,
                colour,
                unicode: colour,
            };
            std::fs::write(folder.join(file), render_table(&analysis, &style))?;
        }
    }
    Ok(())
}
