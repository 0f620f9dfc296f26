//! From an audit to the budget that is saved.

use std::collections::BTreeMap;

use toll_core::budget::{BUDGET_SCHEMA_VERSION, Budget, LayerBudget, RequestBudget, TollBudget};
use toll_core::host::Host;
use toll_core::sample::{Instrument, MeasuredRun, MeasuredSeries};
use toll_stats::location::hodges_lehmann;

use super::Conditions;
use super::counted::Counted;
use super::paced::{self, Of, Paced};
use crate::audit::Asked;
use crate::audit::results::{AuditReport, LayerAudit, RequestAudit};
use crate::rounds::CONFIDENCE;

/// Figures are told to a thousandth of a microsecond.
const DECIMALS: f64 = 1e3;

/// A day has so many letters, `2026-11-29`.
const DAY: usize = 10;

/// The budget of an audit; `machine` is the machine in words.
///
/// # Errors
/// It was stopped, or a request or a layer has no number or no interval; in words.
pub fn budget(
    run: &MeasuredRun,
    (asked, report): (&[Asked], &AuditReport),
    (conditions, machine): (&Conditions, String),
) -> Result<Budget, String> {
    if report.interrupted {
        return Err("the audit was stopped before it was done".to_owned());
    }
    let requests = asked.iter().zip(&report.requests);
    let requests: Result<Vec<RequestBudget>, String> = requests
        .map(|(asked, told)| request(run, asked, told))
        .collect();
    let date = run.started_at.get(..DAY).unwrap_or(&run.started_at);
    Ok(Budget {
        schema_version: BUDGET_SCHEMA_VERSION,
        app: report.app.clone(),
        python: conditions.python.clone(),
        implementation: conditions.implementation.clone(),
        event_loop: conditions.event_loop.clone(),
        tool: run.tool_version.clone(),
        date: date.to_owned(),
        processor: conditions.processor.clone(),
        machine,
        requests: requests?,
    })
}

/// The processor of a machine: model and architecture.
pub fn processor(host: &Host) -> String {
    let model = host.cpu_model.as_deref().unwrap_or_default();
    format!("{model} {}", host.machine).trim().to_owned()
}

fn request(run: &MeasuredRun, asked: &Asked, told: &RequestAudit) -> Result<RequestBudget, String> {
    let nothing = MeasuredSeries::default();
    let series = |place: Option<usize>| {
        let known = place.and_then(|place| run.series.get(place));
        known.unwrap_or(&nothing)
    };
    let (variants, borders) = (series(asked.variants), series(asked.borders));
    let paced = paced::both(variants, borders);
    let counted = Counted::of(variants);
    let lacks = |what: &str| format!("{}: {what}", asked.request);
    let whole = told
        .whole
        .as_ref()
        .ok_or_else(|| lacks("it has no number"))?;
    let layers = told.layers.iter().map(|told| {
        let unknown = || lacks(&format!("{} {UNKNOWN}", told.layer.name));
        layer(told, &paced, &counted).ok_or_else(unknown)
    });
    Ok(RequestBudget {
        request: asked.request.clone(),
        status: asked.status,
        whole_us: rounded(whole.estimate),
        layers: layers.collect::<Result<_, _>>()?,
        total: total(&paced, asked.layers.len())
            .ok_or_else(|| lacks(&format!("what all layers take {UNKNOWN}")))?,
        reference_us: references(&paced),
    })
}

/// What is said of a figure that cannot be saved.
const UNKNOWN: &str =
    "is not known with an interval: six rounds are needed, allow more with --time";

fn references(paced: &[Paced]) -> BTreeMap<Instrument, f64> {
    let references = paced.iter();
    references
        .map(|paced| (paced.by, rounded(paced.reference_us)))
        .collect()
}

/// All layers together; of none, nothing.
fn total(paced: &[Paced], layers: usize) -> Option<TollBudget> {
    if layers > 0 {
        return at_borders(paced, Of::Total);
    }
    Some(TollBudget {
        toll_us: 0.0,
        half_width_us: 0.0,
        by: paced.last()?.by,
    })
}

fn layer(told: &LayerAudit, paced: &[Paced], counted: &Counted) -> Option<LayerBudget> {
    let toll = at_borders(paced, Of::Layer(told.position))?;
    Some(LayerBudget {
        name: told.layer.name.clone(),
        origin: told.layer.origin.clone(),
        distribution: told.layer.distribution.clone(),
        version: told.layer.version.clone(),
        toll_us: Some(toll.toll_us),
        half_width_us: Some(toll.half_width_us),
        by: Some(toll.by),
        counts: counted.added(told.position),
    })
}

/// What was read at the borders, where the report may tell the ablation: it is known of every layer whichever
/// can be taken out, all of them come from one slice, and it is not moved by how busy the machine is. Without
/// the layer, where its borders told nothing.
fn at_borders(paced: &[Paced], of: Of) -> Option<TollBudget> {
    paced.iter().rev().find_map(|paced| saved(paced, of))
}

fn saved(paced: &Paced, of: Of) -> Option<TollBudget> {
    let location = hodges_lehmann(paced.toll(of)?, CONFIDENCE)?;
    let interval = location.interval?;
    Some(TollBudget {
        toll_us: rounded(location.estimate),
        half_width_us: rounded((interval.high - interval.low) / 2.0),
        by: paced.by,
    })
}

fn rounded(us: f64) -> f64 {
    (us * DECIMALS).round() / DECIMALS
}
