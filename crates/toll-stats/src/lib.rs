//! Pure numbers: slices in, numbers out. Nothing here knows what the numbers mean.
//!
//! * [`quantile`]: medians and quantiles.
//! * [`signed_rank`]: Wilcoxon's signed-rank test and the null distribution of its statistic.
//! * [`gate`]: the test in a few looks, so that a clear case ends early at no cost in false alarms.
//! * [`holm`]: p-values of many comparisons, adjusted to each other.
//! * [`binomial`]: shares of successes, with exact bounds.
//! * [`location`]: where a sample lies, with an interval that needs no normal distribution.
//! * [`least_squares`]: weighted least squares for small designs.
//! * [`distance`]: how far a sample is from what it should be distributed like.
//! * [`random`]: a generator whose numbers stay the same from version to version.

pub mod binomial;
pub mod distance;
#[cfg(test)]
mod examples;
pub mod gate;
pub mod holm;
pub mod least_squares;
pub mod location;
pub mod quantile;
pub mod random;
pub mod signed_rank;

pub use random::Random;
