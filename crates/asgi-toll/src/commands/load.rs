//! `asgi-toll load`: the load generator alone.

use std::fs;

use anyhow::{Context, anyhow, bail};
use toll_load::{Expectation, LoadPlan, LoadResult, Request, Schedule, Stop, Target};

use crate::cli::LoadArgs;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;
use crate::stop;

pub(crate) fn run(args: &LoadArgs, printer: Printer) -> anyhow::Result<Exit> {
    let plan = plan(args)?;
    let abort = stop::flag()?;
    let progress = printer.progress();
    let total = settings::duration(&args.duration)?;
    let result = toll_load::run(&plan, &abort, &mut |seen| progress.load(seen, total))?;
    progress.clear();
    if printer.json {
        printer.json(&Versioned {
            schema_version: 1,
            result: &result,
        })?;
    } else {
        printer.data(&in_words(&result))?;
    }
    Ok(exit_of(&result))
}

/// The result with the version of its format.
#[derive(serde::Serialize)]
struct Versioned<'a> {
    schema_version: u32,
    #[serde(flatten)]
    result: &'a LoadResult,
}

fn exit_of(result: &LoadResult) -> Exit {
    match (result.aborted, result.ok, result.errors.total()) {
        (true, ..) => Exit::Interrupted,
        (_, 0, _) => Exit::NothingMeasured,
        (_, _, 0) => Exit::Done,
        _ => Exit::SomeFailed,
    }
}

fn plan(args: &LoadArgs) -> anyhow::Result<LoadPlan> {
    let target = Target::parse(&args.url)?;
    if !target.is_loopback() && !args.allow_remote {
        bail!(
            "{} is not on this machine; add --allow-remote if you may put it under load",
            args.url
        );
    }
    let request = request(args, &target)?;
    let mut plan = LoadPlan::new(target, request);
    plan.expectation = Expectation {
        status: args.expect_status,
        ..Expectation::default()
    };
    plan.connections = args.connections as usize;
    plan.threads = args.threads as usize;
    plan.cores = cores(args);
    plan.schedule = match args.rate {
        Some(rate) if rate > 0.0 && rate.is_finite() => Schedule::ConstantRate { per_second: rate },
        Some(rate) => bail!("--rate {rate} is no rate; write requests per second, such as 1000"),
        None => Schedule::Closed,
    };
    plan.stop = Stop::After(settings::duration(&args.duration)?);
    plan.warmup = settings::duration(&args.warmup)?;
    plan.timeout = settings::duration(&args.timeout)?;
    if plan.connections == 0 || plan.threads == 0 {
        bail!("at least one connection and one thread are needed");
    }
    Ok(plan)
}

/// The last cores, so that a server that was bound to the first ones is left alone.
fn cores(args: &LoadArgs) -> Vec<usize> {
    if !args.cores.is_empty() {
        return args.cores.clone();
    }
    let (allowed, wanted) = (toll_lab::cores::allowed(), args.threads as usize);
    // Where there is no core to spare, threads run where the system puts them.
    if allowed.len() <= wanted {
        return Vec::new();
    }
    allowed[allowed.len() - wanted..].to_vec()
}

fn request(args: &LoadArgs, target: &Target) -> anyhow::Result<Request> {
    let mut request = Request::new(args.method.to_uppercase(), target.path());
    for header in &args.headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| anyhow!("`{header}` is no header; write `name: value`"))?;
        request = request.header(name.trim(), value.trim());
    }
    match &args.body {
        None => Ok(request),
        Some(text) => Ok(request.body(body(text)?)),
    }
}

fn body(text: &str) -> anyhow::Result<Vec<u8>> {
    match text.strip_prefix('@') {
        Some(file) => fs::read(file).with_context(|| format!("the body {file} cannot be read")),
        None => Ok(text.as_bytes().to_vec()),
    }
}

fn in_words(result: &LoadResult) -> String {
    let mut lines = vec![
        format!(
            "{} {} for {:.2} s, {} connections",
            result.method,
            result.target,
            seconds(result.wall_ns),
            result.connections
        ),
        format!("requests/s   {:.1}", result.achieved_rate),
        format!(
            "answered     {} rightly, {} wrongly or not at all",
            result.ok,
            result.errors.total()
        ),
        latency_line("latency", &result.latency),
    ];
    if let Some(latency) = &result.latency_from_schedule {
        lines.push(latency_line("from due", latency));
    }
    if let (Some(asked), Some(ratio)) = (result.asked_rate, result.rate_ratio) {
        lines.push(format!(
            "asked rate   {asked:.1}/s, reached {:.1} %",
            ratio * 100.0
        ));
    }
    if let Some(lag) = &result.schedule_lag {
        lines.push(format!(
            "sent late    p50 {}, p99 {}, max {}",
            micros(lag.p50_ns),
            micros(lag.p99_ns),
            micros(lag.max_ns)
        ));
    }
    lines.extend(
        result
            .errors
            .by_class()
            .filter(|(_, count)| *count > 0)
            .map(|(fault, count)| format!("  {count} × {fault}")),
    );
    lines.push(format!(
        "generator    {:.0} % of a core, {} of CPU per request",
        result.client_utilisation * 100.0,
        micros(result.client_cpu_ns / result.sent.max(1)),
    ));
    if let Some(ratio) = result.littles_law_ratio {
        let verdict = if (0.97..=1.03).contains(&ratio) {
            "as it must be"
        } else {
            "out of bounds: do not trust the latencies"
        };
        lines.push(format!("Little's law {ratio:.3} ({verdict})"));
    }
    if let Some(mode) = &result.delayed_ack {
        lines.push(format!(
            "warning: {:.1} % of the answers took about 40 ms: the server sends head and body apart without TCP_NODELAY",
            mode.share * 100.0
        ));
    }
    if result.client_utilisation > 0.8 {
        lines.push("warning: the load generator was busy for more than 80 %; the server may be faster than this".to_owned());
    }
    lines.join("\n")
}

fn latency_line(name: &str, latency: &toll_load::Latency) -> String {
    format!(
        "{name:<12} mean {}, p50 {}, p90 {}, p99 {}, p99.9 {}, max {}",
        micros(latency.mean_ns),
        micros(latency.p50_ns),
        micros(latency.p90_ns),
        micros(latency.p99_ns),
        micros(latency.p999_ns),
        micros(latency.max_ns),
    )
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn micros(ns: u64) -> String {
    match ns {
        0..10_000_000 => format!("{:.1} µs", ns as f64 / 1e3),
        _ => format!("{:.1} ms", ns as f64 / 1e6),
    }
}
