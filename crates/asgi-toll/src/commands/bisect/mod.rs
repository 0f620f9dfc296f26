//! `asgi-toll bisect`: which release did it, and what changed in it?

mod by_time;
mod culprit;
mod mechanism;
mod prober;
mod range;
mod state;
mod steps;

use std::time::Instant;

use anyhow::bail;
use toll_analysis::bisect::{
    BISECT_SCHEMA_VERSION, Bisection, Direction, Footprint, Half, Lead, Step, narrow,
};
use toll_analysis::compare::results::{Change, Verdict};
use toll_core::sample::Instrument;
use toll_report::{bisection_markdown, render_bisection};

use crate::cli::{BisectArgs, Global};
use crate::comparing;
use crate::exit::Exit;
use crate::job::Workshop;
use crate::printer::Printer;
use crate::settings::VERSION;

use by_time::Clock;
use prober::Probe;
use steps::Stairs;

pub(super) use prober::Prober;
pub(super) use range::Range;
pub(super) use state::State;

pub(crate) fn run(args: &BisectArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let mut state = State::open(args)?;
    state.keep()?;
    let workshop = Workshop::open(global, args.held.uv.as_deref(), printer.hushed())?;
    let found = search(&mut state, &workshop, printer);
    if workshop.aborted() {
        printer.talk(format!(
            "Interrupted; go on with: asgi-toll bisect --resume {}",
            state.folder.shown()
        ));
        return Ok(Exit::Interrupted);
    }
    let found = match found {
        Err(error) if !state.known.is_empty() => {
            let folder = state.folder.shown();
            let kept =
                format!("what was counted is kept; go on with: asgi-toll bisect --resume {folder}");
            return Err(error.context(kept));
        }
        found => found?,
    };
    let bisection = Bisection {
        wall_s: start.elapsed().as_secs_f64(),
        ..found
    };
    finish(&bisection, &state, printer)
}

fn finish(bisection: &Bisection, state: &State, printer: Printer) -> anyhow::Result<Exit> {
    let folder = &state.folder;
    folder.keep("bisect.json", &serde_json::to_vec_pretty(bisection)?)?;
    folder.keep("summary.md", bisection_markdown(bisection).as_bytes())?;
    if printer.json {
        printer.json(bisection)?;
    } else {
        printer.data(&render_bisection(bisection, &printer.style()))?;
    }
    printer.talk(format!("Results: {}", folder.shown()));
    Ok(Exit::Done)
}

/// By what the ends of a range differ.
enum By {
    /// A count.
    Counts(Lead),
    /// The time of a layer (or of the base), and which way it went from one end to the other.
    Time {
        instrument: Instrument,
        toll: bool,
        direction: Direction,
    },
    /// Nothing that could be seen.
    Nothing(String),
}

/// The search, from the ends to the steps.
fn search(state: &mut State, workshop: &Workshop, printer: Printer) -> anyhow::Result<Bisection> {
    let range = Range::of(state, workshop)?;
    printer.talk(range.in_words());
    let mut prober = Prober::new(state, workshop, &range, printer);
    let ends = prober.ends()?;
    let by = what_differs(&mut prober, &ends, printer)?;
    let found = match &by {
        _ if prober.state.all => every_step(&mut prober)?,
        By::Counts(lead) => vec![by_counts(&mut prober, lead)?],
        By::Time {
            instrument, toll, ..
        } => {
            let mut clock = Clock::new(&mut prober, *instrument, *toll);
            vec![narrow(
                (0, range.versions.len() - 1),
                |low, middle, high| clock.half(low, middle, high),
            )?]
        }
        By::Nothing(_) => Vec::new(),
    };
    let lead = match &by {
        By::Counts(lead) => Some(lead.clone()),
        _ => None,
    };
    let otherwise = match &by {
        By::Time { direction, .. } => *direction,
        _ => Direction::Slower,
    };
    let mut steps = Vec::new();
    for pair in found {
        steps.push(Stairs::new(&mut prober, lead.clone(), otherwise).step(pair)?);
    }
    Ok(told(&prober, &range, &by, steps))
}

