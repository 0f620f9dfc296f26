//! From blocks in which both sides stood side by side to the differences of each round.

use std::collections::{BTreeMap, BTreeSet};

use toll_core::sample::MeasuredSeries;
use toll_core::settings::Settings;
use toll_stats::least_squares;
use toll_stats::quantile::{mean, median};

use crate::blocks::{BlockId, Blocks};
use crate::gauge::Gauge;
use crate::model::{self, Term};
use crate::rounds;

/// One term, round by round, in µs at the run's reference speed.
#[derive(Debug, Clone, Default)]
pub(super) struct TermContrast {
    /// On the first side.
    pub before: Vec<f64>,
    /// On the second side.
    pub after: Vec<f64>,
    /// The second less the first, taken in each block before the median over the round.
    pub difference: Vec<f64>,
}

/// Two series, block by block.
#[derive(Debug, Clone)]
pub(super) struct Contrast {
    /// Numbers of middlewares that both have.
    pub levels: Vec<u32>,
    /// Numbers of middlewares that only one of them has: nothing is said of such a pair.
    pub one_sided: Vec<u32>,
    /// Rounds in which both have a block, by number.
    pub rounds: Vec<u32>,
    /// The terms that the levels determine.
    pub terms: BTreeMap<Term, TermContrast>,
}

/// What both sides cost in one block, level by level, relative to the block's mean over all cells of
/// both: the speed of the machine, which drifts, is in all of them and cancels.
struct Pair {
    round: u32,
    before: Vec<f64>,
    after: Vec<f64>,
}

impl Contrast {
    /// The contrast; `None` where no block has every cell of both sides.
    pub(super) fn of(
        (before, after): (&MeasuredSeries, &MeasuredSeries),
        gauge: &Gauge,
        settings: &Settings,
    ) -> Option<Self> {
        let sides = [before, after].map(|side| Blocks::of(side, gauge, settings.connections));
        let (levels, blocks) = common(&sides);
        let costs = |block: &BlockId| {
            let [before, after] = sides.each_ref().map(|side| costs(side, &levels, *block));
            Some((block.0, before?, after?))
        };
        let costs: Vec<_> = blocks.iter().filter_map(costs).collect();
        let anchor = |(round, before, after): &(u32, Vec<f64>, Vec<f64>)| {
            Some((*round, mean(&[before.as_slice(), after].concat())?))
        };
        let reference_us = median(&rounds::medians(costs.iter().filter_map(anchor)))?;
        let pairs: Vec<Pair> = costs.into_iter().filter_map(relative).collect();
        let terms = model::straight(&levels);
        let rounds: BTreeSet<u32> = pairs.iter().map(|pair| pair.round).collect();
        Some(Self {
            terms: contrasts(&pairs, &levels, &terms, reference_us)?,
            one_sided: one_sided(&sides),
            rounds: rounds.into_iter().collect(),
            levels,
        })
    }
}

/// The levels and the blocks that both sides have.
fn common(sides: &[Blocks<'_>; 2]) -> (Vec<u32>, Vec<BlockId>) {
    let [before, after] = sides;
    let others = after.levels();
    let levels = before
        .levels()
        .into_iter()
        .filter(|level| others.contains(level));
    let blocks = before
        .complete
        .iter()
        .filter(|block| after.complete.contains(block));
    (levels.collect(), blocks.copied().collect())
}

/// The levels that one side has and the other lacks.
fn one_sided(sides: &[Blocks<'_>; 2]) -> Vec<u32> {
    let [before, after] = sides.each_ref().map(Blocks::levels);
    let lacks = |levels: &[u32], level: &u32| !levels.contains(level);
    let mut found: Vec<u32> = before
        .iter()
        .copied()
        .filter(|level| lacks(&after, level))
        .collect();
    found.extend(after.iter().copied().filter(|level| lacks(&before, level)));
    found
}

fn costs(side: &Blocks<'_>, levels: &[u32], block: BlockId) -> Option<Vec<f64>> {
    let cost = |level: &u32| {
        let cell = side
            .taking_part()
            .find(|cell| cell.cell.middlewares == *level)?;
        cell.by_block.get(&block).map(|reading| reading.cpu_us)
    };
    levels.iter().map(cost).collect()
}

fn relative((round, before, after): (u32, Vec<f64>, Vec<f64>)) -> Option<Pair> {
    let anchor = mean(&[before.as_slice(), &after].concat()).filter(|anchor| *anchor > 0.0)?;
    let divided = |costs: Vec<f64>| costs.into_iter().map(|cost| cost / anchor).collect();
    Some(Pair {
        round,
        before: divided(before),
        after: divided(after),
    })
}

fn contrasts(
    pairs: &[Pair],
    levels: &[u32],
    terms: &[Term],
    reference_us: f64,
) -> Option<BTreeMap<Term, TermContrast>> {
    let columns: Vec<Vec<f64>> = terms
        .iter()
        .map(|term| levels.iter().map(|n| term.factor(*n)).collect())
        .collect();
    let weights = weights(pairs, levels.len())?;
    let fit = |costs: &[f64]| least_squares::weighted(&columns, costs, &weights);
    let fitted: Vec<(u32, Vec<f64>, Vec<f64>)> = pairs
        .iter()
        .filter_map(|pair| Some((pair.round, fit(&pair.before)?, fit(&pair.after)?)))
        .collect();
    let of_rounds = |value: &dyn Fn(&[f64], &[f64]) -> f64| {
        let values = fitted
            .iter()
            .map(|(round, before, after)| (*round, value(before, after)));
        let medians = rounds::medians(values);
        medians
            .into_iter()
            .map(|value| value * reference_us)
            .collect::<Vec<f64>>()
    };
    let contrast = |(place, term): (usize, &Term)| {
        let contrast = TermContrast {
            before: of_rounds(&|before, _| before[place]),
            after: of_rounds(&|_, after| after[place]),
            difference: of_rounds(&|before, after| after[place] - before[place]),
        };
        (*term, contrast)
    };
    Some(terms.iter().enumerate().map(contrast).collect())
}

/// One over the square of a level's cost, as noise is multiplicative; the same on both sides, so that
/// equal sides are fitted equally.
fn weights(pairs: &[Pair], levels: usize) -> Option<Vec<f64>> {
    let weight = |level: usize| {
        let costs: Vec<f64> = pairs
            .iter()
            .flat_map(|pair| [pair.before[level], pair.after[level]])
            .collect();
        median(&costs).map(|cost| cost.powi(-2))
    };
    (0..levels).map(weight).collect()
}
