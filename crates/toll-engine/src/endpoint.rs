//! Where the engine listens: as the command-line programs find it.
//!
//! In this order: `DOCKER_HOST`; the context that `DOCKER_CONTEXT` or `currentContext` of Docker's `config.json`
//! names; the sockets of the system's and the user's own (rootless) Docker and Podman. The formats are those of
//! <https://docs.docker.com/engine/manage-resources/contexts/>.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// On a unix socket.
    Socket(PathBuf),
    /// On a TCP port of this machine, without encryption: host and port.
    Tcp(String),
}

/// Why it is not known where the engine is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No socket is there.
    #[error(
        "no container engine was found: there is none of {}; install Docker or Podman and start it, or name its socket with DOCKER_HOST=unix:///path",
        looked.join(", ")
    )]
    None {
        /// Where it was looked for.
        looked: Vec<String>,
    },
    /// The engine is on another machine, or spoken to in another way.
    #[error(
        "{source_name} names the container engine {host}, which is not on this machine's sockets or loopback; containers are measured on this machine only: set DOCKER_HOST=unix:///path"
    )]
    Elsewhere {
        /// What names it.
        source_name: String,
        /// What it names.
        host: String,
    },
    /// The context cannot be read.
    #[error(
        "the Docker context `{name}` cannot be read: {why}; `docker context ls` lists those that there are"
    )]
    Context {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Tcp(address) => f.write_str(address),
        }
    }
}

impl Endpoint {
    /// Where this user's engine is.
    ///
    /// # Errors
    /// See [`EndpointError`].
    pub fn find() -> Result<Self, EndpointError> {
        Surroundings::of_this_process().endpoint()
    }

    /// The same as a URL, to be read by [`Endpoint::parse`].
    pub fn url(&self) -> String {
        match self {
            Self::Socket(path) => format!("unix://{}", path.display()),
            Self::Tcp(address) => format!("tcp://{address}"),
        }
    }

    /// Reads `unix:///path` or `tcp://127.0.0.1:2375`; `source_name` says in errors who wrote it.
    ///
    /// # Errors
    /// [`EndpointError::Elsewhere`].
    pub fn parse(url: &str, source_name: &str) -> Result<Self, EndpointError> {
        let elsewhere = || EndpointError::Elsewhere {
            source_name: source_name.to_owned(),
            host: url.to_owned(),
        };
        if let Some(path) = url.strip_prefix("unix://") {
            return Ok(Self::Socket(PathBuf::from(path)));
        }
        let address = ["tcp://", "http://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
            .ok_or_else(elsewhere)?
            .trim_end_matches('/');
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let loopback = host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        if loopback {
            Ok(Self::Tcp(address.to_owned()))
        } else {
            Err(elsewhere())
        }
    }
}

/// What the search depends on.
#[derive(Debug, Default)]
struct Surroundings {
    docker_host: Option<String>,
    docker_context: Option<String>,
    /// Docker's folder of settings.
    config: Option<PathBuf>,
    /// Sockets in the order of looking.
    sockets: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints")]
    endpoints: std::collections::BTreeMap<String, MetaEndpoint>,
}

#[derive(Deserialize)]
struct MetaEndpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
}

/// The context that is no context: the default sockets.
const DEFAULT_CONTEXT: &str = "default";

