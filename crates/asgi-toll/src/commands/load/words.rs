//! A result in words and columns.

use anstyle::{AnsiColor, Style};
use toll_lab::serving::ServerLoad;
use toll_load::{Doubt, Latency, LoadResult, Schedule, percentile_is_known};

use super::once::Judged;
use super::server::Saturated;
use super::units::{bytes, count, many, percent, rate, time};

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();

/// Width of what stands before the figures.
const LABEL: usize = 13;
const COLUMN: usize = 10;
/// Waiting for a core is told from here on.
const WAITED: f64 = 0.05;
/// A percentile of which too few answers are there.
const NOT_KNOWN: &str = "–";

/// Everything about a run.
pub(super) fn result(judged: &Judged<'_>, server: &str, per_second: bool) -> String {
    let result = judged.result;
    let mut lines = vec![title(result), String::new()];
    lines.extend(answered(result));
    lines.push(String::new());
    lines.extend(latencies(result));
    lines.push(String::new());
    lines.extend(costs(judged, server));
    if per_second {
        lines.push(String::new());
        lines.extend(seconds(result));
    }
    lines.extend(doubtful(&judged.doubts));
    lines.join("\n")
}

/// One figure with its name.
pub(super) fn line(label: &str, text: impl std::fmt::Display) -> String {
    format!("  {label:<LABEL$}{text}")
}

fn title(result: &LoadResult) -> String {
    let what = match result.requests {
        1 => format!("{} {}", result.method, result.target),
        many => format!("{many} requests in turn at {}", result.target),
    };
    let how = match result.schedule {
        Schedule::Closed => "as fast as they are answered".to_owned(),
        Schedule::ConstantRate { per_second } => format!("{} per second", rate(per_second)),
        Schedule::Poisson { per_second, .. } => {
            format!("{} per second at random", rate(per_second))
        }
    };
    format!(
        "{STRONG}{what}{STRONG:#}\n{FAINT}{}, {}{}, {how}, {:.2} s{FAINT:#}",
        many(result.connections, "connection"),
        many(result.threads, "thread"),
        bound_to(&result.cores),
        result.wall_ns as f64 / 1e9,
    )
}

fn bound_to(cores: &[usize]) -> String {
    let names: Vec<String> = cores.iter().map(ToString::to_string).collect();
    match cores.len() {
        0 => " (not bound)".to_owned(),
        1 => format!(" on core {}", names[0]),
        _ => format!(" on cores {}", names.join(", ")),
    }
}

fn answered(result: &LoadResult) -> Vec<String> {
    let failed = result.errors.total();
    let mut lines = vec![line(
        "requests/s",
        format!(
            "{STRONG}{}{STRONG:#}{}",
            rate(result.achieved_rate),
            of_asked(result)
        ),
    )];
    let verdict = match failed {
        0 => format!("{GOOD}all right{GOOD:#}"),
        _ => format!("{BAD}{} failed{BAD:#}", count(failed)),
    };
    lines.push(line("answered", format!("{}, {verdict}", count(result.ok))));
    let classes = result.errors.by_class().filter(|(_, count)| *count > 0);
    lines.extend(classes.map(|(fault, number)| line("", format!("{} × {fault}", count(number)))));
    if result.unsent > 0 {
        lines.push(line(
            "never sent",
            format!("{} that were due", count(result.unsent)),
        ));
    }
    if result.in_flight > 0 {
        lines.push(line(
            "cut off",
            format!("{} on their way", count(result.in_flight)),
        ));
    }
    let second = result.wall_ns.max(1) as f64 / 1e9;
    let (received, sent) = (
        result.bytes_in as f64 / second,
        result.bytes_out as f64 / second,
    );
    lines.push(line(
        "bytes",
        format!("{}/s received, {}/s sent", bytes(received), bytes(sent)),
    ));
    if result.reconnects > 0 {
        lines.push(line(
            "reconnected",
            format!("{} times", count(result.reconnects)),
        ));
    }
    lines
}

fn of_asked(result: &LoadResult) -> String {
    match (result.asked_rate, result.rate_ratio) {
        (Some(asked), Some(ratio)) => {
            format!(
                ", {:.1} % of the asked rate of {}",
                ratio * 100.0,
                rate(asked)
            )
        }
        _ => String::new(),
    }
}

