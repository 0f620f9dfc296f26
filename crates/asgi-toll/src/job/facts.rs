//! The facts of a series: as planned, and as they really are once its environment is there.

use sha2::{Digest as _, Sha256};
use toll_core::axes::{self, Axes};
use toll_core::plan::SeriesPlan;
use toll_core::sample::Instrument;
use toll_core::server::Bind;
use toll_core::settings::Transport;
use toll_lab::bench::Station;
use toll_lab::provision::Environment;
use toll_store::{Origin, SeriesFacts};

use super::Task;
use crate::assets;
use crate::settings;

/// The facts of a series as they are before it has an environment.
pub(super) fn planned(task: &Task, series: &SeriesPlan) -> SeriesFacts {
    let kind = task
        .shelf
        .catalogue
        .subjects
        .get(&series.subject)
        .and_then(|subject| subject.kinds.get(series.axes.get(axes::KIND)));
    let server = task.shelf.catalogue.servers.get(&series.server);
    SeriesFacts {
        planned_axes: series.axes.clone(),
        axes: series.axes.clone(),
        style: kind
            .map(|kind| kind.style.name().to_owned())
            .unwrap_or_default(),
        about: kind.map(|kind| kind.about.clone()).unwrap_or_default(),
        notes: Vec::new(),
        lock: Vec::new(),
        server_command: String::new(),
        switched_off: server
            .map(|server| server.switched_off.clone())
            .unwrap_or_default(),
        levels: series.levels.listed().to_vec(),
        instruments: series.instruments.clone(),
        hidden_layers: server
            .filter(|_| series.instruments.contains(&Instrument::Load))
            .map(|server| server.hidden_layers.clone())
            .unwrap_or_default()
            .into_iter()
            .map(|layer| format!("{}: {layer}", Origin::Server.name()))
            .collect(),
    }
}

/// The facts of a series with its environment.
pub(super) fn real(
    task: &Task,
    series: &SeriesPlan,
    environment: &Environment,
    station: &Station,
) -> SeriesFacts {
    let bind = match task.plan.settings.transport {
        Transport::Tcp | Transport::Host | Transport::Published => Bind::Tcp {
            host: "HOST".to_owned(),
            port: 0,
        },
        Transport::Unix => Bind::Unix {
            socket: "SOCKET".to_owned(),
        },
    };
    SeriesFacts {
        axes: real_axes(task, series, environment),
        notes: environment.notes.clone(),
        lock: environment.lock.clone(),
        server_command: settings::without_home(&station.command_line(bind).join(" ")),
        ..planned(task, series)
    }
}

/// The axes with the versions that were really installed.
fn real_axes(task: &Task, series: &SeriesPlan, environment: &Environment) -> Axes {
    let mut real = series.axes.clone();
    real.set(axes::PYTHON, &environment.python_version);
    let catalogue = &task.shelf.catalogue;
    if let Some(version) = &environment.version {
        real.set(axes::VERSION, version);
    }
    if let Some(version) = catalogue
        .subjects
        .get(&series.subject)
        .and_then(|subject| environment.version_of(&subject.distribution))
    {
        real.set(axes::VERSION, version);
    }
    if let Some(server) = catalogue.servers.get(&series.server)
        && let Some(version) = environment.version_of(&server.distribution)
    {
        real.set(axes::SERVER, format!("{}=={version}", server.name));
    }
    real
}

/// Name of the file that keeps the lock of an environment.
pub(super) fn lock_name(task: &Task, series: &SeriesPlan, environment: &Environment) -> String {
    let id: String = environment.id.chars().take(8).collect();
    let axes = real_axes(task, series, environment);
    slug(&format!(
        "{}-{}-{id}",
        axes.get(axes::FRAMEWORK),
        axes.get(axes::VERSION)
    ))
}

/// Longer names of files are cut; file systems allow 255 bytes.
const LONGEST: usize = 120;

/// A name that is good for files; one that had to be cut has a digest, so that it stays its own.
pub(super) fn slug(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '-'
        }
    };
    let name: String = text.chars().map(plain).collect();
    if name.len() <= LONGEST {
        return name;
    }
    let digest = assets::hex(&Sha256::digest(text.as_bytes()));
    format!("{}-{digest}", &name[..LONGEST])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_good_for_files_and_stay_apart() {
        assert_eq!(slug("GET /items?page=2"), "GET--items-page-2");
        let long = |last: &str| slug(&format!("GET /{}{last}", "é".repeat(300)));
        assert!(long("a").len() < 160 && long("a") != long("b"));
    }
}
