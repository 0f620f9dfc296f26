//! Containers: confined, and removed when their value is dropped.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use bollard::container::LogOutput;
use bollard::models::{
    ContainerCreateBody, ContainerUpdateBody, HealthConfig, HostConfig, HostConfigLogConfig,
    MountType, PortBinding,
};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
};
use futures_util::StreamExt;

use crate::engine::Engine;
use crate::error::EngineError;

/// A file or folder of this machine that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is here.
    pub source: PathBuf,
    /// Where it is there.
    pub target: PathBuf,
    /// Whether it can only be read.
    pub read_only: bool,
}

/// What a container has of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// A loopback interface of its own and nothing else.
    None,
    /// That of this machine.
    Host,
    /// One of its own; a port of it is reached at a port of this machine's 127.0.0.1.
    Published {
        /// The port in the container.
        inside: u16,
        /// The port of this machine.
        outside: u16,
    },
    /// That of another container, by its id.
    Of(String),
}

/// A container to be started. Whatever it is: no capability, no way to gain privileges, a root folder that cannot be
/// written to, and its output is kept up to a few MiB.
#[derive(Debug, Clone)]
pub struct ContainerSpec {
    /// Its image.
    pub image: String,
    /// The program and its arguments; `None` for what the image starts by itself.
    pub command: Option<Vec<String>>,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// Labels.
    pub labels: Labels,
    /// The user, as `uid:gid`; `None` for the image's.
    pub user: Option<String>,
    /// What it sees of this machine's files.
    pub mounts: Vec<Mount>,
    /// Folders in memory that it may write to.
    pub writable: Vec<String>,
    /// Its network.
    pub network: Network,
    /// The cores that it may use; `None` for all.
    pub cores: Option<Vec<usize>>,
    /// The most memory that it may use, in bytes.
    pub memory_bytes: u64,
    /// The most processes and threads.
    pub processes_max: u32,
}

/// How a container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Whether it runs.
    pub running: bool,
    /// The process id of its first process, as this machine sees it.
    pub pid: Option<u32>,
    /// How its first process ended.
    pub exit_code: Option<i64>,
    /// Whether the kernel ended a process of it for want of memory.
    pub out_of_memory: bool,
    /// What the engine says went wrong; may be empty.
    pub error: String,
}

/// Labels by their names.
pub type Labels = BTreeMap<String, String>;

/// A container. Dropping it ends and removes it.
#[derive(Debug)]
pub struct Container {
    engine: Engine,
    /// Its id.
    pub id: String,
}

/// Output beyond this is forgotten, oldest first.
const LOG_BYTES: &str = "4m";

impl Engine {
    /// Makes a container and starts it.
    ///
    /// # Errors
    /// The image is missing, something is refused, or the engine does not answer. Nothing is left then.
    pub fn start(&self, spec: &ContainerSpec) -> Result<Container, EngineError> {
        let created = self.wait(self.docker.create_container(None, body(spec)))?;
        let container = Container {
            engine: self.clone(),
            id: created.id,
        };
        self.wait(self.docker.start_container(&container.id, None))?;
        Ok(container)
    }

    /// Containers with this label, running or not: id and labels.
    ///
    /// # Errors
    /// The engine does not answer.
    pub fn containers_labelled(&self, label: &str) -> Result<Vec<(String, Labels)>, EngineError> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let found = self.wait(self.docker.list_containers(Some(options)))?;
        let pair = |one: bollard::models::ContainerSummary| {
            Some((
                one.id?,
                one.labels.unwrap_or_default().into_iter().collect(),
            ))
        };
        Ok(found.into_iter().filter_map(pair).collect())
    }

    /// Ends and removes a container. One that is gone, or is going, is fine.
    ///
    /// # Errors
    /// The engine does not answer.
    pub fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        match self.wait(self.docker.remove_container(id, Some(options))) {
            Err(error) if !(error.is_not_found() || error.is_conflict()) => Err(error),
            _ => Ok(()),
        }
    }
}

impl Container {
    /// How it is now.
    ///
    /// # Errors
    /// The engine does not answer, or it was removed.
    pub fn state(&self) -> Result<State, EngineError> {
        let seen = self
            .engine
            .wait(self.engine.docker.inspect_container(&self.id, None))?;
        let state = seen.state.unwrap_or_default();
        let pid = state.pid.and_then(|pid| u32::try_from(pid).ok());
        Ok(State {
            running: state.running.unwrap_or(false),
            pid: pid.filter(|pid| *pid > 0),
            exit_code: state.exit_code,
            out_of_memory: state.oom_killed.unwrap_or(false),
            error: state.error.unwrap_or_default(),
        })
    }

    /// What it has written: standard output and standard error, as they came; only the last `lines` if a number is
    /// given.
    ///
    /// # Errors
    /// The engine does not answer, or it was removed.
    pub fn log(&self, lines: Option<usize>) -> Result<(String, String), EngineError> {
        let tail = lines.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail(&tail)
            .build();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        self.engine.wait(async {
            let mut stream = Box::pin(self.engine.docker.logs(&self.id, Some(options)));
            while let Some(piece) = stream.next().await {
                match piece? {
                    LogOutput::StdErr { message } => err.extend_from_slice(&message),
                    LogOutput::StdOut { message } | LogOutput::Console { message } => {
                        out.extend_from_slice(&message);
                    }
                    LogOutput::StdIn { .. } => {}
                }
            }
            Ok(())
        })?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((text(out), text(err)))
    }

