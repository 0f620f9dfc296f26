//! From a pair of neighbouring releases to a step: its size, its culprit, and what changed in the code.

use toll_analysis::bisect::{Direction, Footprint, Lead, Step, direction};
use toll_analysis::compare::results::Comparison;
use toll_core::sample::Instrument;
use toll_stats::gate::Gate;

use super::prober::Prober;
use super::{culprit, mechanism};
use crate::comparing;

/// Looks at steps.
pub(super) struct Stairs<'p, 'a> {
    prober: &'p mut Prober<'a>,
    lead: Option<Lead>,
    /// The way that the ends of the range went.
    otherwise: Direction,
}

impl<'p, 'a> Stairs<'p, 'a> {
    pub(super) fn new(
        prober: &'p mut Prober<'a>,
        lead: Option<Lead>,
        otherwise: Direction,
    ) -> Self {
        Self {
            prober,
            lead,
            otherwise,
        }
    }

    /// Everything about one step.
    pub(super) fn step(&mut self, (low, high): (usize, usize)) -> anyhow::Result<Step> {
        let asked = &self.prober.state.held.instruments;
        let instruments = if asked.is_empty() {
            vec![Instrument::Counts, Instrument::Direct]
        } else {
            asked.clone()
        };
        let versions = [low, high].map(|place| self.prober.range.versions[place].clone());
        self.prober.printer.talk(format!(
            "Measuring the step from {} to {}",
            versions[0], versions[1]
        ));
        let rounds = Gate::default().next_look(0);
        let comparison = self.prober.compare((low, high), instruments, rounds)?;
        let ends = [self.footprint(low)?, self.footprint(high)?];
        let margin = comparing::margin(&self.prober.state.held.margin)?.relative;
        let lead = self.lead.clone();
        let lead = lead
            .filter(|lead| ends[0].differs_in(&ends[1], lead, margin))
            .or_else(|| ends[0].lead(&ends[1], margin));
        let swapped = culprit::swap(self.prober, (low, high), &comparison, lead.as_ref(), &ends)?;
        let target = &self.prober.range.distribution;
        let culprit = culprit::name(&swapped, target, comparison.moved.len());
        let direction = direction(&comparison, lead.as_ref(), ends.each_ref());
        let mechanism = mechanism::of(self.prober, (low, high), culprit.as_deref());
        let [last_before, first_after] = versions;
        Ok(Step {
            confirmed: direction.is_some(),
            direction: direction.unwrap_or(self.otherwise),
            last_before,
            first_after,
            base: comparison.base.clone(),
            toll: comparison.toll.clone(),
            shape: Some(comparison.shape.clone()),
            culprit,
            swapped,
            skipped_between: self.prober.range.versions[low + 1..high].to_vec(),
            mechanism,
            comparison,
        })
    }

    fn footprint(&mut self, place: usize) -> anyhow::Result<Footprint> {
        let probe = self.prober.probe(place)?;
        probe
            .map(|known| known.footprint)
            .map_err(|skipped| anyhow::anyhow!("{}: {}", skipped.version, skipped.reason))
    }
}

/// The count in which two releases differ most, and how.
pub(super) fn lead_in_words(lead: &Lead, before: &Footprint, after: &Footprint) -> String {
    let value = |footprint: &Footprint| footprint.value(lead).unwrap_or(0.0);
    let of = if lead.in_toll {
        "per layer"
    } else {
        "without layers"
    };
    format!(
        "{} {of} ({:.1} and {:.1})",
        lead.count.replace('_', " "),
        value(before),
        value(after)
    )
}

const UNCONFIRMED: &str =
    " (Comparing these two by themselves did not show it again: it may lie beside them.)";

/// A step in a sentence.
pub(super) fn in_words(distribution: &str, step: &Step) -> String {
    let direction = match step.direction {
        Direction::Slower => "slower",
        Direction::Faster => "faster",
    };
    let blame = match &step.culprit {
        Some(culprit) if culprit == distribution => String::new(),
        Some(culprit) => format!(" This step is {culprit}'s, not {distribution}'s."),
        None => " Which distribution makes it was not found.".to_owned(),
    };
    format!(
        "{distribution} became {direction} between {} and {}.{}{} {}{blame}",
        step.last_before,
        step.first_after,
        between(step),
        if step.confirmed { "" } else { UNCONFIRMED },
        size(&step.comparison)
    )
}

fn between(step: &Step) -> String {
    if step.skipped_between.is_empty() {
        String::new()
    } else {
        format!(
            " (Between them, without a number: {}.)",
            step.skipped_between.join(", ")
        )
    }
}

fn size(comparison: &Comparison) -> String {
    comparison.why.clone()
}