impl Surroundings {
    fn of_this_process() -> Self {
        let text = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let set = |name: &str| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let home = env::home_dir();
        let config = set("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| home.as_ref().map(|home| home.join(".docker")));
        let runtime = set("XDG_RUNTIME_DIR").map(PathBuf::from);
        let sockets = [
            Some(PathBuf::from("/var/run/docker.sock")),
            runtime.as_ref().map(|folder| folder.join("docker.sock")),
            home.as_ref()
                .map(|home| home.join(".docker/run/docker.sock")),
            runtime
                .as_ref()
                .map(|folder| folder.join("podman/podman.sock")),
            Some(PathBuf::from("/run/podman/podman.sock")),
        ];
        Self {
            docker_host: text("DOCKER_HOST"),
            docker_context: text("DOCKER_CONTEXT"),
            config,
            sockets: sockets.into_iter().flatten().collect(),
        }
    }

    fn endpoint(&self) -> Result<Endpoint, EndpointError> {
        if let Some(host) = &self.docker_host {
            return Endpoint::parse(host, "DOCKER_HOST");
        }
        if let Some(name) = self.context() {
            let host = self.host_of(&name)?;
            return Endpoint::parse(&host, &format!("the Docker context `{name}`"));
        }
        let found = self.sockets.iter().find(|socket| socket.exists());
        found
            .map(|socket| Endpoint::Socket(socket.clone()))
            .ok_or_else(|| EndpointError::None {
                looked: self
                    .sockets
                    .iter()
                    .map(|socket| socket.display().to_string())
                    .collect(),
            })
    }

    /// The context that is chosen, unless it is the default.
    fn context(&self) -> Option<String> {
        let in_config = || {
            let text = fs::read_to_string(self.config.as_ref()?.join("config.json")).ok()?;
            serde_json::from_str::<Config>(&text).ok()?.current_context
        };
        let name = self.docker_context.clone().or_else(in_config)?;
        Some(name).filter(|name| !name.is_empty() && name != DEFAULT_CONTEXT)
    }

    fn host_of(&self, name: &str) -> Result<String, EndpointError> {
        let failed = |why: String| EndpointError::Context {
            name: name.to_owned(),
            why,
        };
        let config = self
            .config
            .as_deref()
            .unwrap_or_else(|| Path::new("/nonexistent"));
        let file = config
            .join("contexts/meta")
            .join(folder_of(name))
            .join("meta.json");
        let text = fs::read_to_string(&file)
            .map_err(|error| failed(format!("{}: {error}", file.display())))?;
        let meta: Meta = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let docker = meta
            .endpoints
            .get("docker")
            .and_then(|endpoint| endpoint.host.clone());
        docker.ok_or_else(|| failed("it names no Docker host".to_owned()))
    }
}

/// The folder of a context: the SHA-256 of its name.
fn folder_of(name: &str) -> String {
    let digits = |byte: &u8| {
        [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)] as char)
    };
    Sha256::digest(name.as_bytes())
        .iter()
        .flat_map(digits)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_context(name: &str, host: &str) -> (tempfile::TempDir, Surroundings) {
        let folder = tempfile::tempdir().unwrap();
        let meta = folder.path().join("contexts/meta").join(folder_of(name));
        fs::create_dir_all(&meta).unwrap();
        let text = format!(
            r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#
        );
        fs::write(meta.join("meta.json"), text).unwrap();
        let surroundings = Surroundings {
            config: Some(folder.path().to_owned()),
            sockets: vec![folder.path().to_owned()],
            ..Surroundings::default()
        };
        (folder, surroundings)
    }

    #[test]
    fn a_named_host_goes_before_a_context_and_that_before_the_sockets() {
        let (folder, mut around) = with_context("rootless", "unix:///run/user/1000/docker.sock");
        let socket = |path: &str| Ok(Endpoint::Socket(PathBuf::from(path)));
        assert_eq!(
            around.endpoint(),
            Ok(Endpoint::Socket(folder.path().to_owned()))
        );
        fs::write(
            folder.path().join("config.json"),
            r#"{"auths":{},"currentContext":"rootless"}"#,
        )
        .unwrap();
        assert_eq!(around.endpoint(), socket("/run/user/1000/docker.sock"));
        around.docker_context = Some("default".to_owned());
        assert_eq!(
            around.endpoint(),
            Ok(Endpoint::Socket(folder.path().to_owned()))
        );
        around.docker_host = Some("unix:///elsewhere.sock".to_owned());
        assert_eq!(around.endpoint(), socket("/elsewhere.sock"));
    }

    #[test]
    fn engines_on_other_machines_are_refused_with_who_named_them() {
        let (_folder, mut around) = with_context("far", "ssh://me@example.org");
        around.docker_context = Some("far".to_owned());
        let error = around.endpoint().unwrap_err().to_string();
        assert!(
            error.starts_with(
                "the Docker context `far` names the container engine ssh://me@example.org"
            ),
            "{error}"
        );
        around.docker_context = Some("gone".to_owned());
        let error = around.endpoint().unwrap_err().to_string();
        assert!(error.contains("`gone` cannot be read"), "{error}");
        for url in [
            "tcp://10.0.0.1:2375",
            "tcp://example.org:2375",
            "npipe:////./pipe/x",
        ] {
            assert!(Endpoint::parse(url, "DOCKER_HOST").is_err(), "{url}");
        }
        for url in [
            "tcp://127.0.0.1:2375",
            "tcp://localhost:2375",
            "tcp://[::1]:2375",
        ] {
            assert!(Endpoint::parse(url, "DOCKER_HOST").is_ok(), "{url}");
        }
    }

    #[test]
    fn a_context_lies_in_the_folder_of_its_digest() {
        // As `docker context create default-like` names it: `printf rootless | sha256sum`.
        let folder = folder_of("rootless");
        assert_eq!(folder.len(), 64);
        assert!(
            folder.starts_with("12b961af5feb3e9d39f93b2cefb9a1a944f18d02cca0cac2f04f5a982240605f"),
            "{folder}"
        );
    }

    #[test]
    fn where_there_is_none_the_places_are_named() {
        let around = Surroundings {
            sockets: vec![PathBuf::from("/nonexistent/docker.sock")],
            ..Surroundings::default()
        };
        let error = around.endpoint().unwrap_err().to_string();
        assert!(error.contains("/nonexistent/docker.sock"), "{error}");
    }
}