fn latencies(result: &LoadResult) -> Vec<String> {
    let names = ["mean", "p50", "p90", "p99", "p99.9", "max"];
    let heads: String = names
        .iter()
        .map(|name| format!("{name:>COLUMN$}"))
        .collect::<Vec<_>>()
        .concat();
    let mut lines = vec![
        format!("  {:<LABEL$}{FAINT}{heads}{FAINT:#}", ""),
        figures("latency", &result.latency),
    ];
    let due = result.latency_from_schedule.as_ref();
    lines.extend(due.map(|latency| figures("since due", latency)));
    let lag = result.schedule_lag.as_ref();
    lines.extend(lag.map(|latency| figures("sent late", latency)));
    lines
}

fn figures(label: &str, latency: &Latency) -> String {
    let known = |quantile: f64, ns: u64| {
        if percentile_is_known(latency.count, quantile) {
            time(ns)
        } else {
            NOT_KNOWN.to_owned()
        }
    };
    let cells = [
        time(latency.mean_ns),
        time(latency.p50_ns),
        known(0.9, latency.p90_ns),
        known(0.99, latency.p99_ns),
        known(0.999, latency.p999_ns),
        time(latency.max_ns),
    ];
    let row: String = cells
        .iter()
        .map(|cell| format!("{cell:>COLUMN$}"))
        .collect::<Vec<_>>()
        .concat();
    line(label, row)
}

fn costs(judged: &Judged<'_>, server: &str) -> Vec<String> {
    let result = judged.result;
    let finished = (result.ok + result.errors.total()).max(1);
    let mut lines = vec![line(
        "generator",
        format!(
            "{} of a core, {} of CPU per request",
            percent(result.client_utilisation),
            time(result.client_cpu_ns / finished)
        ),
    )];
    if let Some(load) = &judged.server {
        lines.push(line("server", server_words(load, server)));
    }
    let saturated = judged.saturated.words();
    let style = if judged.saturated == Saturated::Generator {
        DOUBTFUL
    } else {
        Style::new()
    };
    lines.push(line("saturated", format!("{style}{saturated}{style:#}")));
    let little = result.littles_law_ratio;
    lines.extend(little.map(|ratio| line("Little's law", format!("{ratio:.3} (1 is right)"))));
    lines
}

pub(super) fn server_words(load: &ServerLoad, server: &str) -> String {
    let per_request = load.cpu_per_request_ns.map_or_else(String::new, |ns| {
        format!(", {} of CPU per request", time(ns))
    });
    let used = match load.pids.len() {
        1 => format!("{} of a core", percent(load.cores_used)),
        many => format!(
            "{:.2} cores in {many} processes, the busiest {}",
            load.cores_used,
            percent(load.busiest_process)
        ),
    };
    let pid = match load.pids[..] {
        [pid] => format!(", process {pid}"),
        _ => String::new(),
    };
    format!("{used}{per_request} ({server}{pid}){}", waited(load))
}

/// A server that has no core to run on is slower than it is.
fn waited(load: &ServerLoad) -> String {
    match load.waited_for_core {
        Some(share) if share >= WAITED => {
            format!("; it waited for a core for {} of the time", percent(share))
        }
        _ => String::new(),
    }
}

fn seconds(result: &LoadResult) -> Vec<String> {
    let row = |cells: [String; 6]| -> String {
        cells
            .iter()
            .map(|cell| format!("{cell:>COLUMN$}"))
            .collect::<Vec<_>>()
            .concat()
    };
    let heads = ["second", "sent", "right", "failed", "mean", "max"].map(str::to_owned);
    let mut lines = vec![format!("{FAINT}{}{FAINT:#}", row(heads))];
    lines.extend(result.per_second.iter().map(|second| {
        row([
            second.second.to_string(),
            count(second.sent),
            count(second.ok),
            count(second.errors),
            time(second.latency_mean_ns),
            time(second.latency_max_ns),
        ])
    }));
    lines
}

/// Flagged, after everything else.
pub(super) fn doubtful(doubts: &[Doubt]) -> Vec<String> {
    let mut lines = Vec::new();
    for doubt in doubts {
        lines.push(String::new());
        lines.push(format!(
            "{DOUBTFUL}doubt{DOUBTFUL:#}: {STRONG}{}{STRONG:#}",
            doubt.code
        ));
        lines.extend(
            wrapped(&doubt.message, 90)
                .into_iter()
                .map(|part| format!("  {part}")),
        );
    }
    lines
}

/// Broken between words.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().filter(|line| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width
        });
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("abcdefgh ij", 5), ["abcdefgh", "ij"]);
    }
}
