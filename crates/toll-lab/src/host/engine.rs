//! Whether a container engine answers.

use std::sync::mpsc;
use std::sync::{Arc, atomic::AtomicBool};
use std::thread;
use std::time::Duration;

use toll_engine::Engine;

/// Longest time that asking may take: where nobody wants containers, nobody waits for them.
const PATIENCE: Duration = Duration::from_secs(1);

/// Name and version of the engine that would be used, if it answers.
pub(super) fn version() -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    // Connecting to a socket whose owner hangs can wait for long, so it is done aside.
    let _aside = thread::spawn(move || {
        let engine = Engine::connect(Arc::new(AtomicBool::new(false)));
        let _ = sender.send(engine.map(|engine| engine.facts().to_string()).ok());
    });
    receiver.recv_timeout(PATIENCE).ok().flatten()
}
