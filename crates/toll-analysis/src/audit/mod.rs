//! What each layer of somebody's own application takes. Pure.
//!
//! Two ways that know nothing of one another: *ablation*, the application with and without the layer,
//! and *exclusive accounting*, what passes between its borders. Where both have a number the ablation is
//! told, because it holds all that the layer causes (tasks, garbage, other layers' work), unless it is too
//! vague beside the other; where they disagree, that is a finding. Exact counts say what it does. What all
//! layers together take under a real server stands beside that.

pub mod budget;
mod cost;
mod findings;
mod known;
pub mod results;
mod served;
mod what_if;
mod wrong;

use std::collections::BTreeMap;

use toll_core::audit::{BARE, Behaviour, CHANGED, Layer, Removal, cell_of};
use toll_core::metric::Metric;
use toll_core::sample::{Instrument, MeasuredRun, MeasuredSeries};
use toll_core::settings::Settings;
use toll_stats::quantile::median;

pub use findings::CODES;
pub use what_if::{LEAST_ROUNDS, MOST_ROUNDS, Place, Supposed};

use crate::precision::Precision;
use crate::results::{Estimate, Tool};
use cost::Costs;
use results::{AUDIT_SCHEMA_VERSION, AuditReport, LayerAudit, RequestAudit, Total, Way};

/// How well a layer is to be known: by a share of its cost, or by a share of the whole, whichever is more.
const PRECISION: (f64, f64) = (0.05, 0.002);

/// An ablation whose interval's half is more than this part of it is vague.
const VAGUE: f64 = 0.15;

/// What was asked, and what a first look saw.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method and path.
    pub request: String,
    /// Status of the answer.
    pub status: u16,
    /// Bytes of its body.
    pub body_bytes: u64,
    /// The layers, outermost first.
    pub layers: Vec<Layer>,
    /// What became of the application without each.
    pub removals: Vec<Removal>,
    /// What each does with the request; shorter where that was not seen.
    pub behaviour: Vec<Option<Behaviour>>,
    /// What is to be compared with the application as it is.
    pub supposed: Option<Supposed>,
    /// The place of the series with its variants in the run, where there is one.
    pub variants: Option<usize>,
    /// The place of the series with its layers by themselves.
    pub borders: Option<usize>,
    /// The place of the series of the whole under a real server.
    pub served: Option<usize>,
}

/// How far one instrument of an audit has come; `beside` is the series of another environment that
/// stands beside it.
pub fn precision(
    series: &MeasuredSeries,
    beside: Option<&MeasuredSeries>,
    instrument: Instrument,
    settings: &Settings,
) -> Precision {
    let costs = match instrument {
        Instrument::Ablation => cost::by_ablation(series),
        Instrument::Exclusive => cost::by_borders(series),
        Instrument::Load => return served::precision(series, settings),
        _ => return crate::toll_precision(series, instrument, settings),
    };
    let worst = cost::worst(&costs, PRECISION);
    let enough = costs.rounds >= settings.rounds_min as usize;
    let asks_for_change =
        instrument == Instrument::Ablation && (beside.is_some() || costs.of.contains_key(&CHANGED));
    let is_known = costs.of.is_empty() || worst.is_some_and(|worst| worst <= 1.0);
    Precision {
        rounds: costs.rounds,
        half_width: worst.map(|worst| worst * PRECISION.0),
        done: enough
            && if asks_for_change {
                what_if::is_decided(series, beside)
            } else {
                is_known
            },
    }
}

/// Judges an audit.
pub fn judge(run: &MeasuredRun, app: &str, asked: &[Asked]) -> AuditReport {
    let first = run.series.first();
    AuditReport {
        schema_version: AUDIT_SCHEMA_VERSION,
        tool: Tool {
            name: "asgi-toll".to_owned(),
            version: run.tool_version.clone(),
        },
        app: app.to_owned(),
        python: first
            .map(|series| series.axes.get(toll_core::axes::PYTHON).to_owned())
            .unwrap_or_default(),
        lock: first.map(|series| series.lock.clone()).unwrap_or_default(),
        host: run.host.clone(),
        remarks: run.remarks.clone(),
        interrupted: run.interrupted,
        requests: asked.iter().map(|asked| request(run, asked)).collect(),
        wall_s: run.wall_s,
    }
}

