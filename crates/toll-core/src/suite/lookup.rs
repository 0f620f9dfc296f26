//! Names of a suite → entries of the catalogue.

use std::collections::BTreeMap;

use super::ServerRequest;
use super::series::{Choice, Combination, Reader};
use crate::diagnostic::Diagnostic;
use crate::requirement;
use crate::server::{IMAGE, Server};
use crate::subject::{Kind, Subject};
use crate::suggest;
use crate::wire::suite::SERVERS_OWN;
use crate::workload::Workload;

impl Reader<'_> {
    pub(super) fn subject(&self, written: &Choice) -> Result<&Subject, Diagnostic> {
        let subjects = &self.catalogue.subjects;
        subjects.get(&written.text).ok_or_else(|| {
            let names = subjects.keys().map(String::as_str);
            let help = suggest::allowed(&written.text, "there are", names);
            self.unknown(written, "framework").help(format!(
                "{help}; to add one, put a folder {}/ with subject.toml and app.py in `subjects/` beside the suite",
                written.text
            ))
        })
    }

    pub(super) fn server(&self, written: &Choice) -> Result<(ServerRequest, &Server), Diagnostic> {
        let (name, rest) = requirement::split(&written.text);
        let servers = &self.catalogue.servers;
        let named = servers.get(name).filter(|_| name != IMAGE);
        let Some(server) = named else {
            let names = servers.keys().map(String::as_str);
            let help = suggest::allowed(name, "there are", names.filter(|name| *name != IMAGE));
            let message = format!("unknown server `{name}`");
            return Err(self.source.at(written.span.clone(), message).help(help));
        };
        let version = rest.strip_prefix("==").map(str::trim);
        if !rest.is_empty() && !version.is_some_and(requirement::is_version) {
            let message = format!("`{rest}` is no version");
            let help = format!(
                "write \"{name}\" for the latest, or one version such as \"{name}==1.0.0\""
            );
            return Err(self.source.at(written.span.clone(), message).help(help));
        }
        Ok((
            ServerRequest {
                name: name.to_owned(),
                version: version.map(str::to_owned),
            },
            server,
        ))
    }

    /// The server of a subject: the one that is written, or the one in its image.
    pub(super) fn server_of(
        &self,
        subject: &Subject,
        written: &Choice,
    ) -> Result<(ServerRequest, &Server), Diagnostic> {
        let own = self.catalogue.servers.get(IMAGE);
        match own.filter(|_| subject.port.is_some()) {
            None => self.server(written),
            Some(server) => Ok((
                ServerRequest {
                    name: IMAGE.to_owned(),
                    version: None,
                },
                server,
            )),
        }
    }

    /// The HTTP implementation or the loop: what is written, if this server has it, or its default.
    pub(super) fn offered(
        &self,
        chosen: &Combination<'_>,
        axis: &str,
        server: &str,
        (offers, default): (&BTreeMap<String, Vec<String>>, &str),
    ) -> Result<String, Diagnostic> {
        let written = chosen[axis];
        if written.text == SERVERS_OWN {
            return Ok(default.to_owned());
        }
        if offers.contains_key(&written.text) {
            return Ok(written.text.clone());
        }
        let message = format!(
            "the server `{server}` does not offer {axis} = \"{}\"",
            written.text
        );
        let help = suggest::allowed(
            &written.text,
            "it offers",
            offers.keys().map(String::as_str),
        );
        Err(self.source.at(written.span.clone(), message).help(help))
    }

    /// The kind of that name; `None` where this framework lacks it and another one of the same list
    /// has it.
    pub(super) fn kind<'s>(
        &self,
        written: &Choice,
        subject: &'s Subject,
        frameworks: &[Choice],
    ) -> Result<Option<&'s Kind>, Diagnostic> {
        if let Some(kind) = subject.kinds.get(&written.text) {
            return Ok(Some(kind));
        }
        let elsewhere = frameworks
            .iter()
            .filter_map(|framework| self.catalogue.subjects.get(&framework.text))
            .any(|other| other.kinds.contains_key(&written.text));
        if elsewhere {
            return Ok(None);
        }
        let message = format!(
            "the framework `{}` has no middleware kind `{}`",
            subject.name, written.text
        );
        let help = suggest::allowed(
            &written.text,
            "it has",
            subject.kinds.keys().map(String::as_str),
        );
        Err(self.source.at(written.span.clone(), message).help(help))
    }

    pub(super) fn workload(&self, written: &Choice) -> Result<&Workload, Diagnostic> {
        let workloads = &self.catalogue.workloads;
        workloads.get(&written.text).ok_or_else(|| {
            let names = workloads.keys().map(String::as_str);
            let help = suggest::allowed(&written.text, "there are", names);
            self.unknown(written, "workload").help(help)
        })
    }

    pub(super) fn unknown(&self, written: &Choice, what: &str) -> Diagnostic {
        self.source.at(
            written.span.clone(),
            format!("unknown {what} `{}`", written.text),
        )
    }
}
