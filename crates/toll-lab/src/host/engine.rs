//! Whether a container engine answers: asked over its socket, without its command-line program.

use std::env;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// Longest time that all engines together may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longest answer that is read.
const LONGEST: usize = 64 * 1024;

/// Name and version of the first engine that answers.
pub(super) fn version() -> Option<String> {
    let deadline = Instant::now() + PATIENCE;
    sockets()
        .iter()
        .find_map(|socket| ask_in_time(socket, deadline))
}

/// Where `DOCKER_HOST` points to, else where Docker and Podman listen. Engines elsewhere than on a
/// unix socket are not asked.
fn sockets() -> Vec<PathBuf> {
    let named = env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    if let Some(host) = named {
        return host
            .strip_prefix("unix://")
            .map(PathBuf::from)
            .into_iter()
            .collect();
    }
    let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let of_user = |name: &str| own.as_ref().map(|own| own.join(name));
    let system = ["/var/run/docker.sock", "/run/podman/podman.sock"].map(PathBuf::from);
    system
        .into_iter()
        .chain(of_user("docker.sock"))
        .chain(of_user("podman/podman.sock"))
        .filter(|socket| socket.exists())
        .collect()
}

/// Connecting to a unix socket whose owner hangs can wait for ever, so it is done aside.
fn ask_in_time(socket: &Path, deadline: Instant) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    let socket = socket.to_owned();
    let _aside = thread::spawn(move || {
        let _ = sender.send(ask(&socket, deadline));
    });
    let left = deadline.saturating_duration_since(Instant::now());
    receiver
        .recv_timeout(left)
        .ok()?
        .ok()
        .and_then(|answer| read_answer(&answer))
}

fn ask(socket: &Path, deadline: Instant) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(
        b"GET /version HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n",
    )?;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while answer.len() < LONGEST {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&part[..count]),
            // An abrupt end after an answer is an end.
            Err(_) if !answer.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The engine's name and version from its whole answer.
fn read_answer(answer: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Version {
        version: String,
        #[serde(default)]
        components: Vec<Component>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Component {
        name: String,
    }
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.lines()
        .next()?
        .split_whitespace()
        .nth(1)
        .filter(|status| *status == "200")?;
    // Whatever frames the body, the JSON is what stands between the outermost braces.
    let json = body.get(body.find('{')?..=body.rfind('}')?)?;
    let found: Version = serde_json::from_str(json).ok()?;
    let podman = found
        .components
        .iter()
        .any(|component| component.name.contains("Podman"));
    Some(format!(
        "{} {}",
        if podman { "podman" } else { "docker" },
        found.version
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    const DOCKER: &str = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"Platform\":{\"Name\":\"\"},\"Components\":[{\"Name\":\"Engine\",\"Version\":\"20.10.24+dfsg1\"}],\"Version\":\"20.10.24+dfsg1\",\"ApiVersion\":\"1.41\"}\n";

    #[test]
    fn engines_are_told_apart() {
        assert_eq!(
            read_answer(DOCKER).as_deref(),
            Some("docker 20.10.24+dfsg1")
        );
        let podman = "HTTP/1.1 200 OK\r\n\r\n6b\r\n{\"Components\":[{\"Name\":\"Podman Engine\"}],\"Version\":\"4.3.1\"}\r\n0\r\n\r\n";
        assert_eq!(read_answer(podman).as_deref(), Some("podman 4.3.1"));
        assert_eq!(
            read_answer("HTTP/1.0 403 Forbidden\r\n\r\n{\"Version\":\"1\"}"),
            None
        );
        assert_eq!(read_answer("hello"), None);
    }

    #[test]
    fn an_engine_is_asked_over_its_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let engine = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            assert!(request.starts_with(b"GET /version HTTP/1.0\r\n"));
            stream.write_all(DOCKER.as_bytes()).unwrap();
        });
        assert_eq!(
            ask_in_time(&path, Instant::now() + Duration::from_secs(5)).as_deref(),
            Some("docker 20.10.24+dfsg1")
        );
        engine.join().unwrap();
    }

    #[test]
    fn an_engine_that_hangs_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let _listener = UnixListener::bind(&path).unwrap();
        let start = Instant::now();
        assert_eq!(ask_in_time(&path, start + Duration::from_millis(100)), None);
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}
