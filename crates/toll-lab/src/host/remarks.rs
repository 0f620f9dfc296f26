//! What the facts mean for measuring. Pure.

use toll_core::host::{Host, Remark, Severity};

const GIGABYTE: u64 = 1_000_000_000;
const MEGABYTE: u64 = 1_000_000;

/// A fact that is looked at, if it is known. A new one is one line in [`CHECKS`].
type Check = fn(&Host) -> Option<Remark>;

const CHECKS: [Check; 11] = [
    |host| Some(cores(host)),
    threads_per_core,
    governor,
    load,
    steal,
    virtual_machine,
    clock,
    disk,
    |host| Some(uv(host)),
    |host| Some(interpreters(host)),
    |host| Some(engine(host)),
];

/// A remark for every fact that is known, in reading order.
pub fn remarks(host: &Host) -> Vec<Remark> {
    CHECKS.iter().filter_map(|check| check(host)).collect()
}

fn fine(topic: &str, seen: impl Into<String>) -> Remark {
    Remark {
        severity: Severity::Fine,
        topic: topic.to_owned(),
        seen: seen.into(),
        advice: String::new(),
    }
}

fn warning(topic: &str, seen: impl Into<String>, advice: &str) -> Remark {
    Remark {
        severity: Severity::Warning,
        advice: advice.to_owned(),
        ..fine(topic, seen)
    }
}

fn unfit(topic: &str, seen: impl Into<String>, advice: &str) -> Remark {
    Remark {
        severity: Severity::Unfit,
        ..warning(topic, seen, advice)
    }
}

fn cores(host: &Host) -> Remark {
    let model = host
        .cpu_model
        .as_deref()
        .map(|model| format!(", {model}"))
        .unwrap_or_default();
    match host.cores {
        0 | 1 => warning(
            "cores",
            format!("1 core{model}"),
            "server and load generator share it: believe CPU per request, not requests/s; use a machine with two or more",
        ),
        cores => fine("cores", format!("{cores} cores{model}")),
    }
}

fn threads_per_core(host: &Host) -> Option<Remark> {
    Some(match (host.threads_per_core?, host.cores) {
        (1, _) => fine("hyper-threads", "1 thread per core"),
        (threads, cores) if cores <= threads as usize => warning(
            "hyper-threads",
            format!("{threads} threads per core, and only one core"),
            "server and load generator share one core's units: expect requests/s to spread; compare CPU per request only within one run",
        ),
        (threads, _) => fine(
            "hyper-threads",
            format!("{threads} threads per core; server and load generator get different cores"),
        ),
    })
}

fn governor(host: &Host) -> Option<Remark> {
    let governor = host.governor.as_deref()?;
    Some(match governor {
        "performance" => fine("governor", governor),
        _ => warning(
            "governor",
            governor,
            "the frequency follows the load: set `performance` (`cpupower frequency-set -g performance`) for steadier times",
        ),
    })
}

fn load(host: &Host) -> Option<Remark> {
    let load = host.load_average?;
    let seen = format!("{load:.2} on {} cores", host.cores);
    let is_idle = load < 0.3 * host.cores.max(1) as f64;
    Some(if is_idle {
        fine("load", seen)
    } else {
        warning(
            "load",
            seen,
            "other programs are running: end them, or expect wider intervals",
        )
    })
}

fn steal(host: &Host) -> Option<Remark> {
    let share = host.steal_share?;
    let seen = format!("{:.1} % stolen by the hypervisor", share * 100.0);
    Some(if share < 0.01 {
        fine("steal", seen)
    } else {
        warning(
            "steal",
            seen,
            "the machine is shared: measure at another time, or on one of your own",
        )
    })
}

fn virtual_machine(host: &Host) -> Option<Remark> {
    Some(fine(
        "machine",
        if host.virtual_machine? {
            "virtual"
        } else {
            "physical"
        },
    ))
}

fn clock(host: &Host) -> Option<Remark> {
    let cost = host.clock_read_ns;
    let source = host.clock_source.as_deref();
    let seen = match (source, cost) {
        (Some(source), Some(cost)) => format!("{source}, {cost:.0} ns per reading"),
        (Some(source), None) => source.to_owned(),
        (None, cost) => format!("{:.0} ns per reading", cost?),
    };
    let is_slow = cost.is_some_and(|cost| cost > 200.0);
    Some(if is_slow && source != Some("tsc") {
        warning(
            "clock",
            seen,
            "reading the clock is slow and adds to every measured request: choose the clock source `tsc` if the machine has it",
        )
    } else if is_slow {
        warning(
            "clock",
            seen,
            "reading the clock is unusually slow: something else takes the processor, or the system calls are traced",
        )
    } else {
        fine("clock", seen)
    })
}

fn disk(host: &Host) -> Option<Remark> {
    let free = host.disk_free_bytes?;
    let seen = if free >= GIGABYTE {
        format!("{:.1} GB free", free as f64 / GIGABYTE as f64)
    } else {
        format!("{} MB free", free / MEGABYTE)
    };
    Some(if free < 100 * MEGABYTE {
        unfit(
            "disk",
            seen,
            "environments and results do not fit: free some space, or choose other folders with --out and --cache-dir",
        )
    } else if free < GIGABYTE {
        warning(
            "disk",
            seen,
            "ten environments take up to 1 GB: free some space, or `asgi-toll cache clean`",
        )
    } else {
        fine("disk", seen)
    })
}

fn uv(host: &Host) -> Remark {
    fine(
        "uv",
        host.uv
            .as_deref()
            .unwrap_or("not installed; it will be fetched from the package index"),
    )
}

fn interpreters(host: &Host) -> Remark {
    let names = |one: &toll_core::host::Interpreter| match one.implementation.as_str() {
        "cpython" => one.version.clone(),
        other => format!("{other} {}", one.version),
    };
    let found: Vec<String> = host.interpreters.iter().map(names).collect();
    if found.is_empty() {
        unfit(
            "interpreters",
            "none found",
            "install Python 3.8 or newer, from your system, with pyenv, or with `uv python install`",
        )
    } else {
        fine("interpreters", found.join(", "))
    }
}

fn engine(host: &Host) -> Remark {
    fine(
        "container engine",
        host.container_engine
            .as_deref()
            .unwrap_or("none answers; none is needed"),
    )
}

#[cfg(test)]
mod tests;
