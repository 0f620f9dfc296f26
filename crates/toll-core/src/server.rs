//! A server: how it is installed, started and bound. A table entry, no code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Source};
use crate::suggest;
use crate::wire;

/// An ASGI server as data. The texts of `command`, `bind_tcp`, `bind_unix` and `env` are templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name in suites.
    pub name: String,
    /// The distribution that is installed, and whose version is the server's version.
    pub distribution: String,
    /// What it needs besides, as requirements.
    pub requires: Vec<String>,
    /// What it needs to speak WebSocket. No part of a definition: the requirements of a series name it where it counts.
    #[serde(default, skip_serializing)]
    pub websocket_requires: Vec<String>,
    /// HTTP implementations, each with the requirements that it brings.
    pub http: BTreeMap<String, Vec<String>>,
    /// Event loops, each with the requirements that it brings.
    pub loops: BTreeMap<String, Vec<String>>,
    /// The HTTP implementation where a suite names none.
    pub default_http: String,
    /// The event loop where a suite names none.
    pub default_loop: String,
    /// The command that starts it, without its socket.
    pub command: Vec<String>,
    /// Arguments that are appended to bind it to a TCP port.
    pub bind_tcp: Vec<String>,
    /// Arguments that are appended to bind it to a unix socket.
    pub bind_unix: Vec<String>,
    /// How many processes it consists of once it runs.
    pub processes: u32,
    /// What its command switches off, such as the access log.
    pub switched_off: Vec<String>,
    /// Layers that it puts around the application as it is started here, as dotted classes.
    pub hidden_layers: Vec<String>,
    /// Environment variables that it is started with.
    pub env: BTreeMap<String, String>,
    /// Axis → value → what stands in its place; a value that is not named stands for itself.
    pub words: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// On a port.
    Tcp {
        /// The address: 127.0.0.1, but in a container with a network of its own.
        host: String,
        /// The port.
        port: u16,
    },
    /// On a unix socket.
    Unix {
        /// Path of the socket.
        socket: String,
    },
}

/// What stands in the places of a command's placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substitution {
    /// Path of the environment's interpreter.
    pub python: String,
    /// The HTTP implementation.
    pub http: String,
    /// The event loop.
    pub event_loop: String,
    /// Whether the lifespan protocol is spoken: `on`, `off` or `auto`.
    pub lifespan: String,
    /// Where it listens.
    pub bind: Bind,
}

/// The name of the server that an image of the user's own starts by itself.
pub const IMAGE: &str = "image";

impl Server {
    /// What an image of the user's own starts by itself: it is told nothing, so it has no choices and no command.
    pub fn of_image() -> Self {
        let only = || BTreeMap::from([("own".to_owned(), Vec::new())]);
        Self {
            name: IMAGE.to_owned(),
            distribution: IMAGE.to_owned(),
            requires: Vec::new(),
            websocket_requires: Vec::new(),
            http: only(),
            loops: only(),
            default_http: "own".to_owned(),
            default_loop: "own".to_owned(),
            command: Vec::new(),
            bind_tcp: Vec::new(),
            bind_unix: Vec::new(),
            processes: 1,
            switched_off: Vec::new(),
            hidden_layers: Vec::new(),
            env: BTreeMap::new(),
            words: BTreeMap::new(),
        }
    }

    /// The command and its arguments, ready to be started without a shell.
    pub fn command_line(&self, with: &Substitution) -> Vec<String> {
        let bind = match with.bind {
            Bind::Tcp { .. } => &self.bind_tcp,
            Bind::Unix { .. } => &self.bind_unix,
        };
        self.command
            .iter()
            .chain(bind)
            .map(|word| self.fill(word, with))
            .collect()
    }

    /// The environment variables that it is started with.
    pub fn environment(&self, with: &Substitution) -> Vec<(String, String)> {
        self.env
            .iter()
            .map(|(name, value)| (name.clone(), self.fill(value, with)))
            .collect()
    }

