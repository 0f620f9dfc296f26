//! `asgi-toll plan`: what would run. Also where every verb gets its plan from.

use anyhow::{anyhow, bail};
use serde::Serialize;
use toll_core::axes::Axes;
use toll_core::levels::{self, Levels};
use toll_core::plan::{NotApplicable, Plan, SeriesPlan};
use toll_core::sample::Instrument;
use toll_core::suite::Overrides;

use crate::catalogue::{self, Shelf};
use crate::cli::{PlanArgs, SuiteChoice};
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;

/// The plan of the suite that was chosen, with what the command line changes of it.
pub(crate) fn chosen(choice: &SuiteChoice) -> anyhow::Result<(Plan, Shelf)> {
    let overrides = Overrides {
        instruments: &choice.instruments,
        load: choice.load.as_deref(),
        provisioner: choice.provisioner.as_deref(),
    };
    let (suite, shelf) = catalogue::open(&choice.suite, overrides)?;
    let mut plan = Plan::new(&suite, &shelf.catalogue)?;
    if let Some(text) = &choice.middlewares {
        let levels = read_levels(text)?;
        plan.series
            .iter_mut()
            .for_each(|series| series.levels.clone_from(&levels));
    }
    if let Some(version) = &choice.python {
        set_python(&mut plan, version)?;
    }
    if let Some(text) = &choice.slice {
        plan.settings.slice_ms = slice_ms(text)?;
    }
    keep_only(&mut plan, &choice.only)?;
    if choice.quick {
        plan = plan.quick();
    }
    set_limits(&mut plan, choice)?;
    Ok((plan, shelf))
}

/// How long and how exactly to measure: what may be changed of a run that has begun, too.
pub(crate) fn set_limits(plan: &mut Plan, choice: &SuiteChoice) -> anyhow::Result<()> {
    if let Some(text) = &choice.budget {
        plan.settings.budget_s = settings::duration(text)?.as_secs().max(1);
    }
    if let Some(text) = &choice.precision {
        plan.settings.precision = settings::share(text)?;
    }
    Ok(())
}

/// Within the bounds of a suite's `slice-ms`.
fn slice_ms(text: &str) -> anyhow::Result<u64> {
    let time_ms = settings::duration(text)?.as_millis() as u64;
    if (5..=600_000).contains(&time_ms) {
        return Ok(time_ms);
    }
    bail!("--slice: a slice lasts between 5ms and 10m, not {text}")
}

pub(crate) fn read_levels(text: &str) -> anyhow::Result<Levels> {
    let levels = if text.contains(',') {
        let numbers: Result<Vec<u32>, _> =
            text.split(',').map(|part| part.trim().parse()).collect();
        let numbers = numbers
            .map_err(|_| anyhow!("`{text}` is no list of numbers; write `0,1,5,20` or `0..=20`"))?;
        levels::normalise(&numbers).map(Levels::Listed)
    } else {
        Levels::parse(text)
    };
    levels.map_err(|reason| anyhow!("--middlewares: {reason}"))
}

fn set_python(plan: &mut Plan, version: &str) -> anyhow::Result<()> {
    let request =
        toll_core::suite::python(version).map_err(|reason| anyhow!("--python: {reason}"))?;
    for series in &mut plan.series {
        series.python = request.clone();
        series.axes.set(toll_core::axes::PYTHON, version);
    }
    Ok(())
}

fn keep_only(plan: &mut Plan, words: &[String]) -> anyhow::Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = plan
        .series
        .iter()
        .map(|series| series.axes.to_string())
        .collect();
    let chosen = |axes: &Axes| {
        let name = axes.to_string();
        words.iter().any(|word| name.contains(word.as_str()))
    };
    plan.series.retain(|series| chosen(&series.axes));
    plan.not_applicable.retain(|which| chosen(&which.axes));
    if plan.series.is_empty() {
        bail!(
            "no series contains {}; there are:\n  {}",
            words.join(" or "),
            names.join("\n  ")
        );
    }
    Ok(())
}

/// What `asgi-toll plan --json` says.
#[derive(Serialize)]
struct Printed<'a> {
    schema_version: u32,
    suite: &'a str,
    description: &'a str,
    plan_hash: String,
    quick: bool,
    cells: usize,
    estimate: Estimate,
    settings: &'a toll_core::settings::Settings,
    series: &'a [SeriesPlan],
    not_applicable: &'a [NotApplicable],
}

/// Seconds of wall time.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "names carry their unit")]
struct Estimate {
    environments_s: f64,
    round_s: f64,
    measuring_least_s: f64,
    measuring_most_s: f64,
}

