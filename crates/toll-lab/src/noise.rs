//! A neighbour that is noisy on purpose: a process that burns a core for 30 % of the time.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cores::{Bound, Cores};
use crate::process::{RunError, spawn, tree};

/// The hidden argument with which the tool starts itself as the neighbour.
pub const ARGUMENT: &str = "__burn";

/// It burns so long at a time, and then rests: longer than a slice, so that some slices have it and
/// their neighbours do not.
const BURNING: Duration = Duration::from_millis(30);
const RESTING: Duration = Duration::from_millis(70);

/// The neighbour. Dropping it ends it.
#[derive(Debug)]
pub struct Noise(Child);

impl Noise {
    /// Starts it on the core that is measured on: `program` is the tool itself.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(program: &Path) -> Result<Self, RunError> {
        let mut command = Command::new(program);
        command
            .arg(ARGUMENT)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        spawn(command).map(Self)
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        tree::kill_group(self.0.id());
        let _ = self.0.wait();
    }
}

/// The life of the neighbour: until it is killed.
pub fn burn() {
    let _bound = Bound::to(Cores::choose().server);
    loop {
        let start = Instant::now();
        while start.elapsed() < BURNING {
            std::hint::spin_loop();
        }
        thread::sleep(RESTING);
    }
}
