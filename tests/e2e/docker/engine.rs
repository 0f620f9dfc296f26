//! A container engine for the tests: the one that runs, or one that is started for them where we are root and may.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use toll_engine::{Endpoint, Engine};

use crate::support::{Place, Started};

/// Set where the tests must not be skipped.
const REQUIRED: &str = "ASGI_TOLL_REQUIRE_DOCKER";

/// What the tests need of containers.
pub(super) struct Lab {
    pub(super) engine: Engine,
    /// Pythons that have a base image, the one to be preferred first.
    pub(super) pythons: Vec<String>,
}

/// The engine with its images; `None` where the tests are skipped, which is said, with the reason.
pub(super) fn lab() -> Option<&'static Lab> {
    static LAB: OnceLock<Result<Lab, String>> = OnceLock::new();
    match LAB.get_or_init(make) {
        Ok(lab) => Some(lab),
        Err(why) => {
            let required = std::env::var_os(REQUIRED).is_some();
            assert!(
                !required,
                "{REQUIRED} is set, and there is no engine: {why}"
            );
            skipped(&format!("there is no container engine: {why}"));
            None
        }
    }
}

/// Says that a test was not made.
pub(super) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn make() -> Result<Lab, String> {
    let engine = Engine::connect(Arc::default())
        .or_else(|error| start().map_err(|why| format!("{error}; {why}")))?;
    let pythons = base_images(&engine)?;
    Ok(Lab { engine, pythons })
}

impl Lab {
    /// The tool, in a place, with this engine.
    pub(super) fn command(&self, place: &Place, args: &[&str]) -> Command {
        let mut command = place.command(args);
        command.env("DOCKER_HOST", self.engine.endpoint().url());
        command
    }

    /// Runs the tool to its end.
    pub(super) fn run(&self, place: &Place, args: &[&str]) -> crate::support::Ended {
        Started::from(self.command(place, args).spawn().unwrap()).wait()
    }

    /// The containers of a run of the tool with this process id.
    pub(super) fn containers_of(&self, pid: u32) -> Vec<String> {
        let all = self
            .engine
            .containers_labelled("org.asgi-toll.run")
            .unwrap();
        let own = all
            .into_iter()
            .filter(|(_, labels)| labels["org.asgi-toll.run"].starts_with(&format!("{pid}-")));
        own.map(|(id, _)| id).collect()
    }
}

/// A daemon of the tests' own, which ends with this process.
fn start() -> Result<Engine, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root can start one".to_owned());
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engine");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    // Paths of sockets are short.
    let socket = std::env::temp_dir().join(format!("asgi-toll-engine-{}.sock", std::process::id()));
    // What it mounts is seen by nobody else, and is gone with it.
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "dockerd"])
        .arg("--host")
        .arg(format!("unix://{}", socket.display()))
        .arg("--data-root")
        .arg(folder.join("data"))
        .arg("--exec-root")
        .arg(folder.join("exec"))
        .arg("--pidfile")
        .arg(folder.join("pid"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let with_parent = || {
        let signal = Some(rustix::process::Signal::TERM);
        rustix::process::set_parent_process_death_signal(signal).map_err(std::io::Error::from)
    };
    // SAFETY: the closure makes one async-signal-safe system call and allocates nothing.
    unsafe { command.pre_exec(with_parent) };
    let (sender, started) = std::sync::mpsc::channel();
    // It dies with the thread that started it, so that thread stays as long as the tests.
    thread::spawn(move || {
        let child = command.spawn();
        let _ = sender.send(child.as_ref().map(|_| ()).map_err(ToString::to_string));
        loop {
            thread::park();
        }
    });
    started
        .recv()
        .map_err(|error| error.to_string())?
        .map_err(|error| format!("dockerd cannot be started: {error}"))?;
    for _ in 0..200 {
        if let Ok(engine) = Engine::connect_to(&Endpoint::Socket(socket.clone()), Arc::default()) {
            return Ok(engine);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Err("a dockerd was started and does not answer".to_owned())
}

/// Base images for Pythons of this machine: there, or pulled, or made of the interpreter itself.
fn base_images(engine: &Engine) -> Result<Vec<String>, String> {
    let place = Place::new();
    let facts = place.run(&["doctor", "--json"]).json();
    let all = facts["host"]["interpreters"].as_array().unwrap().clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut found: Vec<(String, PathBuf)> = all
        .iter()
        .filter(|one| one["implementation"] == "cpython")
        .map(|one| (text(&one["version"]), expanded(&text(&one["path"]))))
        .filter(|(version, _)| version.starts_with("3.12.") || version.starts_with("3.11."))
        .collect();
    // That of the original suite first.
    found.sort_by_key(|(version, _)| version != "3.12.1");
    let mut pythons = Vec::new();
    let mut why = "no CPython 3.11 or 3.12 was found".to_owned();
    for (version, path) in found {
        if pythons.len() == 2 {
            break;
        }
        match base_image(engine, &version, &path) {
            Ok(()) => pythons.push(version),
            Err(error) => why = error,
        }
    }
    if pythons.is_empty() {
        Err(why)
    } else {
        Ok(pythons)
    }
}

fn base_image(engine: &Engine, version: &str, python: &Path) -> Result<(), String> {
    let name = format!("python:{version}-slim");
    if engine
        .image(&name)
        .map_err(|error| error.to_string())?
        .is_some()
    {
        return Ok(());
    }
    if engine.pull(&name, &mut |_| {}).is_ok() {
        return Ok(());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/docker/base-image");
    let prefix = python.parent().and_then(Path::parent).unwrap_or(python);
    if prefix == Path::new("/usr") {
        return Err(format!("{} is the system's own", python.display()));
    }
    let made = Command::new(script)
        .arg(version)
        .arg(prefix)
        .env("DOCKER_HOST", engine.endpoint().url())
        .output()
        .map_err(|error| error.to_string())?;
    if made.status.success() {
        return Ok(());
    }
    Err(format!(
        "no base image could be made: {}{}",
        String::from_utf8_lossy(&made.stdout),
        String::from_utf8_lossy(&made.stderr)
    ))
}

/// The doctor writes `~` for the home folder.
fn expanded(path: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => std::env::home_dir().unwrap_or_default().join(rest),
        None => PathBuf::from(path),
    }
}
