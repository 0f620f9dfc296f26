//! The record of one run, in one SQLite file: the only place that knows SQL.
//!
//! A run is stored unit by unit, each in a transaction of its own, so that whatever ends the tool
//! leaves whole blocks and nothing else. Resuming asks the data what is there. Readings are raw
//! integers, latencies are lossless histograms, and a failure is a row like any other.
//! The tables are described in `schema.md`.

mod block;
mod error;
mod failure;
mod fault;
mod header;
mod hidden_layers;
mod instruments;
mod load;
mod lock;
mod progress;
mod schema;
mod series;
mod session;
mod store;
mod text;

pub use error::{Result, StoreError};
pub use header::Header;
pub use hidden_layers::Origin;
pub use progress::SeriesProgress;
pub use series::SeriesFacts;
pub use store::Store;
