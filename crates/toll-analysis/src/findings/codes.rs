//! The codes of findings: stable words that scripts may rely on.

/// Every code that a finding may have, in alphabetical order. The codes of failures are among them,
/// because every failure is told as a finding too.
pub const CODES: [&str; 41] = [
    "bad-requirement",
    "cache-io",
    "different-machines",
    "different-settings",
    "disk-full",
    "environment-changed",
    "errors",
    "first-layer",
    "generator-failed",
    "generator-limited",
    "index-unreachable",
    "install-failed",
    "interrupted",
    "layers-added",
    "layers-dropped",
    "littles-law",
    "no-connection",
    "no-port",
    "no-right-answer",
    "no-solution",
    "noisy",
    "not-bound",
    "not-measured",
    "not-saturated",
    "port-taken",
    "process-missing",
    "python-missing",
    "quick",
    "server-exited",
    "server-hung",
    "server-not-started",
    "server-restarted",
    "step",
    "sublinear",
    "superlinear",
    "timed-out",
    "too-few-slices",
    "unfit-machine",
    "unreadable-histogram",
    "uv-missing",
    "wrong-answer",
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
