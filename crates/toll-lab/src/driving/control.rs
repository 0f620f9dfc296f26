//! The line to a driver process: a unix socket that carries JSON lines, with a deadline on each.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::orders::{Order, Said, Told};

/// How often a wait looks whether everything is to stop.
const TURN: Duration = Duration::from_millis(100);
/// How often a wait for a connection looks.
const PAUSE: Duration = Duration::from_millis(1);
/// The longest line: a body of some megabytes in base64.
const LONGEST_LINE: usize = 64 << 20;

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    /// Nothing came in time.
    #[error("it said nothing within {:.1} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The process is gone.
    #[error("the process ended")]
    Ended,
    /// Everything is to stop.
    #[error("interrupted")]
    Aborted,
    /// What came is no line of the protocol.
    #[error("it said something that is not understood: {0}")]
    Strange(String),
    /// The operating system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Where driver processes report.
#[derive(Debug)]
pub(super) struct Desk {
    listener: UnixListener,
    abort: Arc<AtomicBool>,
}

impl Desk {
    /// Opens a socket at `path`.
    pub(super) fn open(path: &Path, abort: Arc<AtomicBool>) -> io::Result<Self> {
        let listener = UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, abort })
    }

    /// The next process that reports. `gone` says whether waiting has become pointless.
    pub(super) fn next(
        &self,
        patience: Duration,
        gone: impl Fn() -> bool,
    ) -> Result<Line, Silence> {
        let start = Instant::now();
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => return Line::new(stream, Arc::clone(&self.abort)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if self.abort.load(Ordering::Relaxed) {
                return Err(Silence::Aborted);
            }
            if gone() {
                return Err(Silence::Ended);
            }
            if start.elapsed() >= patience {
                return Err(Silence::TimedOut(patience));
            }
            thread::sleep(PAUSE);
        }
    }
}

/// The connection to one process.
#[derive(Debug)]
pub(super) struct Line {
    stream: UnixStream,
    received: Vec<u8>,
    abort: Arc<AtomicBool>,
}

impl Line {
    fn new(stream: UnixStream, abort: Arc<AtomicBool>) -> Result<Self, Silence> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(TURN))?;
        stream.set_write_timeout(Some(Duration::from_secs(5)))?;
        Ok(Self {
            stream,
            received: Vec::new(),
            abort,
        })
    }

    /// The process at the other end, as this machine numbers it; `None` where the system does not tell.
    pub(super) fn peer(&self) -> Option<u32> {
        peer_of(&self.stream)
    }

    /// Gives an order. After `patience` the driver gives up by itself and says where it was.
    pub(super) fn tell(&mut self, order: &Order<'_>, patience: Duration) -> Result<(), Silence> {
        let timeout_s = patience.as_secs_f64();
        let mut line = serde_json::to_vec(&Told { order, timeout_s }).map_err(io::Error::other)?;
        line.push(b'\n');
        self.stream.write_all(&line).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                Silence::Ended
            } else {
                error.into()
            }
        })
    }

    /// Waits for the next thing that is said.
    pub(super) fn hear(&mut self, patience: Duration) -> Result<Said, Silence> {
        let start = Instant::now();
        let mut searched = 0;
        loop {
            if let Some(end) = self.received[searched..]
                .iter()
                .position(|byte| *byte == b'\n')
            {
                return self.take(searched + end);
            }
            searched = self.received.len();
            if searched > LONGEST_LINE {
                return Err(Silence::Strange("a line without an end".to_owned()));
            }
            if self.abort.load(Ordering::Relaxed) {
                return Err(Silence::Aborted);
            }
            if start.elapsed() >= patience {
                return Err(Silence::TimedOut(patience));
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<(), Silence> {
        let mut buffer = [0; 8 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(Silence::Ended),
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                Ok(())
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::TimedOut
                | io::ErrorKind::Interrupted => Ok(()),
                io::ErrorKind::ConnectionReset => Err(Silence::Ended),
                _ => Err(error.into()),
            },
        }
    }

    fn take(&mut self, end: usize) -> Result<Said, Silence> {
        let rest = self.received.split_off(end + 1);
        let line = std::mem::replace(&mut self.received, rest);
        serde_json::from_slice(&line).map_err(|error| Silence::Strange(error.to_string()))
    }
}

#[cfg(target_os = "linux")]
fn peer_of(stream: &UnixStream) -> Option<u32> {
    let credentials = rustix::net::sockopt::socket_peercred(stream).ok()?;
    u32::try_from(credentials.pid.as_raw_nonzero().get()).ok()
}

#[cfg(not(target_os = "linux"))]
fn peer_of(_stream: &UnixStream) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (UnixStream, Line) {
        let (theirs, ours) = UnixStream::pair().unwrap();
        (theirs, Line::new(ours, Arc::default()).unwrap())
    }

    #[test]
    fn lines_are_heard_one_by_one_however_they_come() {
        let (mut theirs, mut line) = pair();
        theirs
            .write_all(b"{\"event\":\"warm\"}\n{\"event\":\"ready\"}\n{\"ev")
            .unwrap();
        let patience = Duration::from_secs(2);
        assert!(matches!(line.hear(patience), Ok(Said::Warm {})));
        assert!(matches!(line.hear(patience), Ok(Said::Ready {})));
        theirs.write_all(b"ent\":\"warm\"}\n").unwrap();
        assert!(matches!(line.hear(patience), Ok(Said::Warm {})));
        drop(theirs);
        assert!(matches!(line.hear(patience), Err(Silence::Ended)));
    }

    #[test]
    fn silence_and_noise_are_told_apart() {
        let (mut theirs, mut line) = pair();
        let short = Duration::from_millis(150);
        assert!(matches!(line.hear(short), Err(Silence::TimedOut(_))));
        theirs.write_all(b"hello\n").unwrap();
        assert!(matches!(line.hear(short), Err(Silence::Strange(_))));
        line.abort.store(true, Ordering::Relaxed);
        assert!(matches!(line.hear(short), Err(Silence::Aborted)));
    }
}
