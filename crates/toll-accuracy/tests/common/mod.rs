//! What the tests of this crate share.

use std::sync::Arc;
use toll_accuracy::Bench;
use toll_accuracy::known::Launcher;

/// Known servers of this crate's own, and ten times the room for times: tests share their machine with others.
pub(crate) fn bench() -> Bench {
    let launcher = Launcher {
        program: env!("CARGO_BIN_EXE_known_server").into(),
        arguments: Vec::new(),
    };
    Bench {
        slack: 10.0,
        ..Bench::new(launcher, Arc::default())
    }
}
