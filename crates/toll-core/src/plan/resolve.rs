//! One series of a suite → one series of a plan.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Apart, LATEST, SeriesPlan, digest};
use crate::axes;
use crate::diagnostic::Diagnostic;
use crate::requirement;
use crate::sample::Instrument;
use crate::server::Server;
use crate::subject::{Kind, Subject};
use crate::suite::{Catalogue, SeriesSpec, Suite};
use crate::workload::{Protocol, Workload};

/// The catalogue's entries that a series uses.
struct Parts<'a> {
    subject: &'a Subject,
    server: &'a Server,
    http: &'a [String],
    event_loop: &'a [String],
    kind: &'a Kind,
    workload: &'a Workload,
}

/// What of the catalogue changes what is measured; remarks for people do not.
#[derive(Serialize)]
struct Definition<'a> {
    lifespan: &'a str,
    style: &'a str,
    mark: &'a str,
    proves: &'a BTreeMap<String, String>,
    server: &'a Server,
    workload: &'a Workload,
}

pub(super) fn series(
    suite: &Suite,
    spec: &SeriesSpec,
    catalogue: &Catalogue,
) -> Result<SeriesPlan, Diagnostic> {
    let parts = parts(spec, catalogue).ok_or_else(|| {
        let message = format!(
            "the series {} names something that is not in the catalogue",
            spec.axes
        );
        Diagnostic::whole(&suite.name, message)
    })?;
    Ok(SeriesPlan {
        axes: spec.axes.clone(),
        requirements: requirements(spec, &parts),
        python: spec.python.clone(),
        exclude_newer: suite.exclude_newer.clone(),
        subject: parts.subject.name.clone(),
        server: parts.server.name.clone(),
        levels: spec.levels.clone(),
        instruments: spec.instruments.clone(),
        definition: definition(&parts),
        apart: Apart::default(),
        change: crate::audit::Change::default(),
    })
}

fn parts<'a>(spec: &SeriesSpec, catalogue: &'a Catalogue) -> Option<Parts<'a>> {
    let subject = catalogue.subjects.get(spec.axes.get(axes::FRAMEWORK))?;
    let server = catalogue.servers.get(&spec.server.name)?;
    Some(Parts {
        subject,
        server,
        http: server.http.get(spec.axes.get(axes::HTTP))?,
        event_loop: server.loops.get(spec.axes.get(axes::LOOP))?,
        kind: subject.kinds.get(spec.axes.get(axes::KIND))?,
        workload: catalogue.workloads.get(spec.axes.get(axes::WORKLOAD))?,
    })
}

fn requirements(spec: &SeriesSpec, parts: &Parts<'_>) -> Vec<String> {
    if parts.subject.port.is_some() {
        return Vec::new();
    }
    let version = Some(spec.axes.get(axes::VERSION)).filter(|version| *version != LATEST);
    let mut all = vec![pinned(&parts.subject.distribution, version)];
    all.extend_from_slice(&parts.subject.requires);
    all.extend_from_slice(&parts.kind.requires);
    all.push(pinned(
        &parts.server.distribution,
        spec.server.version.as_deref(),
    ));
    let upgrades = parts.workload.protocol == Protocol::Websocket
        && spec.instruments.contains(&Instrument::Load);
    let lists: [&[String]; 5] = [
        &parts.server.requires,
        if upgrades {
            &parts.server.websocket_requires
        } else {
            &[]
        },
        parts.http,
        parts.event_loop,
        &spec.with,
    ];
    all.extend(lists.concat());
    requirement::merged(&all)
}

impl SeriesPlan {
    /// Those of its requirements that are the server's: what series with different frameworks may share.
    pub fn server_requirements(&self, catalogue: &Catalogue) -> Vec<String> {
        let Some(server) = catalogue.servers.get(&self.server) else {
            return Vec::new();
        };
        let chosen = |offers: &BTreeMap<String, Vec<String>>, axis| {
            offers.get(self.axes.get(axis)).cloned().unwrap_or_default()
        };
        let lists = [
            vec![server.distribution.clone()],
            server.requires.clone(),
            chosen(&server.http, axes::HTTP),
            chosen(&server.loops, axes::LOOP),
        ];
        let names: Vec<String> = lists
            .concat()
            .iter()
            .map(|one| requirement::distribution(one))
            .collect();
        let is_servers = |one: &&String| names.contains(&requirement::distribution(one));
        self.requirements
            .iter()
            .filter(is_servers)
            .cloned()
            .collect()
    }
}

fn pinned(distribution: &str, version: Option<&str>) -> String {
    version.map_or_else(
        || distribution.to_owned(),
        |version| format!("{distribution}=={version}"),
    )
}

fn definition(parts: &Parts<'_>) -> String {
    digest(&Definition {
        lifespan: &parts.subject.lifespan,
        style: parts.kind.style.name(),
        mark: parts.kind.mark.name(),
        proves: &parts.kind.proves,
        server: parts.server,
        workload: parts.workload,
    })
}