/// Counts first; time where they show nothing.
fn what_differs(
    prober: &mut Prober<'_>,
    ends: &[Footprint; 2],
    printer: Printer,
) -> anyhow::Result<By> {
    let [good, bad] = ends;
    let margin = comparing::margin(&prober.state.held.margin)?;
    if let Some(lead) = good.lead(bad, margin.relative) {
        printer.talk(format!(
            "The ends differ in {}: searching by counts",
            steps::lead_in_words(&lead, good, bad)
        ));
        return Ok(By::Counts(lead));
    }
    let asked = &prober.state.held.instruments;
    let timed: Vec<Instrument> = asked
        .iter()
        .copied()
        .filter(|one| *one != Instrument::Counts)
        .collect();
    let instrument = match (asked.is_empty(), timed.first()) {
        (true, _) => Instrument::Direct,
        (false, Some(instrument)) => *instrument,
        (false, None) => return Ok(By::Nothing("The ends do not differ in counts.".to_owned())),
    };
    printer.talk("The ends do not differ in counts: comparing them by time");
    let last = prober.range.versions.len() - 1;
    let comparison = prober.compare((0, last), vec![instrument], None)?;
    if comparison.verdict == Verdict::Missing {
        bail!(
            "an end of the range has no number by {}: {}",
            instrument.name(),
            comparison.why
        );
    }
    let decided = |change: &Option<Change>| {
        let change = change.as_ref()?;
        matches!(change.verdict, Some(Verdict::Regressed | Verdict::Improved))
            .then_some(change.difference.estimate)
    };
    let by_toll = decided(&comparison.toll);
    let Some(change) = by_toll.or_else(|| decided(&comparison.base)) else {
        let said = match comparison.verdict {
            Verdict::Inconclusive => "The clock has not decided. ",
            _ => "",
        };
        return Ok(By::Nothing(format!("{said}{}", comparison.why)));
    };
    Ok(By::Time {
        instrument,
        toll: by_toll.is_some(),
        direction: if change < 0.0 {
            Direction::Faster
        } else {
            Direction::Slower
        },
    })
}

/// One step, where a count has its largest change.
fn by_counts(prober: &mut Prober<'_>, lead: &Lead) -> anyhow::Result<(usize, usize)> {
    let last = prober.range.versions.len() - 1;
    narrow((0, last), |low, middle, high| {
        let value = |probe: Probe| probe.ok().and_then(|known| known.footprint.value(lead));
        let Some(middle) = value(prober.probe(middle)?) else {
            return Ok(None);
        };
        let ends = [value(prober.probe(low)?), value(prober.probe(high)?)];
        let [Some(low), Some(high)] = ends else {
            bail!("an end of the range lost its counts");
        };
        Ok(Some(Half::of(low, middle, high)))
    })
}

/// Every pair of neighbours, releases without a number aside, whose footprints differ.
fn every_step(prober: &mut Prober<'_>) -> anyhow::Result<Vec<(usize, usize)>> {
    prober.probe_all()?;
    let margin = comparing::margin(&prober.state.held.margin)?.relative;
    let mut steps = Vec::new();
    let mut before: Option<(usize, Footprint)> = None;
    for place in 0..prober.range.versions.len() {
        let Ok(known) = prober.probe(place)? else {
            continue;
        };
        if let Some((low, footprint)) = &before
            && footprint.lead(&known.footprint, margin).is_some()
        {
            steps.push((*low, place));
        }
        before = Some((place, known.footprint));
    }
    Ok(steps)
}

fn told(prober: &Prober<'_>, range: &Range, by: &By, steps: Vec<Step>) -> Bisection {
    let held = &prober.state.held;
    let framework = prober.framework();
    Bisection {
        schema_version: BISECT_SCHEMA_VERSION,
        tool_version: VERSION.to_owned(),
        distribution: range.distribution.clone(),
        good: range.first().to_owned(),
        bad: range.last().to_owned(),
        subject: format!(
            "{framework}, {}, {}",
            held.kinds.join(", "),
            held.workloads.join(", ")
        ),
        releases: range.versions.len(),
        python: prober.python(),
        by: match by {
            By::Counts(_) | By::Nothing(_) => Instrument::Counts.name().to_owned(),
            By::Time { instrument, .. } => instrument.name().to_owned(),
        },
        answer: answer(range, by, &steps),
        steps,
        skipped: prober.skipped(),
        probed: prober.probed(),
        held: prober.state.lock.clone(),
        wall_s: 0.0,
    }
}

fn answer(range: &Range, by: &By, steps: &[Step]) -> String {
    let (name, first, last) = (&range.distribution, range.first(), range.last());
    match (steps, by) {
        ([], By::Nothing(why)) => format!("No change found in {name} {first} … {last}. {why}"),
        ([], _) => format!("No change found in {name} {first} … {last}."),
        ([step], _) => steps::in_words(name, step),
        (several, _) => format!("{} steps in {name} {first} … {last}.", several.len()),
    }
}
