//! Whose step is it? Where more than the release differs between the two sides, each distribution is
//! swapped by itself.

use anyhow::anyhow;
use toll_analysis::bisect::{Footprint, Lead, Swapped};
use toll_analysis::compare::results::{Comparison, Moved};
use toll_core::requirement;
use toll_core::sample::Instrument;

use super::prober::Prober;
use crate::comparing::{Planned, Side};

/// Swaps each distribution that differs between the sides, everything else as it was before the step.
pub(super) fn swap(
    prober: &mut Prober<'_>,
    (low, _): (usize, usize),
    comparison: &Comparison,
    lead: Option<&Lead>,
    ends: &[Footprint; 2],
) -> anyhow::Result<Vec<Swapped>> {
    let (Some(lead), true) = (lead, comparison.moved.len() > 1) else {
        return Ok(Vec::new());
    };
    let mut swapped = Vec::new();
    for moved in &comparison.moved {
        let (Some(before), Some(after)) = (&moved.before, &moved.after) else {
            continue;
        };
        prober.printer.talk(format!(
            "Swapping {} {before} → {after} by itself",
            moved.distribution
        ));
        let lock = with(&comparison.before.lock, moved, after);
        let footprint = counted(prober, low, &lock)?;
        swapped.push(Swapped {
            distribution: moved.distribution.clone(),
            before: before.clone(),
            after: after.clone(),
            makes_the_step: footprint.and_then(|found| makes(&found, lead, ends)),
        });
    }
    Ok(swapped)
}

/// The culprit: the one distribution that makes the step by itself, or the only one that differs.
pub(super) fn name(swapped: &[Swapped], distribution: &str, moved: usize) -> Option<String> {
    if moved <= 1 {
        return Some(distribution.to_owned());
    }
    let mut makers = swapped
        .iter()
        .filter(|one| one.makes_the_step == Some(true));
    let maker = makers.next()?;
    makers.next().is_none().then(|| maker.distribution.clone())
}

/// The lock of one side with one distribution as it is on the other.
fn with(lock: &[String], moved: &Moved, version: &str) -> Vec<String> {
    let swap = |line: &String| {
        if requirement::distribution(line) == moved.distribution {
            format!("{}=={version}", moved.distribution)
        } else {
            line.clone()
        }
    };
    lock.iter().map(swap).collect()
}

/// Counts with exactly these distributions; `None` where they do not go together.
fn counted(
    prober: &mut Prober<'_>,
    low: usize,
    lock: &[String],
) -> anyhow::Result<Option<Footprint>> {
    let held = prober.held(vec![Instrument::Counts]);
    let side = Side::release(&prober.range.distribution, &prober.range.versions[low]);
    let mut planned = Planned::of(&side, &held)?;
    let series = planned
        .plan
        .series
        .first_mut()
        .ok_or_else(|| anyhow!("nothing to count"))?;
    series.requirements = lock.to_vec();
    // What they require of one another may forbid it; they are swapped all the same, to see whose step it is.
    series.apart.exact = true;
    let (run, _) = prober.counted(planned)?;
    let series = run.series.first().filter(|series| series.failure.is_none());
    Ok(series.and_then(|series| Footprint::of(series, &run.settings)))
}

/// Whether what was found is nearer to the side after the step.
fn makes(found: &Footprint, lead: &Lead, [before, after]: &[Footprint; 2]) -> Option<bool> {
    let (found, before, after) = (found.value(lead)?, before.value(lead)?, after.value(lead)?);
    Some((found - after).abs() < (found - before).abs())
}
