//! `asgi-toll plan`: what would run. Also where every verb gets its plan from.

use anyhow::{anyhow, bail};
use serde::Serialize;
use toll_core::levels;
use toll_core::plan::{Plan, SeriesPlan};

use crate::catalogue::{self, Shelf};
use crate::cli::{PlanArgs, SuiteChoice};
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;

/// The plan of the suite that was chosen, with what the command line changes of it.
pub(crate) fn chosen(choice: &SuiteChoice) -> anyhow::Result<(Plan, Shelf)> {
    let (suite, shelf) = catalogue::open(&choice.suite)?;
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

fn read_levels(text: &str) -> anyhow::Result<Vec<u32>> {
    let levels = if text.contains(',') {
        let numbers: Result<Vec<u32>, _> =
            text.split(',').map(|part| part.trim().parse()).collect();
        let numbers = numbers
            .map_err(|_| anyhow!("`{text}` is no list of numbers; write `0,1,5,20` or `0..=20`"))?;
        levels::normalise(&numbers)
    } else {
        levels::parse(text)
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
    plan.series.retain(|series| {
        let name = series.axes.to_string();
        words.iter().any(|word| name.contains(word.as_str()))
    });
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
            "  {:width$}  {}",
            series.axes.to_string(),
            levels_in_words(&series.levels)
        ));
    }
    let estimate = plan.duration_estimate();
    let settings = &plan.settings;
    lines.push(String::new());
    lines.push(format!(
        "{} series, {} cells; plan {}",
        plan.series.len(),
        plan.cells(),
        plan.short_hash()
    ));
    lines.push(format!(
        "{} to {} rounds of {} blocks, slices of {} ms, {} connections; a round takes about {}",
        settings.rounds_min,
        settings.rounds_max,
        settings.blocks,
        settings.slice_ms,
        settings.connections,
        span(estimate.round_s),
    ));
    lines.push(format!(
        "measuring takes {} to {} (budget {}), building environments from nothing up to {}",
        span(estimate.measuring_least_s),
        span(estimate.measuring_most_s),
        span(settings.budget_s as f64),
        span(estimate.environments_s),
    ));
    lines.join("\n")
}

fn levels_in_words(levels: &[u32]) -> String {
    let consecutive = levels.len() > 3 && levels.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match (consecutive, levels) {
        (true, [first, .., last]) => format!("{first}..={last}"),
        _ => levels
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
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
        assert_eq!(read_levels("0,5,1").unwrap(), [0, 1, 5]);
        assert_eq!(read_levels("0..=2").unwrap(), [0, 1, 2]);
        assert!(read_levels("0,x").is_err());
        assert_eq!(levels_in_words(&[0, 1, 2, 3]), "0..=3");
        assert_eq!(levels_in_words(&[0, 1, 5]), "0, 1, 5");
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(span(42.4), "42 s");
        assert_eq!(span(125.0), "2 min 05 s");
        assert_eq!(span(7_260.0), "2 h 01 min");
    }
}
