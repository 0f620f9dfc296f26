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
    /// CPU time of the whole process that awaits the application, all its threads.
    CpuNs,
    /// CPU time of the event loop's thread alone.
    ThreadCpuNs,
    /// Requests that an empty application answered, to know what the driver itself costs.
    DriverRequests,
    /// CPU time of those requests.
    DriverCpuNs,
    /// Plain ASGI layers, each adding a header, around an empty application.
    ReferenceLayers,
    /// Requests that it answered.
    ReferenceRequests,
    /// CPU time of those requests.
    ReferenceCpuNs,
    /// The 99th percentile of the rates of an external load generator's short windows, in thousandths of a request per
    /// second.
    WindowRateP99,
    /// Python functions called, per request.
    PythonCalls,
    /// Suspended Python functions resumed.
    PythonResumes,
    /// Functions called that are not written in Python.
    CCalls,
    /// Bytecode instructions executed.
    Instructions,
    /// Tasks of the event loop that were created.
    Tasks,
    /// Callbacks that the event loop ran.
    LoopCallbacks,
    /// Turns that the event loop made.
    LoopIterations,
    /// Results that came back from another thread.
    ThreadHops,
    /// Timers that were set.
    Timers,
    /// ASGI messages that the whole application sent.
    MessagesSent,
    /// ASGI messages that it received.
    MessagesReceived,
    /// ASGI messages that the layers sent, all layers added up.
    LayerMessagesSent,
    /// ASGI messages that the layers received, all layers added up.
    LayerMessagesReceived,
    /// Places between layers at which the request was seen.
    Seams,
    /// Bytes of body that the whole application received.
    BodyBytesReceived,
    /// Bytes of body that the whole application sent.
    BodyBytesSent,
    /// Bytes of body that layers put into new objects, all layers added up.
    CopiedBytes,
    /// The most bytes of body that one layer held back.
    HeldBytes,
    /// Chunks that the application had produced when its first one came out.
    ChunksBeforeFirst,
    /// Layers above which a context variable that was set below is not seen.
    ContextvarsLost,
    /// Blocks of memory that a request leaves behind until the garbage is collected.
    AllocatedBlocks,
    /// Time during which the event loop's thread neither worked nor waited for events.
    BlockedNs,
    /// Garbage collections that happened.
    GcRuns,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 41] = [
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
        Self::CpuNs,
        Self::ThreadCpuNs,
        Self::DriverRequests,
        Self::DriverCpuNs,
        Self::ReferenceLayers,
        Self::ReferenceRequests,
        Self::ReferenceCpuNs,
        Self::WindowRateP99,
        Self::PythonCalls,
        Self::PythonResumes,
        Self::CCalls,
        Self::Instructions,
        Self::Tasks,
        Self::LoopCallbacks,
        Self::LoopIterations,
        Self::ThreadHops,
        Self::Timers,
        Self::MessagesSent,
        Self::MessagesReceived,
        Self::LayerMessagesSent,
        Self::LayerMessagesReceived,
        Self::Seams,
        Self::BodyBytesReceived,
        Self::BodyBytesSent,
        Self::CopiedBytes,
        Self::HeldBytes,
        Self::ChunksBeforeFirst,
        Self::ContextvarsLost,
        Self::AllocatedBlocks,
        Self::BlockedNs,
        Self::GcRuns,
    ];

    /// What the counts instrument reads of one request; all but [`Self::BlockedNs`] are exact. They
    /// are the last ones, from [`Self::PythonCalls`] on.
    pub fn counts() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|metric| *metric >= Self::PythonCalls)
    }

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
            Self::CpuNs => "cpu_ns",
            Self::ThreadCpuNs => "thread_cpu_ns",
            Self::DriverRequests => "driver_requests",
            Self::DriverCpuNs => "driver_cpu_ns",
            Self::ReferenceLayers => "reference_layers",
            Self::ReferenceRequests => "reference_requests",
            Self::ReferenceCpuNs => "reference_cpu_ns",
            Self::WindowRateP99 => "window_rate_p99_milli_per_s",
            Self::PythonCalls => "python_calls",
            Self::PythonResumes => "python_resumes",
            Self::CCalls => "c_calls",
            Self::Instructions => "instructions",
            Self::Tasks => "tasks",
            Self::LoopCallbacks => "loop_callbacks",
            Self::LoopIterations => "loop_iterations",
            Self::ThreadHops => "thread_hops",
            Self::Timers => "timers",
            Self::MessagesSent => "messages_sent",
            Self::MessagesReceived => "messages_received",
            Self::LayerMessagesSent => "layer_messages_sent",
            Self::LayerMessagesReceived => "layer_messages_received",
            Self::Seams => "seams",
            Self::BodyBytesReceived => "body_bytes_received",
            Self::BodyBytesSent => "body_bytes_sent",
            Self::CopiedBytes => "copied_bytes",
            Self::HeldBytes => "held_bytes",
            Self::ChunksBeforeFirst => "chunks_before_first",
            Self::ContextvarsLost => "contextvars_lost",
            Self::AllocatedBlocks => "allocated_blocks",
            Self::BlockedNs => "blocked_ns",
            Self::GcRuns => "gc_runs",
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
