//! The hidden verb: the guard that kills what is left when the tool is gone.

use std::io::{self, BufReader};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use toll_lab::process::guard;

use crate::exit::Exit;

pub(crate) fn run() -> anyhow::Result<Exit> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // It ends when the tool does, not before.
        signal_hook::flag::register(signal, std::sync::Arc::default())?;
    }
    guard::serve(BufReader::new(io::stdin()));
    Ok(Exit::Done)
}
