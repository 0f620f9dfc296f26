//! The integer readings of a slice. One list, in one place; the store keeps them by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one reading of a slice says. Times are nanoseconds, sizes are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Requests sent.
    Sent,
    /// Requests answered rightly.
    Ok,
    /// Requests that failed, of any class.
    Failed,
    /// From the first request to the last answer.
    WallNs,
    /// CPU time of the server's whole process tree.
    ServerCpuNs,
    /// CPU time of the load generator's thread.
    ClientCpuNs,
    /// Sum of the latencies of the right answers.
    LatencySumNs,
    /// Bytes received.
    BytesIn,
    /// Bytes sent.
    BytesOut,
    /// Resident memory of the server's process tree at the end of the slice.
    ResidentBytes,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 10] = [
        Self::Sent,
        Self::Ok,
        Self::Failed,
        Self::WallNs,
        Self::ServerCpuNs,
        Self::ClientCpuNs,
        Self::LatencySumNs,
        Self::BytesIn,
        Self::BytesOut,
        Self::ResidentBytes,
    ];

    /// The stable name under which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::WallNs => "wall_ns",
            Self::ServerCpuNs => "server_cpu_ns",
            Self::ClientCpuNs => "client_cpu_ns",
            Self::LatencySumNs => "latency_sum_ns",
            Self::BytesIn => "bytes_in",
            Self::BytesOut => "bytes_out",
            Self::ResidentBytes => "resident_bytes",
        }
    }

    /// The metric of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// The readings of one slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings(BTreeMap<Metric, i64>);

impl Readings {
    /// The reading of `metric`, if it was taken.
    pub fn get(&self, metric: Metric) -> Option<i64> {
        self.0.get(&metric).copied()
    }

    /// Records a reading.
    pub fn set(&mut self, metric: Metric, value: i64) {
        self.0.insert(metric, value);
    }

    /// Every reading that was taken.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, i64)> {
        self.0.iter().map(|(metric, value)| (*metric, *value))
    }
}

impl FromIterator<(Metric, i64)> for Readings {
    fn from_iter<I: IntoIterator<Item = (Metric, i64)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_own_name() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_name(metric.name()), Some(metric));
        }
        assert_eq!(Metric::from_name("requests"), None);
    }
}
