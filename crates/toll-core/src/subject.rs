//! A subject: a framework under test, as data plus a Python file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Source};
use crate::requirement;
use crate::suggest;
use crate::wire;
use crate::workload::{BodyCheck, Protocol, Workload};

/// A framework under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name in suites, and the name of its folder.
    pub name: String,
    /// The distribution that is installed, and whose version is the framework's version; empty for an image.
    pub distribution: String,
    /// The port on which its image listens, where its folder has a `Dockerfile` and no `app.py`: then nothing is installed,
    /// and all that the server in it is told is the number of middlewares, in `NUM_MIDDLEWARES`.
    pub port: Option<u16>,
    /// What it needs besides, as requirements.
    pub requires: Vec<String>,
    /// Whether it speaks the lifespan protocol: `on`, `off` or `auto`.
    pub lifespan: String,
    /// The middleware kinds that it offers.
    pub kinds: BTreeMap<String, Kind>,
    /// Workloads that it cannot answer, each with the reason.
    pub not_applicable: BTreeMap<String, String>,
}

impl Subject {
    /// Adds kinds that every subject has; a kind of its own with the same name stays.
    pub fn add_kinds(&mut self, shared: &BTreeMap<String, Kind>) {
        // Whoever makes an image makes its layers.
        if self.port.is_some() {
            return;
        }
        for (name, kind) in shared {
            self.kinds
                .entry(name.clone())
                .or_insert_with(|| kind.clone());
        }
    }

    /// Why `workload` cannot be sent to this subject with layers of `kind`, if it cannot.
    pub fn refusal(&self, kind: &Kind, workload: &Workload) -> Option<String> {
        if workload.images_only && self.port.is_none() {
            return Some(format!("{} is for images of one's own", workload.name));
        }
        self.not_applicable
            .get(&workload.name)
            .cloned()
            .or_else(|| kind.refusal(workload))
    }
}

/// A middleware kind of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// How the framework calls it.
    pub style: Style,
    /// What each layer leaves behind so that it can be counted.
    pub mark: Mark,
    /// What it is, in one line.
    pub about: String,
    /// Address of the documentation that recommends it; may be empty.
    pub docs: String,
    /// What it needs besides, as requirements.
    pub requires: Vec<String>,
    /// The kinds of connections that its layers see.
    pub scopes: Vec<Protocol>,
    /// Whether its layers are ASGI applications around one another, so that one can look between them.
    pub asgi: bool,
    /// By workload, the header that at least one layer puts into the answer.
    pub proves: BTreeMap<String, String>,
}

impl Kind {
    fn refusal(&self, workload: &Workload) -> Option<String> {
        if !self.scopes.contains(&workload.protocol) {
            return Some(format!(
                "its layers do not see {} connections",
                workload.protocol.name()
            ));
        }
        let counts_in_body = self.mark == Mark::JsonCount && workload.check != BodyCheck::JsonCount;
        counts_in_body.then(|| {
            format!(
                "its layers count themselves in the JSON body, which {} does not have",
                workload.name
            )
        })
    }
}

/// How the framework calls a middleware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Layers around one another.
    Layer,
    /// Functions in a list, called before or after the handler.
    Hook,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 2] = [Self::Layer, Self::Hook];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Hook => "hook",
        }
    }
}

/// What each layer leaves behind so that it can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// The layer `i` adds the response header `x-toll-<i>`.
    Header,
    /// Each layer adds one to `count` in the JSON body.
    JsonCount,
    /// Nothing that the answer shows: the layers are counted in the application once it is built.
    Stack,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Self; 3] = [Self::Header, Self::JsonCount, Self::Stack];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::JsonCount => "json-count",
            Self::Stack => "stack",
        }
    }
}

const LIFESPANS: [&str; 3] = ["on", "off", "auto"];

/// Reads a `subject.toml`.
///
/// # Errors
/// Where and why it cannot be one.
pub fn parse(file_name: &str, text: &str) -> Result<Subject, Diagnostic> {
    let source = Source {
        file: file_name,
        text,
    };
    let written: wire::data::Subject = wire::read(source)?;
    let (distribution, port) = origin(source, &written)?;
    check_name(source, &written.name)?;
    if written.kinds.get_ref().is_empty() {
        return Err(source
            .at(written.kinds.span(), "there is no middleware kind")
            .help("add a table `[kinds.native]`"));
    }
    let mut kinds = BTreeMap::new();
    for (name, written) in written.kinds.into_inner() {
        kinds.insert(name, kind(source, written)?);
    }
    Ok(Subject {
        lifespan: lifespan(source, written.lifespan.as_ref(), port)?,
        name: written.name.into_inner(),
        distribution,
        port,
        requires: source.requirements(&written.requires)?,
        kinds,
        not_applicable: written.not_applicable,
    })
}

