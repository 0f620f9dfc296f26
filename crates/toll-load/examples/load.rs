//! Sends load to a target in a closed loop and prints the result as JSON:
//! `load URL CONNECTIONS SECONDS [CORE [RATE]]`.

use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use toll_load::{LoadPlan, Request, Schedule, Stop, Target, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, connections, seconds, rest @ ..] = arguments.as_slice() else {
        return Err("usage: load URL CONNECTIONS SECONDS [CORE [RATE]]".into());
    };
    let target = Target::parse(url)?;
    let mut plan = LoadPlan::new(target.clone(), Request::get(target.path()));
    plan.connections = connections.parse()?;
    plan.stop = Stop::After(Duration::try_from_secs_f64(seconds.parse()?)?);
    if let Some(core) = rest.first() {
        plan.cores = vec![core.parse()?];
    }
    if let Some(rate) = rest.get(1) {
        plan.schedule = Schedule::ConstantRate {
            per_second: rate.parse()?,
        };
    }
    let result = run(&plan, &AtomicBool::new(false), &mut |_| {})?;
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::to_string_pretty(&result)?
    )?;
    Ok(())
}