    /// The template with each placeholder replaced, from left to right and each once.
    fn fill(&self, template: &str, with: &Substitution) -> String {
        let (mut text, mut rest) = (String::new(), template);
        while let Some((before, name, after)) = next_placeholder(rest) {
            text.push_str(before);
            text.push_str(&self.value(name, with));
            rest = after;
        }
        text + rest
    }

    fn value(&self, name: &str, with: &Substitution) -> String {
        let value = match (name, &with.bind) {
            ("python", _) => &with.python,
            ("http", _) => &with.http,
            ("loop", _) => &with.event_loop,
            ("lifespan", _) => &with.lifespan,
            ("host", Bind::Tcp { host, .. }) => host,
            ("port", Bind::Tcp { port, .. }) => return port.to_string(),
            ("socket", Bind::Unix { socket }) => socket,
            // Refused when the server was read.
            _ => return format!("{{{name}}}"),
        };
        self.words
            .get(name)
            .and_then(|words| words.get(value))
            .unwrap_or(value)
            .clone()
    }
}

/// What is before the first placeholder, its name, and what is after it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Placeholders that every template knows.
const COMMON: [&str; 4] = ["python", "http", "loop", "lifespan"];
/// Axes whose values a server may have words of its own for.
const WORDED: [&str; 3] = ["http", "loop", "lifespan"];

/// Reads a `servers.toml`.
///
/// # Errors
/// Where and why it cannot be one.
pub fn parse(file_name: &str, text: &str) -> Result<BTreeMap<String, Server>, Diagnostic> {
    let source = Source {
        file: file_name,
        text,
    };
    let written: wire::data::Servers = wire::read(source)?;
    written
        .servers
        .into_iter()
        .map(|(name, one)| Ok((name.clone(), server(source, name, one)?)))
        .collect()
}

