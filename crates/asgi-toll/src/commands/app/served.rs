//! The whole application under a real server: which one, and what is measured of it.

use anyhow::{anyhow, bail};
use toll_core::audit::{BARE, WHOLE};
use toll_core::axes::{self, Axes};
use toll_core::plan::{Apart, SeriesPlan};
use toll_core::sample::Instrument;
use toll_core::server::{IMAGE, Server};
use toll_lab::instrument::Inspected;

use super::project::Project;
use crate::catalogue;
use crate::cli::AppArgs;

/// Servers that are looked for where none is named, the most used first.
const LOOKED_FOR: [&str; 4] = ["uvicorn", "hypercorn", "granian", "gunicorn"];

/// A server of the project's own environment.
pub(super) struct Chosen {
    /// Its name in the catalogue.
    pub(super) name: String,
    /// The HTTP implementation that is installed for it.
    http: String,
}

/// The server to measure under; `None` where none is asked for.
///
/// # Errors
/// A server is named and no load is asked for, there is none of that name, or it is not installed.
pub(super) fn chosen(args: &AppArgs, project: &Project) -> anyhow::Result<Option<Chosen>> {
    let under_load = args.instruments.contains(&Instrument::Load);
    let servers = catalogue::shelf(super::SUITE)?.catalogue.servers;
    let python = project.environment.python.display();
    let is_there = |name: &str| project.environment.version_of(name).is_some();
    match &args.server {
        Some(_) if !under_load => bail!("--server belongs to --instrument load"),
        None if !under_load => Ok(None),
        Some(name) => {
            let known = servers.get(name).filter(|_| name != IMAGE);
            let server = known.ok_or_else(|| unknown(name, servers.keys()))?;
            let found = installed(server, is_there);
            found.map(Some).ok_or_else(|| {
                let needed = needed(server).collect::<Vec<_>>().join(" ");
                anyhow!(
                    "--server {name}: it is not installed in the project's environment; install it there, such as with `{python} -m pip install {needed}`"
                )
            })
        }
        None => {
            let mut known = LOOKED_FOR.iter().filter_map(|name| servers.get(*name));
            let found = known.find_map(|server| installed(server, is_there));
            found.map(Some).ok_or_else(|| {
                anyhow!(
                    "no server is installed in the project's environment: install one of {} there, such as with `{python} -m pip install uvicorn`",
                    LOOKED_FOR.join(", ")
                )
            })
        }
    }
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> anyhow::Error {
    let known: Vec<&str> = known
        .map(String::as_str)
        .filter(|name| *name != IMAGE)
        .collect();
    anyhow!(
        "--server {name}: there is no such server; there are {}",
        known.join(", ")
    )
}

fn needed(server: &Server) -> impl Iterator<Item = &str> {
    std::iter::once(&server.distribution)
        .chain(&server.requires)
        .map(String::as_str)
}

/// The server with the HTTP implementation that is there, its usual one if it is; `None` where the
/// server itself is not there.
fn installed(server: &Server, is_there: impl Fn(&str) -> bool) -> Option<Chosen> {
    if !needed(server).all(&is_there) {
        return None;
    }
    let usual = server.http.get_key_value(&server.default_http);
    let all = usual.into_iter().chain(&server.http);
    let mut usable = all.filter(|(_, requires)| requires.iter().all(|name| is_there(name)));
    usable.next().map(|(http, _)| Chosen {
        name: server.name.clone(),
        http: http.clone(),
    })
}

/// The whole, and the application without all that can be taken out, if anything can.
pub(super) fn cells(seen: &Inspected) -> Vec<u32> {
    let bare = (!bare_of(seen).is_empty()).then_some(BARE);
    std::iter::once(WHOLE).chain(bare).collect()
}

/// The places of the layers that can be taken out.
pub(super) fn bare_of(seen: &Inspected) -> Vec<usize> {
    let removals = seen.removals.iter().enumerate();
    removals
        .filter(|(_, removal)| removal.is_possible())
        .map(|(place, _)| place)
        .collect()
}

/// Puts a series under a server.
pub(super) fn under(chosen: &Chosen, seen: &Inspected, series: SeriesPlan) -> SeriesPlan {
    let mut named: Axes = series.axes;
    named.set(axes::SERVER, &chosen.name);
    named.set(axes::HTTP, &chosen.http);
    SeriesPlan {
        axes: named,
        server: chosen.name.clone(),
        apart: Apart {
            bare_of: bare_of(seen),
            ..series.apart
        },
        ..series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_taken_with_what_is_installed_for_it() {
        let servers = catalogue::shelf(super::super::SUITE).unwrap();
        let servers = servers.catalogue.servers;
        for (name, there, http) in [
            ("uvicorn", &["uvicorn", "httptools"][..], Some("httptools")),
            ("uvicorn", &["uvicorn"], Some("h11")),
            ("uvicorn", &["httptools"], None),
            ("gunicorn", &["gunicorn"], None),
            ("gunicorn", &["gunicorn", "uvicorn"], Some("h11")),
        ] {
            let found = installed(&servers[name], |name| there.contains(&name));
            let found = found.map(|chosen| chosen.http);
            assert_eq!(found.as_deref(), http, "{name} {there:?}");
        }
    }

    #[test]
    fn every_server_that_is_looked_for_is_in_the_catalogue() {
        let shelf = catalogue::shelf(super::super::SUITE).unwrap();
        let servers = shelf.catalogue.servers;
        assert!(LOOKED_FOR.iter().all(|name| servers.contains_key(*name)));
    }
}
