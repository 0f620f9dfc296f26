//! Where the processes of a series live when it is measured in containers: one container for each program.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toll_core::settings::Containers;
use toll_engine::{ContainerSpec, Engine, Mount, Network};

use super::labels::RUN;
use super::owner::Owner;
use super::readable::Readable;
use super::running::{Contained, Keep};
use super::user::User;
use crate::serving::{Door, Home, Launch, Running, StartError};

/// The most processes and threads of a container; a server has a few dozen.
const PROCESSES_MAX: u32 = 512;
/// Where the folders that a program uses are in its container.
const INSIDE: &str = "/asgi-toll";
/// Where programs may write: in memory, and forgotten with the container.
const SCRATCH: &str = "/tmp";

/// What containers are made of.
#[derive(Debug, Clone)]
pub struct Lodging {
    /// The engine.
    pub engine: Engine,
    /// What the run says of its containers.
    pub containers: Containers,
    /// What they read of this machine.
    pub readable: Arc<Readable>,
}

/// A home in containers.
#[derive(Debug, Clone)]
pub struct ContainerHome {
    lodging: Lodging,
    image: String,
    /// Whether the image names a user of its own, who is not root.
    own_user: bool,
    user: User,
    owner: Owner,
}

impl ContainerHome {
    /// A home for the series of one image; `own_user` says that it names a user of its own, who is not root.
    pub fn new(lodging: Lodging, image: String, own_user: bool) -> Self {
        Self {
            image,
            own_user,
            user: User::of(lodging.engine.facts()),
            owner: Owner::this_process(),
            lodging,
        }
    }

    /// Each folder that it uses, and what it is in the container: a path without folders of ours above it, which the
    /// container's user might not be let into.
    fn folders(&self, launch: &Launch) -> io::Result<Vec<Folder>> {
        let mut folders = Vec::new();
        for (number, here) in launch.reads.iter().enumerate() {
            let source = if self.user.is_other() {
                self.lodging.readable.copy_of(here)?
            } else {
                here.clone()
            };
            folders.push(Folder {
                here: here.clone(),
                mount: mount(source, &number.to_string(), true),
            });
        }
        folders.extend(shared(&launch.door).map(|here| Folder {
            here: here.to_owned(),
            mount: mount(here.to_owned(), "shared", false),
        }));
        Ok(folders)
    }

    fn spec(&self, launch: &Launch, folders: &[Folder]) -> ContainerSpec {
        let inside = |text: &String| {
            folders
                .iter()
                .fold(text.clone(), |text, folder| folder.inside(&text))
        };
        let variables = launch
            .variables
            .iter()
            .map(|(name, value)| (name.clone(), inside(value)));
        let home = ("HOME".to_owned(), SCRATCH.to_owned());
        ContainerSpec {
            image: self.image.clone(),
            command: Some(launch.words.iter().map(inside).collect())
                .filter(|words: &Vec<_>| !words.is_empty()),
            variables: variables.chain([home]).collect(),
            labels: BTreeMap::from([(RUN.to_owned(), self.owner.to_string())]),
            user: Some(self.user.name()).filter(|_| !self.own_user),
            mounts: folders.iter().map(|folder| folder.mount.clone()).collect(),
            writable: vec![SCRATCH.to_owned()],
            network: network(&launch.door),
            cores: launch.core.map(|core| vec![core]),
            memory_bytes: (self.lodging.containers.memory_mib << 20) * launch.cells as u64,
            processes_max: PROCESSES_MAX,
        }
    }
}

/// What a container needs of the network.
fn network(door: &Door) -> Network {
    match door {
        Door::Published { inside, outside } => Network::Published {
            inside: *inside,
            outside: *outside,
        },
        Door::Port(_) => Network::Host,
        Door::Socket(_) => Network::None,
    }
}

impl Home for ContainerHome {
    fn start(&self, launch: Launch) -> Result<Box<dyn Running>, StartError> {
        if let Some(folder) = shared(&launch.door) {
            self.user.give(folder).map_err(StartError::Folders)?;
        }
        let folders = self.folders(&launch).map_err(StartError::Folders)?;
        let container = self.lodging.engine.start(&self.spec(&launch, &folders))?;
        let keep = Keep {
            core: launch.core,
            socket: launch.door.socket().cloned(),
            log: launch.log,
            memory_mib: self.lodging.containers.memory_mib,
        };
        Ok(Box::new(Contained::new(container, keep)?))
    }
}

/// The folder that a container shares with this machine for its socket.
fn shared(door: &Door) -> Option<&Path> {
    door.socket().and_then(|socket| socket.parent())
}

fn mount(source: PathBuf, name: &str, read_only: bool) -> Mount {
    Mount {
        source,
        target: Path::new(INSIDE).join(name),
        read_only,
    }
}

/// A folder of this machine that a program uses.
struct Folder {
    /// As the program is told of it.
    here: PathBuf,
    mount: Mount,
}

impl Folder {
    /// The text with what the folder is in the container.
    fn inside(&self, text: &str) -> String {
        let here = self.here.display().to_string();
        text.replace(&here, &self.mount.target.display().to_string())
    }
}
