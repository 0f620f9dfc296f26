//! `asgi-toll selftest`: how often is the tool wrong, on this machine?

use std::time::Instant;

use anyhow::{Context as _, anyhow, bail};
use toll_analysis::compare::results::ComparisonReport;
use toll_analysis::results::Tool;
use toll_analysis::selftest::{Planted, SELFTEST_SCHEMA_VERSION, SelfTest, Trial, rates};
use toll_core::sample::Instrument;
use toll_lab::noise::Noise;
use toll_report::{render_selftest, selftest_markdown};

use crate::cli::{Global, HeldArgs, SelftestArgs};
use crate::comparing::{Side, carry_out, twice};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::job::{Task, Workshop};
use crate::printer::Printer;

pub(crate) fn run(args: &SelftestArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let planted = planted(args)?;
    let side = Side::parse(&args.target)?;
    let workshop = Workshop::open(global, args.held.uv.as_deref(), printer.hushed())?;
    let _noise = args.noise.then(noise).transpose()?;
    let scratch = tempfile::tempdir().context("no folder for what is measured")?;
    let mut bench = Bench {
        side,
        held: args.held.clone(),
        workshop,
        scratch,
        trials: Vec::new(),
        last: None,
        toll_us: None,
    };
    let total = planted.len();
    let (mut interrupted, mut failed) = (false, None);
    for (number, planted) in planted.into_iter().enumerate() {
        match bench.compare(planted) {
            Ok(true) => {}
            Ok(false) => {
                interrupted = true;
                break;
            }
            // What was measured so far is told all the same.
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
        if let Some(trial) = bench.trials.last() {
            printer.talk(format!("{} of {total}: {}", number + 1, in_words(trial)));
        }
    }
    let Some(test) = bench.told(args, interrupted || failed.is_some()) else {
        if let Some(error) = failed {
            return Err(error);
        }
        printer.talk("Interrupted before anything was measured");
        return Ok(Exit::Interrupted);
    };
    if let Some(out) = &args.out {
        let folder = Folder::for_reports(out)?;
        folder.keep("selftest.json", &serde_json::to_vec_pretty(&test)?)?;
        folder.keep("selftest.md", selftest_markdown(&test).as_bytes())?;
    }
    if printer.json {
        printer.json(&test)?;
    } else {
        printer.data(&render_selftest(&test))?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    Ok(if interrupted {
        Exit::Interrupted
    } else if test.rates.iter().all(|rate| rate.comparisons == 0) {
        Exit::NothingMeasured
    } else {
        Exit::Done
    })
}

/// Everything that is to be compared, in the order in which it is.
fn planted(args: &SelftestArgs) -> anyhow::Result<Vec<Planted>> {
    let mut all = vec![Planted::Nothing; args.aa as usize];
    let effects: Vec<Planted> = args
        .plant
        .iter()
        .map(|text| effect(text))
        .collect::<Result<_, _>>()?;
    // A share of what a layer costs can only be planted once that is known.
    if all.is_empty()
        && effects
            .iter()
            .any(|effect| matches!(effect, Planted::Share(_)))
    {
        all.push(Planted::Nothing);
    }
    // In turn, so that what changes on the machine meets all of them.
    for _ in 0..args.repeats {
        all.extend(&effects);
    }
    if all.is_empty() {
        bail!(
            "say what to test: `--aa 20` for false alarms, `--plant 1us,5%,1call` for known effects"
        );
    }
    Ok(all)
}

/// Reads `1us`, `5%` or `1call`.
fn effect(text: &str) -> anyhow::Result<Planted> {
    let text = text.trim();
    let number = |suffixes: &[&str]| {
        let number = suffixes
            .iter()
            .find_map(|suffix| text.strip_suffix(suffix))?;
        number
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && *number > 0.0)
    };
    let whole = |calls: &f64| calls.fract() == 0.0 && *calls <= 1e5;
    // The harness plants whole nanoseconds, less than a millisecond.
    let us = number(&["us", "µs"]).filter(|us| (0.001..999.0).contains(us));
    us.map(Planted::Us)
        .or_else(|| number(&["%"]).map(|percent| Planted::Share(percent / 100.0)))
        .or_else(|| {
            number(&["calls", "call"])
                .filter(whole)
                .map(|calls| Planted::Calls(calls as u32))
        })
        .ok_or_else(|| anyhow!("`{text}` is no effect; write `1us`, `5%` or `1call`"))
}

fn noise() -> anyhow::Result<Noise> {
    let tool = std::env::current_exe().context("the tool does not find itself")?;
    Noise::start(&tool).context("the noisy neighbour cannot be started")
}

/// Where trials are made.
struct Bench {
    side: Side,
    held: HeldArgs,
    workshop: Workshop,
    scratch: tempfile::TempDir,
    trials: Vec<Trial>,
    last: Option<ComparisonReport>,
    /// What a layer costs, once it is known.
    toll_us: Option<f64>,
}

impl Bench {
    /// One comparison; says whether it came to its end.
    fn compare(&mut self, planted: Planted) -> anyhow::Result<bool> {
        let (truth, plants) = self.plants(planted)?;
        let held = self.held_for(planted);
        let mut order = twice(&self.side, &held)?;
        // Counts are tested by themselves: they have no errors that more of them would find.
        for (series, plant) in order.plan.series.iter_mut().zip(plants) {
            series.apart.plant = plant;
        }
        let number = self.trials.len() as u64;
        order.out = Some(self.scratch.path().join(number.to_string()));
        order.seed = self.held.seed.map(|seed| seed.wrapping_add(number));
        let mut task = Task::new(order)?;
        let start = Instant::now();
        let compared = carry_out(&mut task, &self.workshop)?;
        let Some(compared) = compared.filter(|compared| !compared.interrupted) else {
            return Ok(false);
        };
        let trial = Trial::of(
            &compared.report,
            planted,
            truth,
            start.elapsed().as_secs_f64(),
        );
        if planted == Planted::Nothing {
            self.toll_us = self.toll_us.or(trial.toll_before);
        }
        self.trials.push(trial);
        self.last = Some(compared.report);
        // What was measured is not kept: a hundred records would be.
        std::fs::remove_dir_all(self.scratch.path().join(number.to_string()))?;
        Ok(true)
    }

    /// What is planted on both sides, and what that is in the unit of the toll.
    fn plants(&self, planted: Planted) -> anyhow::Result<(f64, [Option<String>; 2])> {
        let spin = |us: f64| {
            [
                Some("spin:0".to_owned()),
                Some(format!("spin:{}", (us * 1e3).round())),
            ]
        };
        Ok(match planted {
            Planted::Nothing => (0.0, [None, None]),
            Planted::Us(us) => (us, spin(us)),
            Planted::Share(share) => {
                let us = share * self.toll_us.context("what a layer costs is not known")?;
                (us, spin(us))
            }
            Planted::Calls(calls) => {
                let calls_of = |calls: u32| Some(format!("call:{calls}"));
                (f64::from(calls), [calls_of(0), calls_of(calls)])
            }
        })
    }

    /// Calls are found by counting, times by the clock.
    fn held_for(&self, planted: Planted) -> HeldArgs {
        let mut held = self.held.clone();
        if let Planted::Calls(_) = planted {
            held.instruments = vec![Instrument::Counts];
        } else if held.instruments.is_empty() {
            held.instruments = vec![Instrument::Direct];
        }
        held
    }

    /// The result; `None` where there is no trial.
    fn told(self, args: &SelftestArgs, interrupted: bool) -> Option<SelfTest> {
        let last = self.last?;
        let comparison = last.comparisons.first()?;
        Some(SelfTest {
            schema_version: SELFTEST_SCHEMA_VERSION,
            tool: Tool {
                name: last.tool.name.clone(),
                version: last.tool.version.clone(),
            },
            subject: comparison.after.axes.to_string(),
            host: last.host,
            remarks: last.remarks,
            noise: args.noise,
            interrupted,
            rates: rates(&self.trials),
            trials: self.trials,
        })
    }
}

fn in_words(trial: &Trial) -> String {
    let difference = trial
        .toll_difference
        .map_or_else(String::new, |difference| format!(", toll {difference:+.3}"));
    format!(
        "{} planted: {}{difference} ({} rounds, {:.0} s)",
        trial.planted,
        trial.verdict.name(),
        trial.rounds,
        trial.wall_s
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_read_or_refused() {
        assert_eq!(effect("1us").unwrap(), Planted::Us(1.0));
        assert_eq!(effect("5%").unwrap(), Planted::Share(0.05));
        assert_eq!(effect("1call").unwrap(), Planted::Calls(1));
        for wrong in ["", "1", "0us", "-1us", "1 s", "1000us", "0.5call"] {
            assert!(effect(wrong).is_err(), "{wrong}");
        }
    }
}
