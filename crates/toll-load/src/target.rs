//! Where the load goes.

use crate::TargetError;
use crate::request::is_request_target;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A server and a path on it.
///
/// Written as `http://host[:port][/path]` (IPv6 addresses in brackets), or for a unix socket as `unix:/run/x.sock`
/// with an optional `:/path` behind it. The spellings of other tools for unix sockets are understood too:
/// `http://unix:/run/x.sock:/path` (nginx) and `http+unix://%2Frun%2Fx.sock/path` (Python's HTTP clients). With `ws` in
/// the place of `http` it is a WebSocket: messages are sent, and their echoes awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    protocol: Protocol,
    address: Address,
    host: String,
    path: String,
}

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Requests and answers of HTTP/1.1.
    #[default]
    Http,
    /// Messages and their echoes (RFC 6455).
    WebSocket,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// Everything that the name resolves to; the first that answers is used.
    Tcp(Vec<SocketAddr>),
    Unix(PathBuf),
}

impl Target {
    /// Reads a target as a person writes it. Host names are resolved here, once.
    ///
    /// # Errors
    /// [`TargetError`] says which part is not understood and how to write it.
    pub fn parse(url: &str) -> Result<Target, TargetError> {
        let plain = url.split('#').next().unwrap_or(url);
        if plain.starts_with("https://") || plain.starts_with("wss://") {
            return Err(TargetError::Tls(url.into()));
        }
        let (protocol, plain) = match plain.strip_prefix("ws") {
            Some(rest) if rest.starts_with("://") || rest.starts_with("+unix://") => {
                (Protocol::WebSocket, format!("http{rest}"))
            }
            _ => (Protocol::Http, plain.to_owned()),
        };
        let target = if let Some(rest) = plain.strip_prefix("http+unix://") {
            if rest.starts_with('/') {
                socket(rest)
            } else {
                encoded_socket(rest)
            }
        } else if let Some(rest) = plain
            .strip_prefix("http://unix:")
            .or_else(|| plain.strip_prefix("unix:"))
        {
            socket(rest)
        } else if let Some(rest) = plain.strip_prefix("http://") {
            tcp(rest)
        } else {
            Err(TargetError::Scheme(url.into()))
        }?;
        if is_request_target(&target.path) {
            Ok(target.speaking(protocol))
        } else {
            Err(TargetError::Path(target.path))
        }
    }

    /// A TCP address, with the path `/`.
    pub fn tcp(address: SocketAddr) -> Target {
        Target {
            protocol: Protocol::Http,
            address: Address::Tcp(vec![address]),
            host: address.to_string(),
            path: "/".into(),
        }
    }

    /// A unix socket, with the path `/` and the host `localhost`.
    pub fn unix(socket: impl Into<PathBuf>) -> Target {
        Target {
            protocol: Protocol::Http,
            address: Address::Unix(socket.into()),
            host: "localhost".into(),
            path: "/".into(),
        }
    }

    /// The same server with another path.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Target {
        self.path = path.into();
        self
    }

    /// The same server, spoken to in another way.
    #[must_use]
    pub fn speaking(mut self, protocol: Protocol) -> Target {
        self.protocol = protocol;
        self
    }

    /// What is spoken there.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The path with its query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of the `Host` header.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the load stays on this machine: a unix socket, or only loopback addresses.
    pub fn is_loopback(&self) -> bool {
        match &self.address {
            Address::Tcp(addresses) => addresses.iter().all(|address| address.ip().is_loopback()),
            Address::Unix(_) => true,
        }
    }

    /// The addresses of a TCP target, in the order in which they are tried; empty for a unix socket.
    pub fn addresses(&self) -> &[SocketAddr] {
        match &self.address {
            Address::Tcp(addresses) => addresses,
            Address::Unix(_) => &[],
        }
    }

    /// The file of a unix socket.
    pub fn socket(&self) -> Option<&Path> {
        match &self.address {
            Address::Tcp(_) => None,
            Address::Unix(socket) => Some(socket),
        }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(url: &str) -> Result<Target, TargetError> {
        Target::parse(url)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tcp, unix) = match self.protocol {
            Protocol::Http => ("http://", "unix:"),
            Protocol::WebSocket => ("ws://", "ws+unix://"),
        };
        match &self.address {
            Address::Tcp(_) => write!(f, "{tcp}{}{}", self.host, self.path),
            Address::Unix(socket) => write!(f, "{unix}{}:{}", socket.display(), self.path),
        }
    }
}

