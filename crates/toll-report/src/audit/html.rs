//! `audit.html`: one page that fetches nothing, with a waterfall for each request.

use std::fmt::Write as _;

use toll_analysis::audit::results::{AuditReport, LayerAudit, RequestAudit, WhatIf};
use toll_analysis::results::Finding;

use super::{budget, names, served, what_if};
use crate::format;
use crate::html::esc;
use crate::plot::{Strip, waterfall_svg};

const CSS: &str = include_str!("../../assets/report.css");
/// What a layer is stands at the left, its numbers at the right.
const OWN_CSS: &str = ".layers th:nth-child(-n+2), .layers td:nth-child(-n+2), .budget th, .budget td { text-align: left; }\n\
    .budget .num { text-align: right; }\n.changes th:first-child, .changes td:first-child { text-align: left; }\nfigure { margin: 1em 0; }\nfigure svg { max-width: 100%; height: auto; }\n";
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page.
pub(super) fn render(report: &AuditReport) -> String {
    let sections: String = report.requests.iter().map(of_request).collect();
    let app = esc(&report.app);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{app}: what its middlewares cost</title>\n<style>\n{CSS}{OWN_CSS}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>What the middlewares of <span>{app}</span> cost</h1>\n<p class=\"muted\">Python {} · {} · asgi-toll {} · CPU time in-process, without a server; intervals of 95 %</p>\n</header>\n{sections}</main>\n</body>\n</html>\n",
        esc(&report.python),
        esc(&crate::facts::machine(&report.host)),
        esc(&report.tool.version),
    )
}

fn of_request(request: &RequestAudit) -> String {
    let head = format!(
        "<section>\n<h2><code>{}</code> → {}</h2>\n",
        esc(&request.request),
        request.status
    );
    if let Some(error) = &request.error {
        let lines = esc(&error.log_tail.join("\n"));
        return format!(
            "{head}<p class=\"caveat\">No number: {}</p>\n<pre>{lines}</pre>\n</section>\n",
            esc(&error.message)
        );
    }
    let rows: String = request.layers.iter().map(row).collect();
    let findings: String = names::findings(request).into_iter().map(card).collect();
    let mut failures = String::new();
    for failure in names::failures(request) {
        let _ = writeln!(failures, "<p class=\"caveat\">{}</p>", esc(&failure));
    }
    let change = request.what_if.as_ref().map(of_change).unwrap_or_default();
    format!(
        "{head}<p><b>{}</b></p>\n<figure>{}</figure>\n<div class=\"scroll\"><table class=\"layers\">\n<thead><tr><th>layer, outermost first</th><th>from</th><th class=\"num\">µs</th><th>interval</th><th class=\"num\">share</th><th class=\"num\">taken out</th><th class=\"num\">at its borders</th><th class=\"num\">calls</th><th class=\"num\">tasks</th><th class=\"num\">hops</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n{failures}{}{change}{}<div class=\"cards\">\n{findings}</div>\n</section>\n",
        esc(&names::verdict(request)),
        waterfall_svg(&strips(request)),
        under_load(request),
        budget::html(request),
    )
}

/// What a change would bring.
fn of_change(asked: &WhatIf) -> String {
    let mut out = format!("<p><b>{}</b></p>\n", esc(&what_if::verdict(asked)));
    for note in what_if::notes(asked) {
        let _ = writeln!(out, "<p class=\"muted\">{}</p>", esc(&note));
    }
    let rows = what_if::rows(asked);
    if rows.is_empty() {
        return out;
    }
    let cells = |tag: &str, cells: &[String]| -> String {
        let cells = cells
            .iter()
            .map(|cell| format!("<{tag} class=\"num\">{}</{tag}>", esc(cell)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = rows.iter().map(|row| cells("td", row)).collect();
    out + &format!(
        "<div class=\"scroll\"><table class=\"changes\">\n<thead>{}</thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        cells("th", &what_if::HEADINGS.map(str::to_owned))
    )
}

fn under_load(request: &RequestAudit) -> String {
    let Some(text) = served::paragraph(request) else {
        return String::new();
    };
    let paragraph = format!("<p>{}</p>\n", esc(&text));
    match served::log_tail(request) {
        [] => paragraph,
        lines => format!("{paragraph}<pre>{}</pre>\n", esc(&lines.join("\n"))),
    }
}

fn row(layer: &LayerAudit) -> String {
    let micros = |estimate: Option<&toll_analysis::results::Estimate>| {
        estimate.map_or_else(
            || format::NONE.to_owned(),
            |estimate| names::micros(estimate.estimate),
        )
    };
    let mut out = format!(
        "<tr><td><b>{}</b> <span class=\"muted\">{}</span></td><td>{}</td>",
        esc(&layer.layer.name),
        esc(&names::place(layer)),
        esc(&names::origin(layer))
    );
    let numbers = [
        micros(layer.toll.as_ref()),
        layer.toll.as_ref().map(names::interval).unwrap_or_default(),
        layer
            .share
            .map_or_else(String::new, |share| format::percent(share.max(0.0))),
        micros(layer.ablation.as_ref()),
        micros(layer.exclusive.as_ref()),
    ];
    let counts = names::COUNTS.map(|(count, _)| names::count(layer, count));
    for number in numbers.iter().chain(&counts) {
        let _ = write!(out, "<td class=\"num\">{}</td>", esc(number));
    }
    out + "</tr>\n"
}

fn card(finding: &Finding) -> String {
    let advice = if finding.advice.is_empty() {
        String::new()
    } else {
        format!("<p class=\"advice\">{}</p>\n", esc(&finding.advice))
    };
    format!(
        "<article class=\"card finding likely\">\n<h3>{}</h3>\n<p>{}</p>\n{advice}<p class=\"small muted\"><code>{}</code></p>\n</article>\n",
        esc(&finding.title),
        esc(&finding.evidence),
        esc(&finding.code)
    )
}

/// The layers as the waterfall draws them, and what is inside of all of them.
fn strips(request: &RequestAudit) -> Vec<Strip> {
    let layers = request.layers.iter().map(|layer| Strip {
        name: layer.layer.name.clone(),
        micros: layer.toll.as_ref().map(|toll| toll.estimate.max(0.0)),
        is_layer: true,
    });
    let inside = Strip {
        name: "what is inside".to_owned(),
        micros: inside(request),
        is_layer: false,
    };
    layers.chain([inside]).collect()
}

/// The whole less its layers; what its own borders say, where that is not known.
fn inside(request: &RequestAudit) -> Option<f64> {
    let (whole, total) = (request.whole.as_ref(), request.total.as_ref());
    let known = || {
        let tolls = request
            .layers
            .iter()
            .filter_map(|layer| layer.toll.as_ref());
        tolls.map(|toll| toll.estimate).sum()
    };
    let layers = total.map_or_else(known, |total| total.toll.estimate);
    let rest = whole.map(|whole| whole.estimate - layers);
    rest.or_else(|| request.inside.as_ref().map(|inside| inside.estimate))
        .map(|rest| rest.max(0.0))
}
