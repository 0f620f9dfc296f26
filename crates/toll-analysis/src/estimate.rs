//! From blocks to the terms of the cost model: a weighted fit of the block's relative costs in
//! every block, the median over the blocks of a round, Hodges & Lehmann over the rounds.

use std::collections::BTreeMap;

use toll_stats::least_squares;
use toll_stats::location::Location;
use toll_stats::quantile::{mean, median};

use crate::blocks::{BlockId, Blocks};
use crate::model::{self, Term};
use crate::results::Estimate;
use crate::rounds;
use crate::shape;

/// The terms of one fit, relative to the reference.
pub(crate) type Fit = BTreeMap<Term, Location>;

/// What the blocks of a series say about its cost.
#[derive(Debug)]
pub(crate) struct Costs {
    /// The median over rounds of the rounds' median anchors, µs: what the relative terms are
    /// multiplied with. An anchor is the mean cost over the cells of a block.
    pub reference_us: f64,
    /// The fit without curvature.
    pub straight: Fit,
    /// The fit with curvature, where the levels determine it.
    pub curved: Fit,
    /// The largest number of middlewares that took part.
    pub most_middlewares: u32,
}

impl Costs {
    /// The costs; `None` where no block is complete.
    pub(crate) fn of(blocks: &Blocks<'_>) -> Option<Self> {
        Self::against(blocks, &anchors(blocks))
    }

    /// The costs relative to `anchors`, by block: those of the series itself, or of one that stood beside
    /// it. Blocks without an anchor do not count.
    pub(crate) fn against(blocks: &Blocks<'_>, anchors: &Anchors) -> Option<Self> {
        let relative = RelativeBlocks::of(blocks, anchors)?;
        Some(Self {
            reference_us: relative.reference_us,
            straight: relative.fit(&model::straight(&blocks.levels())),
            curved: model::curved(&blocks.levels())
                .map(|terms| relative.fit(&terms))
                .unwrap_or_default(),
            most_middlewares: relative.levels.last().copied()?,
        })
    }

    /// The straight part only: enough to know how narrow the toll's interval is.
    pub(crate) fn toll(blocks: &Blocks<'_>) -> Option<Location> {
        let relative = RelativeBlocks::of(blocks, &anchors(blocks))?;
        relative
            .fit(&model::straight(&relative.levels))
            .remove(&Term::Toll)
    }

    /// The first layer's own part in microseconds. Where the cost is bent, the straight fit would
    /// count the bend as a first layer, so it is taken from the fit that knows of the bend.
    pub(crate) fn told_first_layer(&self) -> Option<Estimate> {
        let fit = if shape::is_bent(self) {
            &self.curved
        } else {
            &self.straight
        };
        fit.get(&Term::FirstLayer)
            .map(|location| rounds::told(location.scaled(self.reference_us), "us"))
    }

    /// A term of the straight fit in microseconds.
    pub(crate) fn told(&self, term: Term) -> Option<Estimate> {
        self.straight
            .get(&term)
            .map(|location| rounds::told(location.scaled(self.reference_us), "us"))
    }

    /// The curvature in microseconds per layer squared.
    pub(crate) fn told_curvature(&self) -> Option<Estimate> {
        self.curved
            .get(&Term::Curvature)
            .map(|location| rounds::told(location.scaled(self.reference_us), "us"))
    }
}

/// What the costs of a block are divided by, µs.
pub(crate) type Anchors = BTreeMap<BlockId, f64>;

/// The mean cost over the cells of each complete block.
pub(crate) fn anchors(blocks: &Blocks<'_>) -> Anchors {
    let anchor = |block: &BlockId| Some((*block, mean(&costs_in(blocks, *block))?));
    blocks
        .complete
        .iter()
        .filter_map(anchor)
        .filter(|(_, anchor)| *anchor > 0.0)
        .collect()
}

/// The median over the rounds of the rounds' median anchors, µs.
pub(crate) fn reference_us(anchors: &Anchors) -> Option<f64> {
    let of_rounds = anchors.iter().map(|(block, anchor)| (block.0, *anchor));
    median(&rounds::medians(of_rounds))
}

fn costs_in(blocks: &Blocks<'_>, block: BlockId) -> Vec<f64> {
    let cells = blocks.taking_part();
    cells
        .filter_map(|cell| cell.by_block.get(&block))
        .map(|reading| reading.cpu_us)
        .collect()
}

/// The complete blocks, each divided by its anchor.
struct RelativeBlocks {
    levels: Vec<u32>,
    blocks: Vec<(BlockId, Vec<f64>)>,
    weights: Vec<f64>,
    reference_us: f64,
}

