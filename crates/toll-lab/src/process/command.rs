//! Running a program to its end within limits, and starting one that goes on.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::ending::{Ending, ended, finish};
use super::guard;
use super::usage::{Usage, finish_metered, peak_resident_bytes};

/// How long a program may run, and the flag that stops it early.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest time it may take.
    pub timeout: Duration,
    /// Set when everything is to stop.
    pub abort: Arc<AtomicBool>,
}

/// A program that came to its end.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Whether it ended with exit code 0.
    pub success: bool,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

/// Why a program did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no such program.
    #[error("`{program}` was not found")]
    NotFound {
        /// What was looked for.
        program: String,
    },
    /// It took too long and was killed.
    #[error("it took longer than {} s and was stopped", after.as_secs())]
    TimedOut {
        /// The limit.
        after: Duration,
    },
    /// Everything is to stop.
    #[error("interrupted")]
    Aborted,
    /// The operating system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Starts a program in a process group of its own that dies with us: the kernel kills the child
/// when its parent thread ends, and the guard kills the whole group when we are killed.
///
/// # Errors
/// The program is missing or cannot be started.
pub fn spawn(mut command: Command) -> Result<Child, RunError> {
    command.process_group(0);
    die_with_parent(&mut command);
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => RunError::NotFound {
            program: command.get_program().to_string_lossy().into_owned(),
        },
        _ => RunError::Io(error),
    })?;
    guard::watch(child.id());
    Ok(child)
}

#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    let set = || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
            .map_err(io::Error::from)
    };
    // SAFETY: the closure makes one async-signal-safe system call and allocates nothing.
    unsafe { command.pre_exec(set) };
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

/// Runs a program to its end and collects what it wrote. On a timeout or an abort its whole group is killed.
///
/// # Errors
/// See [`RunError`]; a non-zero exit is not an error here.
pub fn run(command: Command, limits: &Limits) -> Result<Finished, RunError> {
    collected(command, limits, &mut |_| {}, finish).map(|(finished, ())| finished)
}

/// The same, and says what the program used up.
///
/// # Errors
/// See [`RunError`]; a non-zero exit is not an error here.
pub fn run_metered(command: Command, limits: &Limits) -> Result<(Finished, Usage), RunError> {
    let mut peak = 0;
    let mut look = |pid| peak = peak_resident_bytes(pid).unwrap_or(0).max(peak);
    let (finished, usage) = collected(command, limits, &mut look, finish_metered)?;
    Ok((finished, usage.with_peak_seen(peak)))
}

/// Runs a program to its end; `look` is called now and then while it runs, `end` when it has ended or is to end.
fn collected<T>(
    mut command: Command,
    limits: &Limits,
    look: &mut dyn FnMut(u32),
    end: fn(&mut Child) -> T,
) -> Result<(Finished, T), RunError> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = spawn(command)?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let ended = wait(&child, limits, look);
    // Children of the program that outlive it would hold the pipes open for ever.
    let end = end(&mut child);
    let (stdout, stderr) = (join(stdout), join(stderr));
    let code = match ended? {
        Ending::Exit(code) => Some(code),
        Ending::Signal(_) => None,
    };
    let finished = Finished {
        success: code == Some(0),
        code,
        stdout,
        stderr,
    };
    Ok((finished, end))
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Option<JoinHandle<String>> {
    pipe.map(|mut pipe| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    })
}

fn join(reader: Option<JoinHandle<String>>) -> String {
    reader
        .and_then(|reader| reader.join().ok())
        .unwrap_or_default()
}

fn wait(child: &Child, limits: &Limits, look: &mut dyn FnMut(u32)) -> Result<Ending, RunError> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(ending) = ended(child.id()) {
            return Ok(ending);
        }
        if limits.abort.load(Ordering::Relaxed) {
            return Err(RunError::Aborted);
        }
        if start.elapsed() >= limits.timeout {
            return Err(RunError::TimedOut {
                after: limits.timeout,
            });
        }
        look(child.id());
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn limits(timeout_ms: u64) -> Limits {
        Limits {
            timeout: Duration::from_millis(timeout_ms),
            abort: Arc::new(AtomicBool::new(false)),
        }
    }

    #[test]
    fn output_and_exit_code_are_collected() {
        let finished = run(shell("echo out; echo err >&2; exit 3"), &limits(5_000)).unwrap();
        assert_eq!((finished.code, finished.success), (Some(3), false));
        assert_eq!(
            (finished.stdout.as_str(), finished.stderr.as_str()),
            ("out\n", "err\n")
        );
    }

    #[test]
    fn a_program_that_takes_too_long_is_stopped_with_its_children() {
        let start = Instant::now();
        let error = run(shell("sleep 30 & sleep 30"), &limits(100)).unwrap_err();
        assert!(matches!(error, RunError::TimedOut { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_child_that_stays_behind_does_not_hold_the_caller() {
        let start = Instant::now();
        let finished = run(shell("sleep 30 & echo done"), &limits(20_000)).unwrap();
        assert_eq!(finished.stdout, "done\n");
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn an_abort_stops_it() {
        let limits = limits(20_000);
        limits.abort.store(true, Ordering::Relaxed);
        assert!(matches!(
            run(shell("sleep 30"), &limits),
            Err(RunError::Aborted)
        ));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(Command::new("no-such-program-here"), &limits(1_000)).unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program-here` was not found");
    }
}
