//! What every process of a series is told: few variables, the same for every cell.

use std::path::{Path, PathBuf};

use toll_core::axes;

use crate::bench::{Bench, Station};

/// What the harness must know in every process of a series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServeRequest<'a> {
    bench: &'a Bench,
    station: &'a Station,
    /// Seed of Python's string hashing: the same for every cell of a round, another in the next.
    hash_seed: u32,
}

impl<'a> ServeRequest<'a> {
    pub(crate) fn new(bench: &'a Bench, station: &'a Station, hash_seed: u32) -> Self {
        Self {
            bench,
            station,
            hash_seed,
        }
    }

    /// The variables.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let path = |path: &Path| path.display().to_string();
        let axis = |name: &str| self.station.plan.axes.get(name).to_owned();
        let pairs = [
            ("PYTHONPATH", path(&self.bench.harness)),
            ("PYTHONHASHSEED", self.hash_seed.to_string()),
            ("PYTHONUNBUFFERED", "1".to_owned()),
            ("ASGI_TOLL_SUBJECT", path(&self.station.subject)),
            ("ASGI_TOLL_KIND", axis(axes::KIND)),
            ("ASGI_TOLL_WORKLOAD", axis(axes::WORKLOAD)),
            ("ASGI_TOLL_HTTP", axis(axes::HTTP)),
            ("ASGI_TOLL_LOOP", axis(axes::LOOP)),
        ];
        let plant = self.station.plan.apart.plant.clone();
        let plant = plant.map(|plant| ("ASGI_TOLL_PLANT", plant));
        pairs
            .into_iter()
            .chain(plant)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// The folders that the process reads.
    pub(crate) fn reads(&self) -> Vec<PathBuf> {
        vec![self.bench.harness.clone(), self.station.subject.clone()]
    }
}
