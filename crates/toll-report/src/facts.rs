//! Sentences about the run: what was measured, when, on which machine.

use toll_analysis::results::Analysis;
use toll_core::axes::{FRAMEWORK, HTTP, LOOP, ORDER, SERVER, VERSION};
use toll_core::host::{Host, Remark, Severity};
use toll_core::settings::Transport;

use crate::format;
use crate::view;

/// Values on the axes on which all series agree, in reading order, with a word where the value does not explain itself.
pub(crate) fn common(analysis: &Analysis) -> Vec<String> {
    let Some(first) = analysis.series.first() else {
        return Vec::new();
    };
    let shared = |axis: &&str| {
        let value = first.axes.get(axis);
        !value.is_empty()
            && analysis
                .series
                .iter()
                .all(|series| series.axes.get(axis) == value)
    };
    let named = |axis: &&str| *axis != FRAMEWORK && *axis != VERSION;
    let values = ORDER
        .into_iter()
        .filter(named)
        .filter(|axis| took_part(analysis, axis))
        .filter(shared)
        .map(|axis| named_value(axis, first.axes.get(axis)));
    // Frameworks and versions are in the labels, and only a lone series has no others to be told from.
    let lone = (analysis.series.len() == 1)
        .then(|| join(&[first.axes.get(FRAMEWORK), first.axes.get(VERSION)], " "));
    lone.into_iter().chain(values).collect()
}

/// Whether what an axis names had a part in the measuring: without load there is no server, and
/// counts are always taken on the event loop of the standard library.
fn took_part(analysis: &Analysis, axis: &str) -> bool {
    match axis {
        SERVER | HTTP => under_load(analysis),
        LOOP => under_load(analysis) || view::occurs(analysis, "direct"),
        _ => true,
    }
}

/// Whether a server was under load, or was to be: where nothing was measured, nobody knows better.
fn under_load(analysis: &Analysis) -> bool {
    view::occurs(analysis, "load")
        || analysis
            .series
            .iter()
            .all(|series| series.instruments.is_empty())
}

fn named_value(axis: &str, value: &str) -> String {
    match axis {
        "python" if value.starts_with(|c: char| c.is_ascii_digit()) => format!("Python {value}"),
        "kind" => format!("{value} middlewares"),
        "workload" => format!("workload {value}"),
        "with" => format!("with {value}"),
        _ => value.to_owned(),
    }
}

/// How the requests were made: `10 connections, TCP`, or without a server.
pub(crate) fn requests(analysis: &Analysis) -> String {
    if !under_load(analysis) {
        return "no server".to_owned();
    }
    let settings = &analysis.run.settings;
    let way = match settings.transport {
        Transport::Tcp => "TCP",
        Transport::Unix => "unix socket",
        Transport::Host => "the host's network",
        Transport::Published => "published port",
    };
    let housed = analysis.run.settings.containers.as_ref().map(|_| {
        let engine = analysis.host.container_engine.as_deref();
        format!(" into containers of {}", engine.unwrap_or("an engine"))
    });
    let plural = if settings.connections == 1 { "" } else { "s" };
    let from = analysis.host.load_generator.as_ref();
    let from = from.map(|from| {
        let place = if from.in_container {
            " in a container"
        } else {
            ""
        };
        format!(", sent by {} {}{place}", from.name, from.version)
    });
    format!(
        "{} connection{plural}, {way}{}{}",
        settings.connections,
        housed.unwrap_or_default(),
        from.unwrap_or_default()
    )
}

/// What the 99th percentile of short windows is, where it is shown.
pub(crate) const WINDOWS: &str = "p99 of 20 ms windows (what the original plotted)";

/// What the program that sent the load did not look at.
fn blind_spots(analysis: &Analysis) -> Option<String> {
    let from = analysis.host.load_generator.as_ref()?;
    Some(format!(
        "Load was sent by {} {}, not by asgi-toll: {}.",
        from.name, from.version, from.blind_to
    ))
}

/// The machine in one line.
pub fn machine(host: &Host) -> String {
    let mut words = Vec::new();
    let plural = if host.cores == 1 { "" } else { "s" };
    words.push(format!("{} core{plural}", host.cores));
    words.extend(host.cpu_model.clone());
    // In brackets, because the picture's font turns an x between a space and a digit into ×.
    let machine = if host.machine.is_empty() {
        String::new()
    } else {
        format!("({})", host.machine)
    };
    words.push(join(&[&host.system, &machine], " "));
    if host.virtual_machine == Some(true) {
        words.push("virtual machine".to_owned());
    }
    words.retain(|word| !word.is_empty());
    words.join(" · ")
}

/// The start as `2026-11-24 07:13 UTC`; whatever is there, if it is not a time in RFC 3339.
pub(crate) fn started(analysis: &Analysis) -> String {
    let text = analysis.run.started_at.as_str();
    match (text.get(..10), text.get(10..11), text.get(11..16)) {
        (Some(date), Some("T"), Some(time)) => format!("{date} {time} UTC"),
        _ => text.to_owned(),
    }
}

/// How long it took and what the tool itself used.
pub(crate) fn effort(analysis: &Analysis) -> String {
    let run = &analysis.run;
    let wall = format::duration(run.wall_s);
    if run.wall_s > 0.0 {
        let own = format::percent(run.tool_cpu_s / run.wall_s);
        format!("measured in {wall} (the tool's own CPU: {own})")
    } else {
        format!("measured in {wall}")
    }
}

/// `10 series × 6 levels`.
pub(crate) fn extent(analysis: &Analysis) -> String {
    let levels = view::levels(analysis).len();
    let plural = if levels == 1 { "" } else { "s" };
    format!("{} series × {levels} level{plural}", analysis.series.len())
}

/// What the reader must know before any number: that the run was cut short, that it was a quick look, or that another
/// program sent the load.
pub(crate) fn caveats(analysis: &Analysis) -> Vec<String> {
    let run = &analysis.run;
    let table = [
        (
            run.interrupted,
            "The run was stopped early: what follows is what had been measured by then.",
        ),
        (
            run.quick,
            "A quick look: fewer levels and less time, so wider intervals than a full run gives.",
        ),
    ];
    table
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, text)| text.to_owned())
        .chain(blind_spots(analysis))
        .collect()
}

/// Remarks about the machine that matter, the gravest first.
pub(crate) fn remarks(analysis: &Analysis) -> Vec<&Remark> {
    let mut remarks: Vec<&Remark> = analysis
        .remarks
        .iter()
        .filter(|remark| remark.severity > Severity::Fine)
        .collect();
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.severity));
    remarks
}

/// The words that are not empty, joined.
pub(crate) fn join(words: &[&str], separator: &str) -> String {
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    words.join(separator)
}
