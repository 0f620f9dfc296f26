//! A budget as people read it: one line a figure, the layers in their order.

use std::fmt::Write as _;

use super::{Budget, CountRange, LayerBudget, RequestBudget, TollBudget};
use crate::sample::Instrument;

/// What stands above every budget.
const COMMENT: &str = "\
# What the middlewares of an application may take. Written by `asgi-toll app … --save FILE`, judged by
# `asgi-toll app … --budget FILE --fail-on regressed`.
#
# To allow more, edit a `toll_us` or a count. Times are microseconds of CPU for each request on the machine
# that is named here; on another one they are multiplied with what `reference_us`, a fixed piece of Python, takes
# there by what it took here. `half_width_us` is how well a toll is known: it widens the margin.
# Counts are exact, or both of their ends where they did not repeat: one more than the upper end is too many.
";

/// The file.
pub(super) fn of(budget: &Budget) -> String {
    let mut out = format!("{COMMENT}\nschema_version = {}\n", budget.schema_version);
    let header = [
        ("app", &budget.app),
        ("python", &budget.python),
        ("implementation", &budget.implementation),
        ("loop", &budget.event_loop),
        ("tool", &budget.tool),
        ("date", &budget.date),
        ("processor", &budget.processor),
        ("machine", &budget.machine),
    ];
    for (key, text) in header {
        let _ = writeln!(out, "{key} = {}", quoted(text));
    }
    for request in &budget.requests {
        out += &of_request(request);
    }
    out
}

fn of_request(request: &RequestBudget) -> String {
    let references = request.reference_us.iter();
    let references: Vec<String> = references
        .map(|(way, us)| format!("{} = {us:?}", way.name()))
        .collect();
    let TollBudget {
        toll_us,
        half_width_us,
        by,
    } = request.total;
    let mut out = format!(
        "\n[[requests]]\nrequest = {}\nstatus = {}\nwhole_us = {:?}\nreference_us = {{ {} }}\n\
         total = {{ toll_us = {toll_us:?}, half_width_us = {half_width_us:?}, by = \"{}\" }}\n",
        quoted(&request.request),
        request.status,
        request.whole_us,
        references.join(", "),
        by.name(),
    );
    for layer in &request.layers {
        out += &of_layer(layer);
    }
    out
}

fn of_layer(layer: &LayerBudget) -> String {
    let of_counts = |counts: &std::collections::BTreeMap<_, CountRange>| {
        let counts = counts
            .iter()
            .map(|(metric, range): (&crate::metric::Metric, _)| {
                format!("{} = {}", metric.name(), count(*range))
            });
        format!("{{ {} }}", counts.collect::<Vec<_>>().join(", "))
    };
    let number = |value: f64| format!("{value:?}");
    let text = |value: &String| quoted(value);
    let lines = [
        ("name", Some(quoted(&layer.name))),
        ("origin", Some(quoted(&layer.origin))),
        ("distribution", layer.distribution.as_ref().map(text)),
        ("version", layer.version.as_ref().map(text)),
        ("toll_us", layer.toll_us.map(number)),
        ("half_width_us", layer.half_width_us.map(number)),
        ("by", layer.by.map(|by: Instrument| quoted(by.name()))),
        ("counts", layer.counts.as_ref().map(of_counts)),
    ];
    let mut out = String::from("\n[[requests.layers]]\n");
    for (key, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {value}");
        }
    }
    out
}

fn count(range: CountRange) -> String {
    if range.low == range.high {
        range.low.to_string()
    } else {
        format!("[{}, {}]", range.low, range.high)
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
