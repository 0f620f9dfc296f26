//! What is to be sent, from what was typed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use toll_load::{
    Expectation, Goal, LimitSettings, LoadPlan, Protocol, Request, Schedule, Stop, Target,
};

use crate::cli::{ArrivalKind, LoadArgs};
use crate::settings::{self, text_or_file};

/// The limit is confirmed for so many times as long as a rate is tried.
const CONFIRM: u32 = 3;
/// Below this the start of the load is most of it.
const SHORTEST_PROBE: Duration = Duration::from_millis(200);

pub(super) fn plan(args: &LoadArgs) -> anyhow::Result<LoadPlan> {
    // Only with --self-check there is none, and then nobody comes here.
    let url = args.url.as_deref().unwrap_or_default();
    let target = Target::parse(url)?;
    if !target.is_loopback() && !args.allow_remote {
        bail!("{url} is not on this machine; add --allow-remote if you may put it under load");
    }
    if args.connections == 0 || args.threads == 0 {
        bail!("at least one connection and one thread are needed");
    }
    let upgraded = args.expect_status.is_some() || !args.method.eq_ignore_ascii_case("GET");
    if target.protocol() == Protocol::WebSocket && upgraded {
        bail!(
            "a WebSocket begins with a GET that is answered with 101; leave --method and --expect-status out"
        );
    }
    let requests = requests(args, &target)?;
    let mut plan = LoadPlan::new(target, Request::get("/"));
    plan.requests = requests;
    plan.expectation = Expectation {
        status: args.expect_status,
        body: args.expect_body.as_deref().map(text_or_file).transpose()?,
        ..Expectation::default()
    };
    plan.connections = args.connections as usize;
    plan.threads = args.threads as usize;
    plan.cores = cores(args);
    plan.spin = args.spin;
    plan.schedule = schedule(args)?;
    plan.stop = match args.count {
        Some(count) => Stop::Count(count),
        None => Stop::After(settings::duration(&args.duration)?),
    };
    plan.warmup = settings::duration(&args.warmup)?;
    plan.timeout = settings::duration(&args.timeout)?;
    Ok(plan)
}

/// How the limit is searched.
pub(super) fn search(args: &LoadArgs, goal: Goal) -> anyhow::Result<LimitSettings> {
    let probe = settings::duration(&args.probe).context("--probe")?;
    if probe < SHORTEST_PROBE {
        bail!(
            "--probe {} is too short to say anything; 200ms is the least",
            args.probe
        );
    }
    let max_errors = args.max_errors.as_deref().map(settings::share);
    let resolution = settings::share(&args.resolution).context("--resolution")?;
    Ok(LimitSettings {
        goal,
        probe,
        confirm: probe * CONFIRM,
        resolution: resolution.max(0.005),
        max_error_share: max_errors
            .transpose()
            .context("--max-errors")?
            .unwrap_or(0.0),
        poisson_seed: poisson(args).then_some(args.seed),
    })
}

fn poisson(args: &LoadArgs) -> bool {
    args.arrivals == Some(ArrivalKind::Poisson)
}

fn schedule(args: &LoadArgs) -> anyhow::Result<Schedule> {
    let seed = args.seed;
    match args.rate {
        Some(rate) if !(rate > 0.0 && rate.is_finite()) => {
            bail!("--rate {rate} is no rate; write requests per second, such as 1000")
        }
        Some(per_second) if poisson(args) => Ok(Schedule::Poisson { per_second, seed }),
        Some(per_second) => Ok(Schedule::ConstantRate { per_second }),
        None if args.arrivals.is_some() && args.find_limit.is_none() => {
            bail!(
                "--arrivals says how requests at a rate follow one another; add --rate or --find-limit"
            )
        }
        None => Ok(Schedule::Closed),
    }
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

fn requests(args: &LoadArgs, target: &Target) -> anyhow::Result<Vec<Request>> {
    let mut requests = match &args.requests {
        Some(file) => from_file(file)?,
        None => vec![single(args, target)?],
    };
    for header in &args.headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| anyhow!("`{header}` is no header; write `name: value`"))?;
        let pair = (name.trim().to_owned(), value.trim().to_owned());
        for request in &mut requests {
            request.headers.push(pair.clone());
        }
    }
    Ok(requests)
}

fn single(args: &LoadArgs, target: &Target) -> anyhow::Result<Request> {
    let request = Request::new(args.method.to_uppercase(), target.path());
    match &args.body {
        None => Ok(request),
        Some(text) => Ok(request.body(text_or_file(text)?)),
    }
}

/// Files that it names are looked for beside it.
fn from_file(file: &Path) -> anyhow::Result<Vec<Request>> {
    let shown = file.display();
    let text =
        fs::read_to_string(file).with_context(|| format!("the requests {shown} cannot be read"))?;
    let beside = file.parent().unwrap_or(Path::new("."));
    toll_load::read_requests(&text, &mut |name| fs::read(beside.join(name)))
        .with_context(|| shown.to_string())
}
