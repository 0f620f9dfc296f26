//! The connection to an engine.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::runtime::{self, Runtime};

use crate::endpoint::Endpoint;
use crate::error::EngineError;

/// How long an engine may take to say who it is.
const GREETING: Duration = Duration::from_secs(10);
/// How long one request may take; a build or a pull, until its answer begins.
const PATIENCE_S: u64 = 60;
/// How often a wait looks whether everything is to stop.
const TURN: Duration = Duration::from_millis(100);

/// What an engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `docker` or `podman`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it runs as an ordinary user, so that `root` in its containers is that user.
    pub rootless: bool,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// An engine that answers. Clones share the connection.
#[derive(Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
    runtime: Arc<Runtime>,
    pub(crate) abort: Arc<AtomicBool>,
    endpoint: Endpoint,
    facts: Facts,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("endpoint", &self.endpoint)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Connects to the engine of this user. Long calls end early when `abort` is set.
    ///
    /// # Errors
    /// There is none, it may not be used, or it does not answer.
    pub fn connect(abort: Arc<AtomicBool>) -> Result<Self, EngineError> {
        Self::connect_to(&Endpoint::find()?, abort)
    }

    /// Connects to the engine at a place.
    ///
    /// # Errors
    /// As [`Engine::connect`].
    pub fn connect_to(endpoint: &Endpoint, abort: Arc<AtomicBool>) -> Result<Self, EngineError> {
        reachable(endpoint)?;
        let here = |error: &dyn fmt::Display| EngineError::Here(error.to_string());
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| here(&error))?;
        let no_engine = |why: String| EngineError::NoEngine {
            endpoint: endpoint.to_string(),
            why,
        };
        let greeting = async { tokio::time::timeout(GREETING, greet(endpoint)).await };
        let (docker, facts) = match runtime.block_on(greeting) {
            Err(_) => return Err(no_engine("it says nothing".to_owned())),
            Ok(Err(error)) => return Err(no_engine(EngineError::from(error).to_string())),
            Ok(Ok(greeted)) => greeted,
        };
        Ok(Self {
            docker,
            runtime: Arc::new(runtime),
            abort,
            endpoint: endpoint.clone(),
            facts,
        })
    }

    /// What it is.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Waits for a short call: it is let finish, so that what it makes is known.
    pub(crate) fn wait<T>(
        &self,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, EngineError> {
        let patience = Duration::from_secs(PATIENCE_S);
        let call = async { tokio::time::timeout(patience, call).await };
        let done = self.runtime.block_on(call);
        Ok(done.map_err(|_| EngineError::Gone("it took too long".to_owned()))??)
    }

    /// Waits for a long call, until everything is to stop.
    pub(crate) fn wait_unless_aborted<T>(
        &self,
        call: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let stop = async {
            while !self.abort.load(Ordering::Relaxed) {
                tokio::time::sleep(TURN).await;
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                done = call => done,
                () = stop => Err(EngineError::Interrupted),
            }
        })
    }
}

/// Connects, agrees on a version of the API, and asks who it is.
async fn greet(endpoint: &Endpoint) -> Result<(Docker, Facts), bollard::errors::Error> {
    let docker = match endpoint {
        Endpoint::Socket(path) => {
            let path = path.display().to_string();
            Docker::connect_with_unix(&path, PATIENCE_S, API_DEFAULT_VERSION)
        }
        Endpoint::Tcp(address) => {
            Docker::connect_with_http(address, PATIENCE_S, API_DEFAULT_VERSION)
        }
    };
    let docker = docker?.negotiate_version().await?;
    let version = docker.version().await?;
    let info = docker.info().await?;
    let mut components = version.components.iter().flatten();
    let podman = components.any(|component| component.name.contains("Podman"));
    let mut options = info.security_options.iter().flatten();
    let facts = Facts {
        name: if podman { "podman" } else { "docker" }.to_owned(),
        version: version.version.unwrap_or_default(),
        rootless: options.any(|option| option.contains("rootless")),
    };
    Ok((docker, facts))
}

/// Tells a missing socket from one that may not be used, which the client does not.
fn reachable(endpoint: &Endpoint) -> Result<(), EngineError> {
    let Endpoint::Socket(path) = endpoint else {
        return Ok(());
    };
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(EngineError::NoPermission {
                endpoint: endpoint.to_string(),
            })
        }
        Err(error) => Err(EngineError::NoEngine {
            endpoint: endpoint.to_string(),
            why: error.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    const VERSION: &str = r#"{"Platform":{"Name":""},"Components":[{"Name":"Podman Engine","Version":"4.3.1"}],"Version":"4.3.1","ApiVersion":"1.41"}"#;
    const INFO: &str = r#"{"SecurityOptions":["name=seccomp,profile=default","name=rootless"]}"#;

    /// An engine that answers so many requests and then closes.
    fn engine(path: &std::path::Path, answers: usize) -> thread::JoinHandle<()> {
        let listener = UnixListener::bind(path).unwrap();
        thread::spawn(move || {
            let mut left = answers;
            // The first connection only looks whether somebody is there.
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut text = String::new();
                let mut byte = [0];
                while stream.read(&mut byte).is_ok_and(|length| length == 1) {
                    text.push(char::from(byte[0]));
                    if !text.ends_with("\r\n\r\n") {
                        continue;
                    }
                    let body = if text.contains("/info ") {
                        INFO
                    } else {
                        VERSION
                    };
                    let head = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    stream.write_all((head + body).as_bytes()).unwrap();
                    text.clear();
                    left -= 1;
                    if left == 0 {
                        return;
                    }
                }
            }
        })
    }

    #[test]
    fn an_engine_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.sock");
        let served = engine(&path, 3);
        let engine = Engine::connect_to(&Endpoint::Socket(path), Arc::default()).unwrap();
        assert_eq!(engine.facts().to_string(), "podman 4.3.1");
        assert!(engine.facts().rootless);
        served.join().unwrap();
    }

    #[test]
    fn one_that_is_gone_is_told_from_one_that_was_never_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.sock");
        let endpoint = Endpoint::Socket(path.clone());
        let error = Engine::connect_to(&endpoint, Arc::default()).unwrap_err();
        assert!(matches!(error, EngineError::NoEngine { .. }), "{error}");
        let served = engine(&path, 3);
        let engine = Engine::connect_to(&endpoint, Arc::default()).unwrap();
        served.join().unwrap();
        let error = engine.image("python").unwrap_err();
        assert!(matches!(error, EngineError::Gone(_)), "{error}");
    }
}