fn request(run: &MeasuredRun, asked: &Asked) -> RequestAudit {
    let nothing = MeasuredSeries::default();
    let known = |place: Option<usize>| run.series.get(place?);
    let series = |place| known(place).unwrap_or(&nothing);
    let (variants, borders) = (series(asked.variants), series(asked.borders));
    let layers_out = asked
        .removals
        .iter()
        .filter(|one| one.is_possible())
        .count();
    let load = known(asked.served);
    let (ablation, exclusive) = (cost::by_ablation(variants), cost::by_borders(borders));
    let whole = ablation.whole.clone().or_else(|| exclusive.whole.clone());
    let counted = counted(variants);
    let layers = asked.layers.iter().zip(&asked.removals).enumerate();
    let mut layers: Vec<LayerAudit> = layers
        .map(|(position, (known, removal))| {
            let mut layer = layer((position, known, removal), &ablation, &exclusive);
            layer.behaviour = asked.behaviour.get(position).cloned().flatten();
            layer.share = share(layer.toll.as_ref(), whole.as_ref());
            layer.counts = added(&counted, cell_of(position));
            layer.error = wrong::of_layer(variants, cell_of(position), &layer);
            layer
        })
        .collect();
    let at_once = at_once(&layers, &ablation);
    let all = (at_once, exclusive.of.get(&BARE));
    let total = total(&layers, all, whole.as_ref());
    for layer in &mut layers {
        layer.findings = findings::of_layer(layer);
    }
    let supposed = asked.supposed.as_ref();
    RequestAudit {
        what_if: supposed.map(|supposed| what_if::judge(run, (variants, &layers), supposed)),
        at_once: at_once.cloned(),
        in_company: ablation.in_company.clone(),
        request: asked.request.clone(),
        status: asked.status,
        body_bytes: asked.body_bytes,
        findings: wrong::other_answers([variants, borders])
            .into_iter()
            .chain(findings::of_stack(&findings::Stack {
                layers: &layers,
                is_whole: total.is_some(),
                at_once,
                in_company: ablation.in_company.as_ref(),
            }))
            .collect(),
        inside: exclusive.of.get(&BARE).cloned(),
        load: load.map(|load| served::judge(load, &run.settings, layers_out)),
        rounds: [
            (Way::Ablation.name().to_owned(), ablation.rounds),
            (Way::Exclusive.name().to_owned(), exclusive.rounds),
        ]
        .into_iter()
        .collect(),
        error: whole
            .is_none()
            .then(|| wrong::error([variants, borders]))
            .flatten(),
        whole,
        total,
        layers,
        budget: None,
    }
}

fn layer(
    (position, layer, removal): (usize, &Layer, &Removal),
    ablation: &Costs,
    exclusive: &Costs,
) -> LayerAudit {
    let of = |costs: &Costs| costs.of.get(&cell_of(position)).cloned();
    let (ablation, exclusive) = (of(ablation), of(exclusive));
    let by = better(ablation.as_ref(), exclusive.as_ref());
    LayerAudit {
        position,
        layer: layer.clone(),
        toll: match by {
            Some(Way::Ablation) => ablation.clone(),
            Some(Way::Exclusive) => exclusive.clone(),
            None => None,
        },
        by,
        ablation,
        exclusive,
        share: None,
        counts: BTreeMap::new(),
        removal: removal.clone(),
        behaviour: None,
        error: None,
        findings: Vec::new(),
    }
}

/// Which of two numbers is told: the ablation, unless it is known so badly that it says nothing beside
/// the other, as of a light layer in a heavy application.
fn better(ablation: Option<&Estimate>, exclusive: Option<&Estimate>) -> Option<Way> {
    match (ablation, exclusive) {
        (Some(ablation), Some(exclusive)) => {
            let told = ablation.half_width();
            let is_vague = match (told, exclusive.half_width()) {
                (Some(told), Some(other)) => told > VAGUE * ablation.estimate.abs() && told > other,
                (Some(_), None) => false,
                // Of a few rounds the difference of two large numbers says little.
                (None, _) => true,
            };
            Some(if is_vague {
                Way::Exclusive
            } else {
                Way::Ablation
            })
        }
        (Some(_), None) => Some(Way::Ablation),
        (None, Some(_)) => Some(Way::Exclusive),
        (None, None) => None,
    }
}

