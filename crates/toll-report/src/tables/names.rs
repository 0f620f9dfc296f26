//! What the counts are called, and how one is written.

use std::collections::BTreeSet;

use toll_analysis::results::Count;

use crate::format;

/// Counts that have a better name than their own, in the order in which they are shown.
const NAMES: [(&str, &str); 22] = [
    ("python_calls", "Python calls"),
    ("python_resumes", "resumed Python calls"),
    ("c_calls", "C calls"),
    ("instructions", "bytecode instructions"),
    ("tasks", "tasks created"),
    ("loop_callbacks", "event loop callbacks"),
    ("loop_iterations", "event loop iterations"),
    ("thread_hops", "thread hops"),
    ("timers", "timers set"),
    ("messages_sent", "messages sent by the application"),
    ("messages_received", "messages received by the application"),
    ("layer_messages_sent", "messages sent by all layers"),
    ("layer_messages_received", "messages received by all layers"),
    ("seams", "layers that saw the request"),
    ("body_bytes_sent", "body sent, bytes"),
    ("copied_bytes", "body copied by layers, bytes"),
    ("held_bytes", "body held back by a layer, bytes"),
    (
        "chunks_before_first",
        "chunks produced before the first came out",
    ),
    ("contextvars_lost", "layers that lose context variables"),
    ("allocated_blocks", "memory blocks left behind"),
    ("blocked_ns", "event loop blocked, ns"),
    ("gc_runs", "garbage collections"),
];

/// What a count is called.
pub(crate) fn name_of(name: &str) -> String {
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map_or_else(|| name.replace('_', " "), |(_, words)| (*words).to_owned())
}

/// The names in the order in which they are shown; unknown ones last.
pub(crate) fn sort_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let place = |name: &str| NAMES.iter().position(|(known, _)| *known == name);
    let unique: BTreeSet<&str> = names.collect();
    let mut sorted: Vec<&str> = unique.into_iter().collect();
    sorted.sort_by_key(|name| place(name).unwrap_or(NAMES.len()));
    sorted
}

/// One count: `255`, or `563 … 566` where it differs between equal requests.
pub(crate) fn count_of(count: &Count) -> String {
    let low = format::exact(count.low as f64);
    if count.low == count.high {
        low
    } else {
        format!("{low} … {}", format::exact(count.high as f64))
    }
}
