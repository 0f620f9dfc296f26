//! `asgi-toll init`: a suite as a starting point.

use std::fs::OpenOptions;
use std::io::{self, Write};

use anyhow::{Context, bail};

use crate::catalogue;
use crate::cli::InitArgs;
use crate::exit::Exit;
use crate::printer::Printer;

pub(crate) fn run(args: &InitArgs, printer: Printer) -> anyhow::Result<Exit> {
    let text = catalogue::suite_text(&args.name)?;
    let shown = args.path.display();
    let mut file = match OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.path)
    {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{shown} is there already and is not overwritten; choose another with --path")
        }
        opened => opened.with_context(|| format!("{shown} cannot be written"))?,
    };
    file.write_all(text.as_bytes())
        .with_context(|| format!("{shown} cannot be written"))?;
    if printer.json {
        printer.json(
            &serde_json::json!({ "schema_version": 1, "path": args.path, "suite": args.name }),
        )?;
    }
    printer.talk(format!("Wrote {shown}. Look at what it would run with `asgi-toll plan {shown}`, then `asgi-toll run {shown}`."));
    Ok(Exit::Done)
}
