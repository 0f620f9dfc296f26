//! Pure numbers: slices in, numbers out. Nothing here knows what the numbers mean.
//!
//! * [`quantile`]: medians and quantiles.
//! * [`signed_rank`]: the null distribution of Wilcoxon's signed-rank statistic.
//! * [`location`]: where a sample lies, with an interval that needs no normal distribution.
//! * [`least_squares`]: weighted least squares for small designs.
//! * [`distance`]: how far a sample is from what it should be distributed like.
//! * [`random`]: a generator whose numbers stay the same from version to version.

pub mod distance;
pub mod least_squares;
pub mod location;
pub mod quantile;
pub mod random;
pub mod signed_rank;

pub use random::Random;
