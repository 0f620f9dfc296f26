//! Ctrl-C and SIGTERM: the first one stops in good order, the second one at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// A flag that the first signal sets. The second one ends the tool; the guard then kills what is
/// left. A terminal that closes counts as a signal too.
pub(crate) fn flag() -> std::io::Result<Arc<AtomicBool>> {
    let abort = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // In this order: the check for a second signal comes before the flag is set by the first.
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&abort))?;
        flag::register(signal, Arc::clone(&abort))?;
    }
    Ok(abort)
}