impl RelativeBlocks {
    fn of(blocks: &Blocks<'_>, anchors: &Anchors) -> Option<Self> {
        let levels: Vec<u32> = blocks
            .taking_part()
            .map(|cell| cell.cell.middlewares)
            .collect();
        let costs: Vec<(BlockId, Vec<f64>)> = blocks
            .complete
            .iter()
            .filter(|block| anchors.contains_key(block))
            .map(|block| (*block, costs_in(blocks, *block)))
            .collect();
        Some(Self {
            weights: weights(&costs, levels.len())?,
            levels,
            blocks: costs
                .into_iter()
                .map(|(block, costs)| (block, divided(&costs, anchors[&block])))
                .collect(),
            reference_us: reference_us(anchors)?,
        })
    }

    /// Where each of `terms` lies, relative to the reference.
    fn fit(&self, terms: &[Term]) -> Fit {
        let columns: Vec<Vec<f64>> = terms
            .iter()
            .map(|term| self.levels.iter().map(|n| term.factor(*n)).collect())
            .collect();
        let fitted: Vec<(u32, Vec<f64>)> = self
            .blocks
            .iter()
            .filter_map(|(block, costs)| {
                least_squares::weighted(&columns, costs, &self.weights)
                    .map(|found| (block.0, found))
            })
            .collect();
        let location = |place: usize| {
            rounds::locate(fitted.iter().map(|(round, found)| (*round, found[place])))
        };
        terms
            .iter()
            .enumerate()
            .filter_map(|(place, term)| location(place).map(|found| (*term, found)))
            .collect()
    }
}

/// Noise is multiplicative, so a cell's variance grows with the square of its cost: each cell
/// weighs one over the square of its median over the run. One set of weights for all blocks keeps
/// the estimate linear in the block, hence unbiased.
fn weights(costs: &[(BlockId, Vec<f64>)], cells: usize) -> Option<Vec<f64>> {
    (0..cells)
        .map(|cell| {
            let of_cell: Vec<f64> = costs.iter().map(|(_, costs)| costs[cell]).collect();
            median(&of_cell).map(|cost| cost.powi(-2))
        })
        .collect()
}

fn divided(costs: &[f64], anchor: f64) -> Vec<f64> {
    costs.iter().map(|cost| cost / anchor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gauge::LOAD;
    use crate::synthetic::Synthetic;

    fn costs(synthetic: &Synthetic) -> Costs {
        Costs::of(&Blocks::of(&synthetic.series(), &LOAD, 10)).unwrap()
    }

    #[test]
    fn without_noise_the_planted_terms_come_out() {
        let planted = Synthetic {
            noiseless: true,
            first_us: 16.0,
            ..Synthetic::default()
        };
        let costs = costs(&planted);
        for (term, expected) in [
            (Term::Base, planted.base_us),
            (Term::FirstLayer, 16.0),
            (Term::Toll, planted.toll_us),
        ] {
            let told = costs.told(term).unwrap();
            assert!(
                (told.estimate - expected).abs() < 0.01,
                "{term:?}: {told:?}"
            );
        }
        assert!(costs.told_curvature().unwrap().estimate.abs() < 0.001);
    }

    #[test]
    fn the_intervals_cover_what_was_planted_as_often_as_they_say() {
        let shape = Synthetic {
            first_us: 10.0,
            ..Synthetic::default()
        };
        let runs: Vec<Costs> = (0..400)
            .map(|seed| {
                costs(&Synthetic {
                    seed,
                    ..shape.clone()
                })
            })
            .collect();
        let truths = [
            (Term::Toll, shape.toll_us),
            (Term::FirstLayer, 10.0),
            (Term::Base, shape.base_us),
            (Term::Curvature, 0.0),
        ];
        for (term, truth_us) in truths {
            let truth = truth_us / shape.true_anchor_us();
            let intervals: Vec<_> = runs
                .iter()
                .filter_map(|costs| {
                    costs
                        .straight
                        .get(&term)
                        .or(costs.curved.get(&term))?
                        .interval
                })
                .collect();
            let covered = intervals
                .iter()
                .filter(|interval| interval.low <= truth && truth <= interval.high)
                .count();
            let (share, promised) = (covered as f64 / runs.len() as f64, intervals[0].confidence);
            // Four standard errors of a share of 0.96 over 400 runs.
            assert!(
                (share - promised).abs() < 0.04,
                "{term:?}: {share} instead of {promised}"
            );
        }
    }

    #[test]
    fn no_level_at_all_is_no_cost() {
        let none = Synthetic {
            levels: vec![],
            ..Synthetic::default()
        };
        assert!(Costs::of(&Blocks::of(&none.series(), &LOAD, 10)).is_none());
    }
}
