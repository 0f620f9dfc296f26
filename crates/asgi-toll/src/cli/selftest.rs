//! `asgi-toll selftest`.

use std::path::PathBuf;

use clap::Args;

use super::HeldArgs;

/// `asgi-toll selftest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  asgi-toll selftest --aa 20                    twenty comparisons of equal sides: how many false alarms?
  asgi-toll selftest --plant 1us,5%,1call       are known effects found, and how large?
  asgi-toll selftest --aa 20 --noise            while another process burns the same core 30 % of the time
  asgi-toll selftest --aa 299 --out selftest    enough to bound the rate of false alarms below 1 %; an hour or two

Equal sides are environments that were built separately. An effect is planted in each layer of one side.
The bounds are exact (Clopper & Pearson), 95 % on the side that they bound.")]
pub(crate) struct SelftestArgs {
    /// How many comparisons of equal sides.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) aa: u32,
    /// Effects to plant in each layer of one side: `1us`, `5%` of what a layer costs, `1call`.
    #[arg(long, value_delimiter = ',', value_name = "EFFECT")]
    pub(crate) plant: Vec<String>,
    /// How many comparisons for each effect.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) repeats: u32,
    /// Burn the core that is measured on for 30 % of the time.
    #[arg(long)]
    pub(crate) noise: bool,
    /// What is measured.
    #[command(flatten)]
    pub(crate) held: HeldArgs,
    /// The distribution of both sides [default: that of the framework].
    #[arg(long, value_name = "REQUIREMENT", default_value = "starlette")]
    pub(crate) target: String,
    /// Folder for `selftest.json` and `selftest.md`; nothing is kept without it.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