fn share(part: Option<&Estimate>, whole: Option<&Estimate>) -> Option<f64> {
    let (part, whole) = (part?.estimate, whole?.estimate);
    (whole > 0.0).then(|| part / whole)
}

/// What is saved when all that can be taken out are; with a single one, that is what it takes.
fn at_once<'a>(layers: &[LayerAudit], ablation: &'a Costs) -> Option<&'a Estimate> {
    let mut out = layers.iter().filter(|layer| layer.removal.is_possible());
    match (out.next(), out.next()) {
        (Some(only), None) => ablation.of.get(&cell_of(only.position)),
        _ => ablation.of.get(&BARE),
    }
}

/// What all layers take, where each is known. Those that can be taken out were taken out at once; to
/// that comes what the others take by themselves. Where nothing was taken out it is the share that the
/// layers have of all parts, of which what is `inside` of them is one.
fn total(
    layers: &[LayerAudit],
    (at_once, inside): (Option<&Estimate>, Option<&Estimate>),
    whole: Option<&Estimate>,
) -> Option<Total> {
    if layers.is_empty() {
        return None;
    }
    let sum = |layers: &mut dyn Iterator<Item = &LayerAudit>| -> f64 {
        let tolls = layers.filter_map(|layer| layer.toll.as_ref());
        tolls.map(|toll| toll.estimate).sum()
    };
    let is_out = |layer: &&LayerAudit| layer.removal.is_possible();
    let parts_us = sum(&mut layers.iter());
    let rest_us = sum(&mut layers.iter().filter(|layer| !is_out(layer)));
    let all_out = layers.iter().all(|layer| is_out(&layer));
    let measured = at_once.filter(|_| all_out);
    if measured.is_none() && layers.iter().any(|layer| layer.toll.is_none()) {
        return None;
    }
    let toll = match (measured, at_once, inside) {
        (Some(measured), _, _) => measured.clone(),
        (None, Some(at_once), _) => told(at_once.estimate + rest_us),
        (None, None, Some(inside)) => {
            told(whole?.estimate * parts_us / (parts_us + inside.estimate))
        }
        (None, None, None) => told(parts_us),
    };
    Some(Total {
        share: share(Some(&toll), whole)?,
        measured: measured.is_some(),
        sum_of_parts_us: parts_us,
        toll,
    })
}

/// A number without an interval.
fn told(estimate: f64) -> Estimate {
    Estimate {
        estimate,
        low: None,
        high: None,
        confidence: 0.0,
        unit: "us".to_owned(),
    }
}

/// The counts of every cell: the median over its repeats, which are equal where they are exact.
fn counted(series: &MeasuredSeries) -> BTreeMap<u32, BTreeMap<Metric, f64>> {
    let cells = series.cells(Instrument::Counts).iter();
    cells
        .map(|cell| {
            let of = |metric: Metric| {
                let values: Vec<f64> = cell
                    .slices
                    .iter()
                    .filter_map(|slice| slice.readings.get(metric))
                    .map(|value| value as f64)
                    .collect();
                Some((metric, median(&values)?))
            };
            (cell.middlewares, Metric::counts().filter_map(of).collect())
        })
        .collect()
}

/// What the application has more than without the layer.
fn added(counted: &BTreeMap<u32, BTreeMap<Metric, f64>>, cell: u32) -> BTreeMap<String, f64> {
    let (Some(whole), Some(without)) = (counted.get(&toll_core::audit::WHOLE), counted.get(&cell))
    else {
        return BTreeMap::new();
    };
    let both = whole.iter().filter_map(|(metric, whole)| {
        let without = without.get(metric)?;
        Some((metric.name().to_owned(), whole - without))
    });
    both.collect()
}

#[cfg(test)]
mod tests;
