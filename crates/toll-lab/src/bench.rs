//! The bench: everything that stands ready before the first round.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use toll_core::plan::SeriesPlan;
use toll_core::sample::Instrument;
use toll_core::server::Server;
use toll_core::settings::Settings;
use toll_core::subject::Kind;
use toll_core::workload::Workload;

use crate::cores::Cores;
use crate::generator::Program;
use crate::serving::Home;

/// One series with all that is needed to bring its cells up.
#[derive(Debug, Clone)]
pub struct Station {
    /// Place of the series in the plan.
    pub series: usize,
    /// Its name in events.
    pub label: String,
    /// What is to be measured.
    pub plan: SeriesPlan,
    /// Folder of the subject.
    pub subject: PathBuf,
    /// The lifespan setting that the subject asks for.
    pub lifespan: String,
    /// The port on which its own image listens, where it is started as it is.
    pub port: Option<u16>,
    /// Whether it is somebody's own application, whose layers are taken out and not stacked; see
    /// [`toll_core::audit`] for what its levels stand for.
    pub audited: bool,
    /// The middleware kind.
    pub kind: Kind,
    /// At which numbers of middlewares.
    pub levels: Vec<u32>,
    /// The environment's interpreter.
    pub python: PathBuf,
    /// The server's table entry.
    pub server: Server,
    /// The workload.
    pub workload: Workload,
    /// The workload in whose answer the layers' marks are looked for, if it is another one.
    pub proof: Option<Workload>,
    /// Rounds that an earlier session has already measured, by instrument.
    pub rounds_before: BTreeMap<Instrument, u32>,
    /// Instruments by which a level has no number yet, though rounds were measured.
    pub lacking: BTreeSet<Instrument>,
    /// A short name for files.
    pub slug: String,
    /// Where its processes live.
    pub home: Arc<dyn Home>,
}

impl Station {
    /// Whether a level was never measured by an instrument that has measured others.
    pub fn lacks_numbers(&self, instrument: Instrument) -> bool {
        self.lacking.contains(&instrument)
    }

    /// Rounds that an earlier session has measured with an instrument.
    pub fn rounds_before(&self, instrument: Instrument) -> u32 {
        self.rounds_before.get(&instrument).copied().unwrap_or(0)
    }
}

/// A cell: the place of its series in the plan, and its number of middlewares.
pub type CellKey = (usize, u32);

/// Series whose cells are measured side by side: each block has every cell of each of them once, in
/// random order. What is compared cell by cell stands in one comparison; for the cost of a layer a
/// series is a comparison by itself.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Its name in events.
    pub label: String,
    /// The series, one at least.
    pub stations: Vec<Station>,
    /// So many of the first of them it cannot do without: it ends when one of these has no cell left.
    pub essential: usize,
}

impl Comparison {
    /// Series that are nothing without one another.
    pub fn of_all(label: String, stations: Vec<Station>) -> Self {
        Self {
            label,
            essential: stations.len(),
            stations,
        }
    }

    /// The series by whose place in the plan the comparison is judged.
    pub fn first(&self) -> &Station {
        &self.stations[0]
    }

    /// The station of a series.
    pub fn station(&self, series: usize) -> &Station {
        let found = self
            .stations
            .iter()
            .find(|station| station.series == series);
        found.unwrap_or_else(|| self.first())
    }

    /// Every cell of every series.
    pub fn cells(&self) -> Vec<CellKey> {
        let of = |station: &Station| {
            let series = station.series;
            station
                .levels
                .iter()
                .map(move |level| (series, *level))
                .collect::<Vec<_>>()
        };
        self.stations.iter().flat_map(of).collect()
    }

    /// Whether an instrument is to measure it.
    pub fn uses(&self, instrument: Instrument) -> bool {
        self.stations
            .iter()
            .all(|station| station.plan.instruments.contains(&instrument))
    }

    /// Rounds that an earlier session has measured with an instrument.
    pub fn rounds_before(&self, instrument: Instrument) -> u32 {
        let rounds = self
            .stations
            .iter()
            .map(|station| station.rounds_before(instrument));
        rounds.max().unwrap_or(0)
    }

    /// Whether a cell was never measured by an instrument that has measured others.
    pub fn lacks_numbers(&self, instrument: Instrument) -> bool {
        self.stations
            .iter()
            .any(|station| station.lacks_numbers(instrument))
    }
}

impl From<Station> for Comparison {
    /// A series by itself.
    fn from(station: Station) -> Self {
        Self::of_all(station.label.clone(), vec![station])
    }
}

/// What all series share.
#[derive(Debug, Clone)]
pub struct Bench {
    /// How to measure.
    pub settings: Settings,
    /// Seed of the random orders.
    pub seed: u64,
    /// Which core is whose.
    pub cores: Cores,
    /// Folder of the harness.
    pub harness: PathBuf,
    /// Folder for the servers' logs.
    pub logs: PathBuf,
    /// Folder for unix sockets; short, as their paths are limited to about 100 bytes.
    pub sockets: PathBuf,
    /// The program that sends the load, where it is not the tool itself.
    pub load_program: Option<Program>,
    /// Set when everything is to stop.
    pub abort: Arc<AtomicBool>,
}

impl Bench {
    /// The path of a unix socket in a folder of its own, which a container can be given without the others.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(crate) fn socket(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.sockets.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder.join("s"))
    }

    /// Whether everything is to stop.
    pub fn aborted(&self) -> bool {
        self.abort.load(Ordering::Relaxed)
    }
}
