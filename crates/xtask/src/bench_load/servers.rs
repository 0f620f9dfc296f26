//! The two servers: one that does nothing but answer, and uvicorn with the smallest application.

use super::say;
use anyhow::{Context, bail};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use toll_accuracy::known::{KnownServer, Launcher, Spec};
use toll_lab::cores::Bound;

/// Longer than any benchmark.
const DEADLINE_S: u64 = 3 * 3600;
const APPLICATION: &str = r#"
BODY = b'{"message": "a hundred bytes of body, which is about what a small service answers to a request...."}'
START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100"), (b"content-type", b"application/json")]}
END = {"type": "http.response.body", "body": BODY}


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send(START)
        await send(END)
"#;

/// A server that runs until this is dropped.
pub(crate) enum Served {
    Known { _server: KnownServer, url: String },
    Uvicorn(Uvicorn),
}

pub(crate) struct Uvicorn {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Served {
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Known { url, .. } => url,
            Self::Uvicorn(uvicorn) => &uvicorn.url,
        }
    }
}

impl Drop for Uvicorn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `None` where it cannot be had; says how to get it.
pub(crate) fn start(
    name: &str,
    python: Option<&Path>,
    core: Option<usize>,
) -> anyhow::Result<Option<Served>> {
    match (name, python) {
        ("static", _) => known(core).map(Some),
        ("uvicorn", Some(python)) => uvicorn(python, core).map(Served::Uvicorn).map(Some),
        ("uvicorn", None) => {
            say(
                "left out: uvicorn; name a Python that has it with --uvicorn-python (uv venv && uv pip install uvicorn)",
            )?;
            Ok(None)
        }
        _ => bail!("there is no server `{name}`; there are static and uvicorn"),
    }
}

fn known(core: Option<usize>) -> anyhow::Result<Served> {
    let launcher = Launcher {
        program: std::env::current_exe()?,
        arguments: vec!["known-server".to_owned()],
    };
    let server = launcher.start(&Spec {
        core,
        deadline_s: DEADLINE_S,
        ..Spec::default()
    })?;
    Ok(Served::Known {
        url: server.url(),
        _server: server,
    })
}

fn uvicorn(python: &Path, core: Option<usize>) -> anyhow::Result<Uvicorn> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("smallest.py"), APPLICATION)?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut command = Command::new(python);
    command
        .args(["-m", "uvicorn", "smallest:app", "--no-access-log"])
        .args(["--log-level", "warning", "--port", &port.to_string()])
        .current_dir(folder.path())
        .stdin(Stdio::null());
    let child = {
        let _inherited = Bound::to(core);
        command
            .spawn()
            .with_context(|| format!("starting {}", python.display()))?
    };
    let mut uvicorn = Uvicorn {
        child,
        url: format!("http://127.0.0.1:{port}/"),
        _folder: folder,
    };
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if uvicorn.child.try_wait()?.is_some() || start.elapsed() > Duration::from_secs(20) {
            bail!(
                "uvicorn does not listen; does {} have it?",
                python.display()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(uvicorn)
}
