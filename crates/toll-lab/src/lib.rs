//! The hands of asgi-toll: environments, servers, instruments and processes. It conducts a plan and
//! says what happens; what the numbers mean is judged elsewhere.

pub mod bench;
pub mod conduct;
pub mod containers;
pub mod cores;
pub mod driving;
pub mod generator;
pub mod host;
pub mod instrument;
pub mod ledger;
pub mod noise;
pub mod process;
pub mod provision;
pub mod serving;
