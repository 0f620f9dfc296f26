//! `provisioner`: whether environments are virtualenvs or images, and which ways to a server follow from that.

use toml::Spanned;

use crate::diagnostic::{Diagnostic, Source};
use crate::load_tool::LoadTool;
use crate::settings::{Containers, Transport};
use crate::wire::suite::{File, Measure};

/// The provisioners by their names.
pub const PROVISIONERS: [&str; 2] = ["uv", "docker"];

/// Every way to a server by its name, and whether it leads into containers and to processes.
const WAYS: [(&str, Way); 4] = [
    ("tcp", Way::new(Transport::Tcp, true, false)),
    ("unix", Way::new(Transport::Unix, true, true)),
    ("host", Way::new(Transport::Host, false, true)),
    ("published", Way::new(Transport::Published, false, true)),
];

#[derive(Debug, Clone, Copy)]
struct Way {
    transport: Transport,
    to_processes: bool,
    to_containers: bool,
}

impl Way {
    const fn new(transport: Transport, to_processes: bool, to_containers: bool) -> Self {
        Self {
            transport,
            to_processes,
            to_containers,
        }
    }
}

/// What is said of containers, if the environments are images.
pub(super) fn containers(
    source: Source<'_>,
    file: &File,
    instead: Option<&str>,
) -> Result<Option<Containers>, Diagnostic> {
    let head = file.suite.get_ref();
    let names = PROVISIONERS.map(|name| (name, name));
    let written = head.provisioner.as_ref();
    let written = written
        .map(|written| source.one_of(written, "provisioner", names))
        .transpose()?;
    let is_docker = instead.or(written) == Some(PROVISIONERS[1]);
    let mut containers = Containers::default();
    if let Some(image) = &head.base_image {
        containers.base_image = base_image(source, image)?;
    }
    Ok(Some(containers).filter(|_| is_docker))
}

fn base_image(source: Source<'_>, written: &Spanned<String>) -> Result<String, Diagnostic> {
    let name = written.get_ref().trim();
    let rest = name.replace("{python}", "3");
    if name.is_empty() || rest.contains(|c: char| c.is_whitespace() || c == '{' || c == '}') {
        let message = format!("`{}` is no name of an image", written.get_ref());
        let help =
            "write a name such as \"python:{python}-slim\"; {python} is the only placeholder";
        return Err(source.at(written.span(), message).help(help));
    }
    Ok(name.to_owned())
}

/// The way to the servers: the suite's, else what suits where they are and who sends the load.
pub(super) fn transport(
    source: Source<'_>,
    measure: &Measure,
    in_containers: bool,
    tool: Option<&LoadTool>,
) -> Result<Transport, Diagnostic> {
    let Some(written) = &measure.transport else {
        return Ok(match (in_containers, tool) {
            (false, _) => Transport::Tcp,
            (true, None) => Transport::Unix,
            (true, Some(_)) => Transport::Published,
        });
    };
    let way = source.one_of(written, "transport", WAYS)?;
    let fits = |way: &Way| {
        if in_containers {
            way.to_containers
        } else {
            way.to_processes
        }
    };
    if !fits(&way) {
        let known: Vec<&str> = WAYS
            .iter()
            .filter(|(_, way)| fits(way))
            .map(|(name, _)| *name)
            .collect();
        let (what, provisioner) = if in_containers {
            ("does not lead into a container", "docker")
        } else {
            ("is for containers only", "uv")
        };
        let message = format!("transport `{}` {what}", written.get_ref());
        let help = format!(
            "with provisioner = \"{provisioner}\" it is one of {}",
            known.join(", ")
        );
        return Err(source.at(written.span(), message).help(help));
    }
    Ok(way.transport)
}
