//! The uv of all tests here: one that is installed, else one that is fetched once for this and later runs.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::*;

/// Below the build folder, so that no other user of the machine can have put it there.
fn folder() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    // target/debug/deps/toll_lab-…
    executable
        .ancestors()
        .nth(3)
        .unwrap()
        .join("tmp/provision-tests")
}

pub(super) fn shared() -> Uv {
    static SHARED: OnceLock<Uv> = OnceLock::new();
    let obtain = || {
        let context = Context::new(folder(), std::sync::Arc::default());
        let interpreters = discover_interpreters(&context, None);
        obtain_uv(&context, None, &interpreters, &|_| {}).unwrap()
    };
    SHARED.get_or_init(obtain).clone()
}
