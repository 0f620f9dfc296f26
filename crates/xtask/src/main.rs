//! Chores: `cargo xtask bench-load` puts load generators side by side.

mod bench_load;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// CPU per request of toll-load, wrk, bombardier and oha against the same servers.
    BenchLoad(bench_load::Wish),
    /// The static server; started by `bench-load` itself.
    #[command(hide = true)]
    KnownServer { spec: String },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::BenchLoad(wish) => bench_load::run(&wish),
        Chore::KnownServer { spec } => Ok(toll_accuracy::known::serve(&spec)?),
    }
}
