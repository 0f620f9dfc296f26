//! Layers behind which the first chunk comes out late.

use toll_core::metric::Metric;

use super::{Case, finding};
use crate::results::Finding;
use crate::words::middlewares;

/// Without layers the first chunk comes out when at most this many were produced.
const AT_ONCE: i64 = 2;

/// Told at the smallest number of middlewares behind which half of all chunks are produced before
/// the first one comes out.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let produced = case.counts(Metric::ChunksBeforeFirst);
    let at_once = case
        .count_without(Metric::ChunksBeforeFirst)
        .is_some_and(|count| (1..=AT_ONCE).contains(&count.high));
    let chunks = chunks(case);
    let Some((most, late)) = produced
        .iter()
        .find(|(n, count)| *n >= 1 && count.low >= (chunks / 2).max(AT_ONCE + 1))
        .filter(|_| at_once)
    else {
        return Vec::new();
    };
    vec![finding(
        "breaks-streaming",
        case.certainty(Metric::ChunksBeforeFirst),
        format!(
            "With {} the first chunk comes out when {} of {chunks} are produced.",
            middlewares(*most),
            late.low
        ),
        format!(
            "Chunks produced before the first one came out, by number of middlewares: {}.",
            case.listed_counts(Metric::ChunksBeforeFirst)
        ),
        "Behind this layer nothing streams: server-sent events arrive late or never, and memory grows with the \
         response. Send each message on as it comes.",
    )]
}

/// How many chunks there are: all messages of the response but its start and its end, or as many
/// as were seen.
fn chunks(case: &Case<'_>) -> i64 {
    let messages = case
        .count_without(Metric::MessagesSent)
        .map_or(0, |count| count.low);
    let seen = case.counts(Metric::ChunksBeforeFirst);
    let most = seen.iter().map(|(_, count)| count.high).max();
    messages.saturating_sub(2).max(most.unwrap_or(0))
}