fn server(
    source: Source<'_>,
    name: String,
    written: wire::data::Server,
) -> Result<Server, Diagnostic> {
    let processes = u32::try_from(*written.processes.get_ref())
        .ok()
        .filter(|count| *count >= 1);
    let processes = processes.ok_or_else(|| {
        source.at(
            written.processes.span(),
            "a server consists of one process at least",
        )
    })?;
    let http = offers(source, &written.http)?;
    let loops = offers(source, &written.r#loop)?;
    let names = |offers: &BTreeMap<String, Vec<String>>| offers.keys().cloned().collect::<Vec<_>>();
    Ok(Server {
        name,
        distribution: source.requirement(&written.distribution)?,
        requires: source.requirements(&written.requires)?,
        websocket_requires: source.requirements(&written.websocket_requires)?,
        default_http: offered(source, &written.default_http, &names(&http))?,
        default_loop: offered(source, &written.default_loop, &names(&loops))?,
        http,
        loops,
        command: command(source, &written)?,
        bind_tcp: templates(source, &written.bind_tcp, &["host", "port"])?,
        bind_unix: templates(source, &written.bind_unix, &["socket"])?,
        processes,
        switched_off: written.switched_off,
        hidden_layers: written.hidden_layers,
        env: env(source, &written.env)?,
        words: words(source, written.words)?,
    })
}

fn offers(
    source: Source<'_>,
    written: &BTreeMap<String, Vec<Spanned<String>>>,
) -> Result<BTreeMap<String, Vec<String>>, Diagnostic> {
    written
        .iter()
        .map(|(name, requires)| Ok((name.clone(), source.requirements(requires)?)))
        .collect()
}

fn offered(
    source: Source<'_>,
    written: &Spanned<String>,
    names: &[String],
) -> Result<String, Diagnostic> {
    let name = written.get_ref();
    if names.contains(name) {
        return Ok(name.clone());
    }
    let help = suggest::allowed(name, "it is one of", names.iter().map(String::as_str));
    Err(source
        .at(
            written.span(),
            format!("the default `{name}` is not offered above"),
        )
        .help(help))
}

fn command(source: Source<'_>, written: &wire::data::Server) -> Result<Vec<String>, Diagnostic> {
    match written.command.get_ref().first() {
        Some(_) => templates(source, written.command.get_ref(), &[]),
        None => Err(source.at(written.command.span(), "the command is empty")),
    }
}

fn env(
    source: Source<'_>,
    written: &BTreeMap<String, Spanned<String>>,
) -> Result<BTreeMap<String, String>, Diagnostic> {
    templates(source, written.values(), &[])?;
    Ok(written
        .iter()
        .map(|(name, value)| (name.clone(), value.get_ref().clone()))
        .collect())
}

fn words(
    source: Source<'_>,
    written: wire::data::Words,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, Diagnostic> {
    for axis in written.keys() {
        source.one_of(axis, "axis", WORDED.map(|name| (name, ())))?;
    }
    Ok(written
        .into_iter()
        .map(|(axis, words)| (axis.into_inner(), words))
        .collect())
}

fn templates<'a>(
    source: Source<'_>,
    written: impl IntoIterator<Item = &'a Spanned<String>>,
    also: &[&str],
) -> Result<Vec<String>, Diagnostic> {
    let known: Vec<&str> = COMMON.iter().chain(also).copied().collect();
    let mut texts = Vec::new();
    for word in written {
        if let Some(name) = placeholders(word.get_ref())
            .into_iter()
            .find(|name| !known.contains(name))
        {
            let help = suggest::allowed(name, "the placeholders here are", known.iter().copied());
            return Err(source
                .at(word.span(), format!("unknown placeholder `{{{name}}}`"))
                .help(help));
        }
        texts.push(word.get_ref().clone());
    }
    Ok(texts)
}

/// The names in braces.
fn placeholders(mut text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some((_, name, after)) = next_placeholder(text) {
        names.push(name);
        text = after;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = r#"
        [servers.demo]
        distribution = "demo"
        http = { h11 = [] }
        loop = { asyncio = [] }
        default_http = "h11"
        default_loop = "asyncio"
        command = ["{python}", "-m", "demo", "--life={lifespan}/{http}", "{"]
        bind_tcp = ["127.0.0.1:{port}"]
        bind_unix = ["unix:{socket}"]
        processes = 1
        env = { DEMO_LOOP = "{loop}" }
        words = { lifespan = { off = "never" } }
    "#;

    fn filled(python: &str, lifespan: &str, bind: Bind) -> (Vec<String>, Vec<(String, String)>) {
        let servers = parse("servers.toml", SERVER).expect("the server is right");
        let [http, event_loop] = ["h11", "asyncio"].map(str::to_owned);
        let with = Substitution {
            python: python.to_owned(),
            http,
            event_loop,
            lifespan: lifespan.to_owned(),
            bind,
        };
        (
            servers["demo"].command_line(&with),
            servers["demo"].environment(&with),
        )
    }

    #[test]
    fn placeholders_are_replaced_and_the_socket_comes_last() {
        let (command, environment) = filled(
            "py",
            "on",
            Bind::Tcp {
                host: "127.0.0.1".to_owned(),
                port: 80,
            },
        );
        assert_eq!(
            command,
            ["py", "-m", "demo", "--life=on/h11", "{", "127.0.0.1:80"]
        );
        assert_eq!(
            environment,
            [("DEMO_LOOP".to_owned(), "asyncio".to_owned())]
        );
    }

    #[test]
    fn a_server_has_words_of_its_own() {
        let (command, _) = filled(
            "py",
            "off",
            Bind::Unix {
                socket: "/a".to_owned(),
            },
        );
        assert_eq!(command[3..], ["--life=never/h11", "{", "unix:/a"]);
    }

    #[test]
    fn what_was_filled_in_is_not_filled_again() {
        let (command, _) = filled(
            "/odd/{http}/python",
            "on",
            Bind::Tcp {
                host: "127.0.0.1".to_owned(),
                port: 80,
            },
        );
        assert_eq!(command[0], "/odd/{http}/python");
    }
}