pub(crate) fn run(args: &PlanArgs, printer: Printer) -> anyhow::Result<Exit> {
    let (plan, _) = chosen(&args.choice)?;
    if printer.json {
        printer.json(&printed(&plan))?;
    } else {
        printer.data(&in_words(&plan))?;
    }
    Ok(Exit::Done)
}

fn printed(plan: &Plan) -> Printed<'_> {
    let estimate = plan.duration_estimate();
    Printed {
        schema_version: 1,
        suite: &plan.suite,
        description: &plan.description,
        plan_hash: plan.hash(),
        quick: plan.quick,
        cells: plan.cells(),
        estimate: Estimate {
            environments_s: estimate.environments_s,
            round_s: estimate.round_s,
            measuring_least_s: estimate.measuring_least_s,
            measuring_most_s: estimate.measuring_most_s,
        },
        settings: &plan.settings,
        series: &plan.series,
        not_applicable: &plan.not_applicable,
    }
}

fn in_words(plan: &Plan) -> String {
    let mut lines = vec![
        format!("{}: {}", plan.suite, plan.description),
        String::new(),
    ];
    let width = plan
        .series
        .iter()
        .map(|series| series.axes.to_string().chars().count())
        .max()
        .unwrap_or(0);
    for series in &plan.series {
        lines.push(format!(
            "  {:width$}  {}  {}",
            series.axes.to_string(),
            levels_in_words(&series.levels),
            instruments_in_words(series)
        ));
    }
    lines.extend(plan.not_applicable.iter().map(not_applicable_in_words));
    lines.push(String::new());
    lines.push(format!(
        "{} series, {} cells; plan {}",
        plan.series.len(),
        plan.cells(),
        plan.short_hash()
    ));
    lines.extend(
        Instrument::ALL
            .into_iter()
            .filter_map(|instrument| effort(plan, instrument)),
    );
    let estimate = plan.duration_estimate();
    lines.push(format!(
        "a round of all takes about {}, measuring {} to {} (budget {}), building environments from nothing up to {}",
        span(estimate.round_s),
        span(estimate.measuring_least_s),
        span(estimate.measuring_most_s),
        span(plan.settings.budget_s as f64),
        span(estimate.environments_s),
    ));
    lines.join("\n")
}

/// How much an instrument measures, if it is used at all.
fn effort(plan: &Plan, instrument: Instrument) -> Option<String> {
    let used = plan
        .series
        .iter()
        .any(|series| series.instruments.contains(&instrument));
    let settings = &plan.settings;
    let rounds = format!("{} to {} rounds", settings.rounds_min, settings.rounds_max);
    let words = match instrument {
        Instrument::Counts => format!(
            "{} rounds of {} repeats",
            settings.count_rounds, settings.count_repeats
        ),
        Instrument::Direct | Instrument::Ablation | Instrument::Exclusive => format!(
            "{rounds} of {} blocks, slices of {} ms",
            settings.direct_blocks, settings.direct_slice_ms
        ),
        Instrument::Load => format!(
            "{rounds} of {} blocks, slices of {} ms, {} connections{}",
            settings.blocks,
            settings.slice_ms,
            settings.connections,
            settings
                .external_load()
                .map(|load| format!(", sent by {load}"))
                .unwrap_or_default()
        ),
    };
    used.then(|| format!("{}: {words}", instrument.name()))
}

fn levels_in_words(levels: &Levels) -> String {
    let Levels::Listed(levels) = levels else {
        return levels::AUTO.to_owned();
    };
    let consecutive = levels.len() > 3 && levels.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match (consecutive, &levels[..]) {
        (true, [first, .., last]) => format!("{first}..={last}"),
        _ => levels
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn instruments_in_words(series: &SeriesPlan) -> String {
    let names: Vec<&str> = series
        .instruments
        .iter()
        .map(|instrument| instrument.name())
        .collect();
    names.join(", ")
}

/// A combination that cannot exist, in a line.
fn not_applicable_in_words(which: &NotApplicable) -> String {
    format!("  {}  not applicable: {}", which.axes, which.reason)
}

/// A time span as people say it.
pub(crate) fn span(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..=90 => format!("{whole} s"),
        91..=3_599 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_lists_and_ranges() {
        for (text, levels, words) in [
            ("0,5,1", Levels::Listed(vec![0, 1, 5]), "0, 1, 5"),
            ("0..=3", Levels::Listed(vec![0, 1, 2, 3]), "0..=3"),
            ("auto", Levels::Auto, "auto"),
        ] {
            assert_eq!(read_levels(text).unwrap(), levels);
            assert_eq!(levels_in_words(&levels), words);
        }
        assert!(read_levels("0,x").is_err());
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(span(42.4), "42 s");
        assert_eq!(span(125.0), "2 min 05 s");
        assert_eq!(span(7_260.0), "2 h 01 min");
    }
}
