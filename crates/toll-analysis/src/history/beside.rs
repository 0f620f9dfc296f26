//! Releases that were timed in groups, each beside the same reference.
//!
//! A machine's speed changes within the minutes that a history takes, and all groups cannot stand in one
//! block. So the reference is measured in every group, and each block's costs are divided by what the
//! reference cost in that very block (the mean over its levels). Microseconds are these ratios times
//! what the reference costs in the middle of all groups.

use std::collections::BTreeMap;

use toll_core::sample::MeasuredRun;
use toll_stats::quantile::median;

use crate::blocks::Blocks;
use crate::estimate::{Anchors, Costs, anchors, reference_us};
use crate::gauge::DIRECT;
use crate::model::Term;
use crate::results::Estimate;

/// One group, by places in the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The reference.
    pub reference: usize,
    /// Those that were measured beside it.
    pub members: Vec<usize>,
}

/// What one release costs by the clock.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timed {
    /// *a*, µs.
    pub base: Option<Estimate>,
    /// *b*, µs.
    pub toll: Option<Estimate>,
    /// Rounds in which it stood beside the reference.
    pub rounds: usize,
}

/// Base and toll of every member of every group by `direct`, by place in the run. A member that never
/// stood in a block with its reference is absent.
pub fn timed(run: &MeasuredRun, groups: &[Beside]) -> BTreeMap<usize, Timed> {
    let connections = run.settings.connections;
    let blocks = |place: usize| {
        let series = run.series.get(place)?;
        Some(Blocks::of(series, &DIRECT, connections))
    };
    let references: Vec<Anchors> = groups
        .iter()
        .map(|group| blocks(group.reference).map_or_else(Anchors::new, |of| anchors(&of)))
        .collect();
    let speeds: Vec<f64> = references.iter().filter_map(reference_us).collect();
    let Some(speed_us) = median(&speeds) else {
        return BTreeMap::new();
    };
    let mut all = BTreeMap::new();
    for (group, anchors) in groups.iter().zip(&references) {
        for place in &group.members {
            let told = blocks(*place).and_then(|blocks| told(&blocks, anchors, speed_us));
            all.extend(told.map(|told| (*place, told)));
        }
    }
    all
}

fn told(blocks: &Blocks<'_>, anchors: &Anchors, speed_us: f64) -> Option<Timed> {
    let costs = Costs {
        reference_us: speed_us,
        ..Costs::against(blocks, anchors)?
    };
    let shared = blocks.complete.iter().filter(|id| anchors.contains_key(id));
    let rounds: std::collections::BTreeSet<u32> = shared.map(|(round, _)| *round).collect();
    Some(Timed {
        base: costs.told(Term::Base),
        toll: costs.told(Term::Toll),
        rounds: rounds.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::Synthetic;
    use toll_core::sample::MeasuredSeries;

    /// A reference of 50 + 5 n µs and a release whose layers cost `toll_us`, on a machine of some speed.
    fn group(seed: u64, toll_us: f64, speed: f64) -> [MeasuredSeries; 2] {
        let at_speed = |toll_us: f64| Synthetic {
            seed,
            levels: vec![0, 1, 5, 10],
            base_us: 50.0 * speed,
            toll_us: toll_us * speed,
            ..Synthetic::default()
        };
        at_speed(5.0).beside(&at_speed(toll_us))
    }

    fn run(groups: impl IntoIterator<Item = [MeasuredSeries; 2]>) -> (MeasuredRun, Vec<Beside>) {
        let series: Vec<MeasuredSeries> = groups.into_iter().flatten().collect();
        let of = |number: usize| Beside {
            reference: 2 * number,
            members: vec![2 * number + 1],
        };
        let groups = (0..series.len() / 2).map(of).collect();
        let run = MeasuredRun {
            series,
            ..MeasuredRun::default()
        };
        (run, groups)
    }

    #[test]
    fn a_machine_that_slows_down_between_groups_moves_no_release() {
        // The third group was measured while the machine was half as fast.
        let (run, groups) = run([group(1, 5.0, 1.0), group(2, 5.0, 1.0), group(3, 5.0, 2.0)]);
        let told = timed(&run, &groups);
        assert_eq!(told.len(), 3);
        for (place, told) in told {
            let toll = told.toll.unwrap();
            assert!(
                toll.low.unwrap() < 5.3 && toll.high.unwrap() > 4.7,
                "{place}: {toll:?}"
            );
            assert_eq!(told.rounds, 8);
        }
    }

    #[test]
    fn the_intervals_cover_what_was_planted_as_often_as_they_say() {
        let groups = (0..300).map(|seed| group(seed, 7.0, 1.0 + (seed % 5) as f64));
        let (run, groups) = run(groups);
        let told = timed(&run, &groups);
        // The reference's own cost at the speed in the middle, which is 3.
        let intervals = told.values().map(|told| told.toll.clone().unwrap());
        let covers = |toll: &Estimate| toll.low.unwrap() <= 21.0 && 21.0 <= toll.high.unwrap();
        let promised = told[&1].toll.as_ref().unwrap().confidence;
        let covered = intervals.filter(covers).count() as f64 / 300.0;
        assert!(
            (covered - promised).abs() < 0.05,
            "{covered}, not {promised}"
        );
    }

    #[test]
    fn a_release_that_never_stood_beside_the_reference_has_no_time() {
        let (mut run, groups) = run([group(1, 5.0, 1.0), group(2, 5.0, 1.0)]);
        run.series[3].instruments.clear();
        assert_eq!(timed(&run, &groups).keys().collect::<Vec<_>>(), [&1]);
        run.series[0].instruments.clear();
        assert!(timed(&run, &groups).is_empty());
    }
}
