//! Load generators side by side: what does a request cost each of them?

mod servers;
mod table;
mod tools;

use anyhow::Context;
use clap::Args;
use servers::Served;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use toll_accuracy::with_generated;
use toll_lab::cores::Cores;
use toll_stats::Random;
use tools::{Figures, Tool};

/// The marks of the written part of a page.
const MARK: &str = "bench-load";

/// What is to be measured.
#[derive(Debug, Args)]
pub(crate) struct Wish {
    /// How often each combination is measured.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long each time; whole seconds, as wrk knows no others.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Numbers of connections.
    #[arg(long, value_delimiter = ',', default_value = "1,10,100")]
    connections: Vec<u32>,
    /// Servers: `static`, `uvicorn`.
    #[arg(long, value_delimiter = ',', default_value = "static,uvicorn")]
    servers: Vec<String>,
    /// A Python that has uvicorn, such as that of `uv venv && uv pip install uvicorn`.
    #[arg(long, value_name = "PATH")]
    uvicorn_python: Option<PathBuf>,
    /// The program to measure, as built by `cargo build --release -p asgi-toll`.
    #[arg(long, default_value = "target/release/asgi-toll", value_name = "PATH")]
    asgi_toll: PathBuf,
    /// A page whose marked part gets the tables; a new file gets them alone.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// One measurement.
pub(crate) struct Sample {
    server: String,
    connections: u32,
    tool: String,
    figures: Figures,
}

pub(crate) fn run(wish: &Wish) -> anyhow::Result<()> {
    let cores = Cores::choose();
    let tools = tools::find(&wish.asgi_toll)?;
    let mut samples = Vec::new();
    for name in &wish.servers {
        let Some(server) = servers::start(name, wish.uvicorn_python.as_deref(), cores.server)?
        else {
            continue;
        };
        for round in 0..wish.rounds {
            say(&format!("{name}: round {} of {}", round + 1, wish.rounds))?;
            for connections in &wish.connections {
                samples.extend(once_each(wish, &tools, &server, name, *connections, cores)?);
            }
        }
    }
    let text = table::markdown(&samples, wish.rounds, wish.seconds);
    if let Some(path) = &wish.out {
        let page = std::fs::read_to_string(path).unwrap_or_default();
        let new = with_generated(&page, MARK, &text).unwrap_or_else(|| text.clone());
        anyhow::ensure!(
            page.is_empty() || new != text,
            "{} has no lines <!-- {MARK}:begin --> and <!-- {MARK}:end -->",
            path.display()
        );
        std::fs::write(path, new).with_context(|| format!("writing {}", path.display()))?;
    }
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// Every tool once, in random order, so that drift of the machine falls on all of them.
fn once_each(
    wish: &Wish,
    tools: &[Tool],
    server: &Served,
    name: &str,
    connections: u32,
    cores: Cores,
) -> anyhow::Result<Vec<Sample>> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos();
    let mut order: Vec<&Tool> = tools.iter().collect();
    Random::from_seed(u64::from(clock)).shuffle(&mut order);
    let time = Duration::from_secs(wish.seconds);
    let mut samples = Vec::new();
    for tool in order {
        let figures = tool.measure(server.url(), connections, time, cores.generator)?;
        samples.push(Sample {
            server: name.to_owned(),
            connections,
            tool: tool.title(),
            figures,
        });
    }
    Ok(samples)
}

/// Says something in passing.
fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "{text}")
}
