//! The codes of findings: stable words that scripts may rely on.

/// Every code that a finding may have, in alphabetical order. The codes of failures are among them,
/// because every failure is told as a finding too.
pub const CODES: [&str; 62] = [
    "app-exited",
    "app-raised",
    "bad-requirement",
    "bends-in-time",
    "blocks-event-loop",
    "breaks-contextvars",
    "breaks-streaming",
    "buffers-body",
    "cache-io",
    "different-machines",
    "different-settings",
    "disk-full",
    "driver-failed",
    "driver-not-started",
    "environment-changed",
    "errors",
    "expensive-layer",
    "extra-messages",
    "first-layer",
    "generator-failed",
    "generator-limited",
    "hidden-middleware",
    "index-unreachable",
    "inexact-counts",
    "install-failed",
    "interrupted",
    "layers-added",
    "layers-dropped",
    "lifespan-failed",
    "littles-law",
    "no-answer",
    "no-connection",
    "no-port",
    "no-right-answer",
    "no-solution",
    "noisy",
    "not-bound",
    "not-built",
    "not-counted",
    "not-measured",
    "not-saturated",
    "port-taken",
    "process-missing",
    "python-broken",
    "python-missing",
    "quick",
    "server-exited",
    "server-hung",
    "server-not-started",
    "server-restarted",
    "step",
    "sublinear",
    "superlinear",
    "task-per-layer",
    "thread-hop-per-layer",
    "timed-out",
    "too-few-slices",
    "unfit-machine",
    "unreadable-histogram",
    "uv-missing",
    "wrong-answer",
    "wrong-protocol",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_sorted_and_distinct() {
        assert!(CODES.is_sorted());
        assert!(CODES.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