    /// Lets it use these cores only from now on.
    ///
    /// # Errors
    /// They may not be used, or the engine does not answer.
    pub fn bind(&self, cores: &[usize]) -> Result<(), EngineError> {
        let update = ContainerUpdateBody {
            cpuset_cpus: Some(cpuset(cores)),
            ..ContainerUpdateBody::default()
        };
        self.engine
            .wait(self.engine.docker.update_container(&self.id, update))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // What an engine that is gone leaves is found by its label at the next start.
        let _ = self.engine.remove_container(&self.id);
    }
}

fn cpuset(cores: &[usize]) -> String {
    let words: Vec<String> = cores.iter().map(usize::to_string).collect();
    words.join(",")
}

fn body(spec: &ContainerSpec) -> ContainerCreateBody {
    let (entrypoint, command) = match &spec.command {
        None => (None, None),
        Some(words) => (
            words.first().map(|program| vec![program.clone()]),
            Some(words.iter().skip(1).cloned().collect()),
        ),
    };
    let variables = spec
        .variables
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        entrypoint,
        cmd: command,
        env: Some(variables.collect()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        user: spec.user.clone(),
        // The engine would run it among the server's own processes.
        healthcheck: Some(HealthConfig {
            test: Some(vec!["NONE".to_owned()]),
            ..HealthConfig::default()
        }),
        exposed_ports: exposed(&spec.network).map(|port| vec![port]),
        host_config: Some(confined(spec)),
        ..ContainerCreateBody::default()
    }
}

fn exposed(network: &Network) -> Option<String> {
    match network {
        Network::Published { inside, .. } => Some(format!("{inside}/tcp")),
        _ => None,
    }
}

fn confined(spec: &ContainerSpec) -> HostConfig {
    let mounts = spec.mounts.iter().map(|mount| bollard::models::Mount {
        typ: Some(MountType::BIND),
        source: Some(mount.source.display().to_string()),
        target: Some(mount.target.display().to_string()),
        read_only: Some(mount.read_only),
        ..bollard::models::Mount::default()
    });
    let writable = spec.writable.iter().map(|folder| {
        (
            folder.clone(),
            "rw,nosuid,nodev,size=64m,mode=1777".to_owned(),
        )
    });
    let memory = i64::try_from(spec.memory_bytes).unwrap_or(i64::MAX);
    HostConfig {
        mounts: Some(mounts.collect()),
        tmpfs: Some(writable.collect()),
        network_mode: Some(network_mode(&spec.network)),
        port_bindings: bindings(&spec.network),
        cpuset_cpus: spec.cores.as_deref().map(cpuset),
        memory: Some(memory),
        // As much as the memory alone: no swap, which would be measured as slowness.
        memory_swap: Some(memory),
        pids_limit: Some(i64::from(spec.processes_max)),
        readonly_rootfs: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(HashMap::from([(
                "max-size".to_owned(),
                LOG_BYTES.to_owned(),
            )])),
        }),
        ..HostConfig::default()
    }
}

fn network_mode(network: &Network) -> String {
    match network {
        Network::None => "none".to_owned(),
        Network::Host => "host".to_owned(),
        Network::Published { .. } => "bridge".to_owned(),
        Network::Of(id) => format!("container:{id}"),
    }
}

fn bindings(network: &Network) -> Option<bollard::models::PortMap> {
    let Network::Published { outside, .. } = network else {
        return None;
    };
    let binding = PortBinding {
        host_ip: Some("127.0.0.1".to_owned()),
        host_port: Some(outside.to_string()),
    };
    Some(HashMap::from([(exposed(network)?, Some(vec![binding]))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(network: Network) -> ContainerSpec {
        ContainerSpec {
            image: "python:3.12".to_owned(),
            command: Some(vec!["python".to_owned(), "-V".to_owned()]),
            variables: vec![("A".to_owned(), "b=c".to_owned())],
            labels: BTreeMap::new(),
            user: Some("65534:65534".to_owned()),
            mounts: Vec::new(),
            writable: vec!["/tmp".to_owned()],
            network,
            cores: Some(vec![0, 2]),
            memory_bytes: 1 << 30,
            processes_max: 64,
        }
    }

    #[test]
    fn every_container_is_confined() {
        for network in [Network::None, Network::Host, Network::Of("abc".to_owned())] {
            let body = body(&spec(network));
            let host = body.host_config.unwrap();
            assert_eq!(host.readonly_rootfs, Some(true));
            assert_eq!(host.cap_drop.unwrap(), ["ALL"]);
            assert_eq!(host.security_opt.unwrap(), ["no-new-privileges"]);
            assert_eq!(host.memory, host.memory_swap);
            assert_eq!(host.cpuset_cpus.unwrap(), "0,2");
            assert!(host.port_bindings.is_none() && host.privileged.is_none());
            assert_eq!(body.entrypoint.unwrap(), ["python"]);
            assert_eq!(body.cmd.unwrap(), ["-V"]);
            assert_eq!(body.env.unwrap(), ["A=b=c"]);
        }
    }

    #[test]
    fn a_port_is_published_on_loopback_only() {
        let published = Network::Published {
            inside: 8000,
            outside: 40_001,
        };
        let ports = body(&spec(published)).host_config.unwrap().port_bindings;
        let bindings = ports.unwrap()["8000/tcp"].clone().unwrap();
        assert_eq!(bindings.len(), 1);
        assert_eq!(bindings[0].host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(bindings[0].host_port.as_deref(), Some("40001"));
    }
}
