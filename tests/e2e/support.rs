//! A place to run the real tool in: a temporary folder, and a cache of environments that the tests share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A folder with suites and the subjects of `tests/subjects` beside them.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    /// The cache of environments.
    pub(crate) cache: PathBuf,
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Fails with everything that was printed unless the exit code is `code`.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache");
        Self::with_cache(cache)
    }

    /// A place whose cache is its own and empty.
    pub(crate) fn with_empty_cache() -> Self {
        let mut place = Self::new();
        place.cache = place.path("cache");
        place
    }

    fn with_cache(cache: PathBuf) -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
            cache,
        };
        let subjects = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/subjects");
        copy(&subjects, &place.path("subjects"));
        place
    }

    /// A path in this place.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file and says where.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The tool, in this place, with no terminal.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asgi-toll"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("ASGI_TOLL_CACHE_DIR", &self.cache);
        command
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the tool to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::of(&self.command(args).output().unwrap())
    }

    /// The JSON in a file of this place.
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }
}

/// A tool that is running.
pub(crate) struct Started {
    child: Option<Child>,
}

impl From<Child> for Started {
    fn from(child: Child) -> Self {
        Self { child: Some(child) }
    }
}

impl Started {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ended {
        let child = self.child.take().unwrap();
        Ended::of(&child.wait_with_output().unwrap())
    }
}

/// A test that fails on its way leaves no tool behind.
impl Drop for Started {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The versions of the CPythons of this machine, newest first.
pub(crate) fn pythons(place: &Place) -> Vec<String> {
    let facts = place.run(&["doctor", "--json"]).json();
    let all = facts["host"]["interpreters"].as_array().unwrap().clone();
    let cpythons = all
        .iter()
        .filter(|found| found["implementation"] == "cpython");
    cpythons
        .map(|found| found["version"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until `what` holds.
#[track_caller]
pub(crate) fn eventually(seconds: u64, what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(
            start.elapsed() < Duration::from_secs(seconds),
            "it did not come true within {seconds} s"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

/// What is left when nothing is left.
pub(crate) const NOBODY: [u32; 0] = [];

/// Processes whose command line or environment contains `word`.
pub(crate) fn processes_with(word: &str) -> Vec<u32> {
    let contains = |path: PathBuf| {
        fs::read(path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(word))
    };
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            contains(format!("/proc/{pid}/cmdline").into())
                || contains(format!("/proc/{pid}/environ").into())
        })
        .collect()
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