/// Reads a `kinds.toml`: the kinds that every subject has.
///
/// # Errors
/// Where and why it cannot be one.
pub fn parse_kinds(file_name: &str, text: &str) -> Result<BTreeMap<String, Kind>, Diagnostic> {
    let source = Source {
        file: file_name,
        text,
    };
    let written: wire::data::Kinds = wire::read(source)?;
    written
        .kinds
        .into_iter()
        .map(|(name, written)| Ok((name, kind(source, written)?)))
        .collect()
}

/// What is installed, or the port of an image.
fn origin(
    source: Source<'_>,
    written: &wire::data::Subject,
) -> Result<(String, Option<u16>), Diagnostic> {
    match (&written.distribution, &written.port) {
        (Some(distribution), None) => Ok((source.requirement(distribution)?, None)),
        (None, Some(port)) => match u16::try_from(*port.get_ref()) {
            Ok(number) if number > 0 => Ok((String::new(), Some(number))),
            _ => Err(source.at(port.span(), "a port lies between 1 and 65535")),
        },
        (Some(_), Some(port)) => {
            let message = "`distribution` and `port` do not go together";
            Err(source.at(port.span(), message).help(
                "a `port` is for a folder with a Dockerfile, which installs what it needs by itself",
            ))
        }
        (None, None) => {
            let message = "there is neither a `distribution` nor a `port`";
            Err(source.at(written.name.span(), message).help(
                "name the distribution that is installed, or the port on which the image of the folder's Dockerfile listens",
            ))
        }
    }
}

/// An image looks after its lifespan by itself.
fn lifespan(
    source: Source<'_>,
    written: Option<&toml::Spanned<String>>,
    port: Option<u16>,
) -> Result<String, Diagnostic> {
    match written {
        Some(written) => {
            let known = LIFESPANS.map(|name| (name, name));
            source.one_of(written, "lifespan", known).map(str::to_owned)
        }
        None if port.is_some() => Ok("off".to_owned()),
        None => Err(
            Diagnostic::whole(source.file, "the key `lifespan` is missing")
                .help("write lifespan = \"on\", \"off\" or \"auto\""),
        ),
    }
}

/// The name is the name of a folder and a value on an axis.
fn check_name(source: Source<'_>, written: &toml::Spanned<String>) -> Result<(), Diagnostic> {
    let name = written.get_ref();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain) {
        return Ok(());
    }
    Err(source
        .at(written.span(), format!("`{name}` is no name for a subject"))
        .help("small letters, digits and `-`, as its folder is named"))
}

fn kind(source: Source<'_>, written: wire::data::Kind) -> Result<Kind, Diagnostic> {
    Ok(Kind {
        style: source.one_of(
            &written.style,
            "style",
            Style::ALL.map(|style| (style.name(), style)),
        )?,
        mark: source.one_of(
            &written.mark,
            "mark",
            Mark::ALL.map(|mark| (mark.name(), mark)),
        )?,
        about: written.about,
        docs: written.docs,
        requires: source.requirements(&written.requires)?,
        scopes: scopes(source, &written.scopes)?,
        asgi: written.asgi,
        proves: written.proves,
    })
}

/// What is written, or HTTP alone.
fn scopes(
    source: Source<'_>,
    written: &[toml::Spanned<String>],
) -> Result<Vec<Protocol>, Diagnostic> {
    if written.is_empty() {
        return Ok(vec![Protocol::Http]);
    }
    written
        .iter()
        .map(|one| source.one_of(one, "scope", Protocol::NAMED))
        .collect()
}

impl Source<'_> {
    /// The value whose name is written, or what the names are.
    pub(crate) fn one_of<'n, T: Copy>(
        &self,
        written: &toml::Spanned<String>,
        what: &str,
        values: impl AsRef<[(&'n str, T)]>,
    ) -> Result<T, Diagnostic> {
        let (name, values) = (written.get_ref(), values.as_ref());
        values
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let help =
                    suggest::allowed(name, "it is one of", values.iter().map(|(known, _)| *known));
                self.at(written.span(), format!("unknown {what} `{name}`"))
                    .help(help)
            })
    }

    /// Checks one requirement.
    pub(crate) fn requirement(
        &self,
        written: &toml::Spanned<String>,
    ) -> Result<String, Diagnostic> {
        match requirement::fault(written.get_ref()) {
            None => Ok(written.get_ref().clone()),
            Some(fault) => Err(self
                .at(written.span(), format!("`{}` is no requirement: {fault}", written.get_ref()))
                .help("write the name of a distribution, with its version if need be: \"anyio==4.16.0\"")),
        }
    }

    /// Checks a list of requirements.
    pub(crate) fn requirements(
        &self,
        written: &[toml::Spanned<String>],
    ) -> Result<Vec<String>, Diagnostic> {
        written.iter().map(|one| self.requirement(one)).collect()
    }
}