/// `/run/x.sock[:/path]`, with an optional `//` in front.
fn socket(rest: &str) -> Result<Target, TargetError> {
    let rest = rest
        .strip_prefix("//")
        .filter(|inner| inner.starts_with('/'))
        .unwrap_or(rest);
    let (file, path) = match rest.split_once(":/") {
        Some((file, path)) => (file, format!("/{path}")),
        None => (rest, "/".into()),
    };
    unix_target(file, path)
}

/// `%2Frun%2Fx.sock[/path]`.
fn encoded_socket(rest: &str) -> Result<Target, TargetError> {
    let (file, path) = match rest.split_once('/') {
        Some((file, path)) => (file, format!("/{path}")),
        None => (rest, "/".into()),
    };
    let file = percent_decoded(file).ok_or_else(|| TargetError::Socket(rest.into()))?;
    unix_target(&file, path)
}

fn unix_target(file: &str, path: String) -> Result<Target, TargetError> {
    if file.is_empty() || Path::new(file).file_name().is_none() {
        return Err(TargetError::Socket(file.into()));
    }
    Ok(Target::unix(file).with_path(path))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push((high * 16 + low) as u8);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

fn tcp(rest: &str) -> Result<Target, TargetError> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = if path.starts_with('/') {
        path.into()
    } else {
        format!("/{path}")
    };
    let (host, port) =
        host_and_port(authority).ok_or_else(|| TargetError::Authority(authority.into()))?;
    let resolved = (host, port)
        .to_socket_addrs()
        .map_err(|source| TargetError::Resolve {
            host: host.into(),
            source,
        })?;
    let addresses: Vec<SocketAddr> = resolved.collect();
    if addresses.is_empty() {
        return Err(TargetError::Authority(authority.into()));
    }
    Ok(Target {
        protocol: Protocol::Http,
        address: Address::Tcp(addresses),
        host: authority.into(),
        path,
    })
}

fn host_and_port(authority: &str) -> Option<(&str, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            (
                host,
                if after.is_empty() {
                    None
                } else {
                    Some(after.strip_prefix(':')?)
                },
            )
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let usable = !host.is_empty() && host.bytes().all(|byte| byte > b' ' && byte != b'@');
    let port = port.map_or(Some(80), |port| port.parse().ok())?;
    usable.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcp_targets() {
        let target = Target::parse("http://127.0.0.1:8000/a?b=c#d").unwrap();
        assert_eq!((target.host(), target.path()), ("127.0.0.1:8000", "/a?b=c"));
        assert!(target.is_loopback());
        assert_eq!(
            Target::parse("http://[::1]:81").unwrap().to_string(),
            "http://[::1]:81/"
        );
        assert_eq!(Target::parse("http://127.0.0.1?q").unwrap().path(), "/?q");
        assert!(!Target::parse("http://192.0.2.1:80/").unwrap().is_loopback());
    }

    #[test]
    fn every_spelling_of_a_unix_socket() {
        let expected = Target::unix("/run/x.sock").with_path("/p?q");
        for url in [
            "unix:/run/x.sock:/p?q",
            "unix:///run/x.sock:/p?q",
            "http://unix:/run/x.sock:/p?q",
            "http+unix://%2Frun%2Fx.sock/p?q",
            "http+unix:///run/x.sock:/p?q",
        ] {
            assert_eq!(Target::parse(url).unwrap(), expected, "{url}");
        }
        assert_eq!(
            Target::parse("unix:/run/x.sock").unwrap(),
            Target::unix("/run/x.sock")
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for url in [
            "127.0.0.1:80",
            "https://127.0.0.1/",
            "http://",
            "http://:80/",
            "http://127.0.0.1:99999/",
            "http://user@127.0.0.1/",
            "http://[::1/",
            "unix:",
            "http+unix://%zz/",
            "http://127.0.0.1/a b",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
