//! The judgement: samples in, tolls with intervals, shapes and findings out. No I/O, no clock, no
//! chance: equal samples give equal results.
//!
//! The way of the data, one file a step:
//!
//! ```text
//! MeasuredRun
//!   series      one series: what each of its instruments says, and all of them together
//!   method      what is done with the samples of each instrument
//!   timed       load and direct, by the way of gauge (which clock, which numbers of a cell):
//!     reading     one slice in µs and shares
//!     blocks      which cells take part, which blocks are complete
//!     model       the terms of the cost model that the levels can tell apart
//!     estimate    a fit in every block, its median over the round, its centre over the rounds
//!     shape       linear, superlinear, step, flat or unclear
//!     cell        one cell's own numbers
//!   counts/     ranges over the repeats, what the layers add, and the shape of that
//!   findings/   what follows from all of it
//! Analysis
//! ```
//!
//! **The cost model** is `cost(n) = a + f·[n ≥ 1] + b·n`, and `+ c·n²` in a second fit that only
//! judges the shape. What the levels do not determine is absent: without level 0 there is neither
//! *a* nor *f*; with level 0 and a single other level there is no *f*, and *b* is the mean cost of
//! a layer, the first one included; *c* needs three levels at or above one layer.
//! Where the cost is bent, *b* is the mean slope over the levels, and *f* is taken from the fit with
//! *c*, because the straight one would take the bend for a first layer.
//!
//! **Inference is relative inside the block.** The speed of a machine drifts and the drift does
//! not average out, so every block is divided by its own mean over the cells (the anchor). Fits
//! and intervals are made of these ratios; microseconds are ratios times the run's reference, the
//! median anchor. The interval therefore says how well the toll is known *relative to the cost of
//! the requests beside it*, and the printed base belongs to it.
//!
//! **The round is the only replicate**: slices of one process are not independent. A round's value
//! is the median over its blocks, the estimate is Hodges & Lehmann's over the rounds, the interval
//! the exact one of the signed-rank test. It needs six rounds.
//!
//! **Exclusion is blind to the arm**: a block lacking one cell is left out whole.
//!
//! **Counts have no noise**: equal requests give equal counts, so their terms are differences of
//! integers. A count that did not repeat is a range with its cause, never an average.

pub mod audit;
pub mod bisect;
mod blocks;
mod cell;
mod combine;
pub mod compare;
mod counts;
mod estimate;
mod findings;
mod gauge;
pub mod history;
mod labels;
mod latency;
mod method;
mod model;
mod precision;
mod reading;
pub mod results;
mod rounds;
mod run;
mod schema;
pub mod selftest;
mod series;
mod shape;
#[cfg(test)]
mod synthetic;
mod timed;
mod words;

pub use combine::combine;
pub use findings::CODES;
pub use precision::{Precision, toll_precision};
pub use run::analyse;
pub use schema::{schema, schemas};
