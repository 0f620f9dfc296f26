//! Timing releases: some at a time, in the same blocks as one of them that is in every group.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::bail;
use toll_analysis::history::{Beside, Timed, timed};
use toll_core::host::Host;
use toll_core::sample::Instrument;
use toll_lab::bench::{Comparison, Station};

use crate::commands::bisect::Prober;
use crate::commands::plan::span;
use crate::job::{self, Task, Tolls};
use crate::printer::Printer;
use crate::settings;

/// Rounds in which releases are timed: as many as an interval needs.
const ROUNDS: u32 = 6;
/// So many releases stand beside the reference at a time: the fewer, the closer they are in time, and the
/// more often the reference is measured again.
const MEMBERS: usize = 7;
/// Without a budget the rounds end it, or this many times what they are thought to take.
const PATIENCE: f64 = 3.0;

/// What the clock says.
pub(super) struct Clocked {
    /// The release beside which all others stood.
    pub(super) reference: String,
    /// By version.
    pub(super) times: BTreeMap<String, Timed>,
    pub(super) host: Host,
}

/// Times every release that was counted, beside the newest of them.
pub(super) fn clocked(
    prober: &mut Prober<'_>,
    printer: Printer,
) -> anyhow::Result<Option<Clocked>> {
    let versions: Vec<String> = prober
        .probed()
        .into_iter()
        .map(|probed| probed.version)
        .collect();
    let Some(reference) = versions.last().cloned() else {
        return Ok(None);
    };
    let (places, groups) = layout(&versions, |version| prober.place(version));
    let held = prober.held(vec![Instrument::Direct]);
    let mut planned = prober.at_same_levels(&places, &held)?;
    let settings = &mut planned.plan.settings;
    settings.rounds_min = ROUNDS;
    settings.rounds_max = ROUNDS;
    let estimate_s = planned.plan.duration_estimate().round_s * f64::from(ROUNDS);
    planned.plan.settings.budget_s = match &held.budget {
        Some(budget) => settings::duration(budget)?.as_secs().max(1),
        None => (PATIENCE * estimate_s) as u64 + 1,
    };
    printer.talk(format!(
        "Timing {} releases in {ROUNDS} rounds, {MEMBERS} at a time beside {reference}: about {}",
        versions.len(),
        span(estimate_s)
    ));
    let mut task = Task::new(planned.order(prober.folder(), held.seed))?;
    let prepared = job::prepare(&task, prober.workshop)?;
    let judge = Arc::new(Tolls(task.plan.settings.clone()));
    let together = |stations: Vec<Station>| together(&groups, &stations);
    let measured = job::measure(&mut task, &prepared, &together, judge, printer)?;
    if measured.interrupted {
        bail!("interrupted");
    }
    let by_place = timed(&measured.run, &groups);
    let clocked = Clocked {
        times: named(&versions, &groups, &by_place),
        reference,
        host: measured.run.host,
    };
    warn_of_few_rounds(&versions, &clocked, printer);
    Ok(Some(clocked))
}

/// The places in the range of all series, the reference first in each group, and the groups.
fn layout(versions: &[String], place: impl Fn(&str) -> usize) -> (Vec<usize>, Vec<Beside>) {
    let mut places = Vec::new();
    let mut groups = Vec::new();
    for members in versions.chunks(MEMBERS) {
        let reference = places.len();
        places.extend(versions.last().map(|version| place(version)));
        places.extend(members.iter().map(|version| place(version)));
        groups.push(Beside {
            reference,
            members: (reference + 1..places.len()).collect(),
        });
    }
    (places, groups)
}

/// The stations of each group. A release that cannot be timed leaves the others where they are; without the
/// reference there is no group.
fn together(groups: &[Beside], stations: &[Station]) -> Vec<Comparison> {
    let station = |place: &usize| stations.iter().find(|station| station.series == *place);
    let comparison = |group: &Beside| {
        let reference = station(&group.reference)?;
        let members: Vec<Station> = group.members.iter().filter_map(station).cloned().collect();
        let (first, last) = (members.first()?, members.last()?);
        Some(Comparison {
            label: format!("{} … {}", first.label, last.label),
            stations: std::iter::once(reference.clone()).chain(members).collect(),
            essential: 1,
        })
    };
    groups.iter().filter_map(comparison).collect()
}

/// Members stand in the order of the versions.
fn named(
    versions: &[String],
    groups: &[Beside],
    by_place: &BTreeMap<usize, Timed>,
) -> BTreeMap<String, Timed> {
    let members = groups.iter().flat_map(|group| &group.members);
    versions
        .iter()
        .zip(members)
        .filter_map(|(version, place)| Some((version.clone(), by_place.get(place)?.clone())))
        .collect()
}

fn warn_of_few_rounds(versions: &[String], clocked: &Clocked, printer: Printer) {
    let has_interval = |version: &&String| {
        let toll = clocked
            .times
            .get(*version)
            .and_then(|timed| timed.toll.as_ref());
        toll.is_some_and(|toll| toll.low.is_some())
    };
    let without = versions.len() - versions.iter().filter(has_interval).count();
    if without > 0 {
        printer.warning(format!(
            "{without} releases were timed in fewer than {ROUNDS} rounds and have no interval: give a longer --budget"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_stands_once_beside_the_newest() {
        let versions: Vec<String> = (0..10).map(|number| number.to_string()).collect();
        let (places, groups) = layout(&versions, |version| version.parse::<usize>().unwrap() * 2);
        assert_eq!(groups.len(), 2);
        let of =
            |places: &[usize], at: &[usize]| at.iter().map(|at| places[*at]).collect::<Vec<_>>();
        assert!(groups.iter().all(|group| places[group.reference] == 18));
        assert_eq!(of(&places, &groups[0].members), [0, 2, 4, 6, 8, 10, 12]);
        assert_eq!(of(&places, &groups[1].members), [14, 16, 18]);
        let timed = |rounds| Timed {
            rounds,
            ..Timed::default()
        };
        let by_place = [(1, timed(5)), (11, timed(6))].into_iter().collect();
        let named = named(&versions, &groups, &by_place);
        let rounds: Vec<(&str, usize)> = named
            .iter()
            .map(|(version, timed)| (version.as_str(), timed.rounds))
            .collect();
        assert_eq!(rounds, [("0", 5), ("9", 6)]);
    }
}
