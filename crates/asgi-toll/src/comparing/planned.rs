//! From sides and what is held still to a plan of pairs.

use std::path::PathBuf;

use anyhow::{anyhow, bail};
use toll_analysis::compare::Pair;
use toll_analysis::compare::results::Margin;
use toll_core::axes;
use toll_core::levels::Levels;
use toll_core::plan::{Plan, SeriesPlan};
use toll_core::sample::Instrument;
use toll_core::suite::Overrides;
use toll_stats::gate::Gate;

use super::side::Side;
use crate::catalogue::{self, Shelf};
use crate::cli::HeldArgs;
use crate::commands::plan::read_levels;
use crate::job::{Order, Question};
use crate::settings;

/// Where mistakes of the command line are shown: as the suite that it stands for.
const NAME: &str = "command line";
/// The suite that it stands for: decides in which folder the user's own subjects are looked for.
const SUITE: &str = "./command-line.toml";
/// Blocks in a round, and CPU time of a slice: many short rounds tell more than few long ones.
const DIRECT_BLOCKS: i64 = 8;
const DIRECT_SLICE_MS: i64 = 5;

const SPARE_ROUNDS: u32 = 4;
/// Wall time of a comparison where nobody says.
const BUDGET: &str = "10m";

/// The plan of one side, and where what it names is found.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) shelf: Shelf,
}

/// Reads both sides of a comparison.
pub(crate) fn sides(before: &str, after: &str) -> anyhow::Result<[Side; 2]> {
    let sides = [Side::parse(before)?, Side::parse(after)?];
    if sides[0].requirement == sides[1].requirement {
        bail!(
            "both sides are {}: there is nothing to compare. How often equal sides are taken for different ones is told by `asgi-toll selftest --aa 20`",
            sides[0].label
        );
    }
    if sides[0].distribution != sides[1].distribution {
        bail!(
            "{} and {} are different distributions; the sides of a comparison differ in the release of one. Hold others still with --with",
            sides[0].distribution,
            sides[1].distribution
        );
    }
    Ok(sides)
}

/// The order to compare two sides with everything else held still.
pub(crate) fn order(sides: &[Side; 2], held: &HeldArgs) -> anyhow::Result<Order> {
    let [before, after] = sides;
    let (one, other) = (Planned::of(before, held)?, Planned::of(after, held)?);
    paired([(&before.label, one), (&after.label, other)], held)
}

/// The order to compare a side with itself, in environments that are built separately.
pub(crate) fn twice(side: &Side, held: &HeldArgs) -> anyhow::Result<Order> {
    let edition = |which: &str| {
        let known = side.edition.as_deref().unwrap_or_default();
        Side {
            edition: Some(format!("{known} {which}")),
            ..side.clone()
        }
    };
    let (one, other) = (edition("first"), edition("second"));
    order(&[one, other], held)
}

/// The order to compare two suites, series by series.
pub(crate) fn of_suites(before: &str, after: &str, held: &HeldArgs) -> anyhow::Result<Order> {
    let overrides = Overrides {
        instruments: &held.instruments,
        ..Overrides::default()
    };
    let planned = |suite: &str| {
        let (suite, shelf) = catalogue::open(suite, overrides)?;
        let plan = Plan::new(&suite, &shelf.catalogue)?;
        anyhow::Ok(Planned { plan, shelf })
    };
    let mut order = paired([(before, planned(before)?), (after, planned(after)?)], held)?;
    before.clone_into(&mut order.suite);
    Ok(order)
}

impl Planned {
    /// Several plans with what is shared taken from the first.
    ///
    /// # Errors
    /// Those of the plans; there is none.
    pub(crate) fn joined(
        plans: impl IntoIterator<Item = anyhow::Result<Self>>,
    ) -> anyhow::Result<Self> {
        let mut plans = plans.into_iter();
        let mut whole = plans
            .next()
            .ok_or_else(|| anyhow!("there is no release to measure"))??;
        for next in plans {
            whole.plan.series.append(&mut next?.plan.series);
        }
        Ok(whole)
    }

    /// The order to measure it without comparing anything.
    pub(crate) fn order(self, out: PathBuf, seed: Option<u64>) -> Order {
        Order {
            plan: self.plan,
            suite: SUITE.to_owned(),
            shelf: self.shelf,
            question: Question::default(),
            out: Some(out),
            seed,
        }
    }

    /// One side: the suite that the command line stands for.
    pub(crate) fn of(side: &Side, held: &HeldArgs) -> anyhow::Result<Self> {
        let shelf = catalogue::shelf(SUITE)?;
        let text = suite_of(side, held, &shelf)?;
        let overrides = Overrides {
            instruments: &held.instruments,
            ..Overrides::default()
        };
        let suite = toll_core::suite::parse_for(NAME, &text, &shelf.catalogue, overrides)?;
        let mut plan = Plan::new(&suite, &shelf.catalogue)?;
        for series in &mut plan.series {
            series.apart.edition.clone_from(&side.edition);
        }
        Ok(Self { plan, shelf })
    }
}

/// The suite that a side and what is held still stand for.
fn suite_of(side: &Side, held: &HeldArgs, shelf: &Shelf) -> anyhow::Result<String> {
    let framework = framework(side, held, shelf)?;
    let subject = shelf.catalogue.subjects.get(&framework);
    let carrier = subject.map_or(framework.clone(), |subject| subject.distribution.clone());
    let mut with: Vec<String> = held.with.clone();
    let mut version = "latest".to_owned();
    if side.distribution == carrier
        && let Some(pinned) = side.version()
    {
        pinned.clone_into(&mut version);
    } else {
        with.push(side.requirement.clone());
    }
    let texts = |texts: &[String]| {
        texts
            .iter()
            .cloned()
            .map(toml::Value::String)
            .collect::<Vec<_>>()
    };
    let mut head = toml::Table::new();
    head.insert("name".to_owned(), "compare".into());
    head.insert("middlewares".to_owned(), middlewares(&held.middlewares)?);
    head.insert("instruments".to_owned(), texts(&instruments(held)).into());
    if let Some(day) = &held.exclude_newer {
        head.insert("exclude-newer".to_owned(), day.clone().into());
    }
    let gate = Gate::default();
    let mut measure = toml::Table::new();
    measure.insert(
        "rounds".to_owned(),
        gate.next_look(0).map_or(12, |look| look as i64).into(),
    );
    measure.insert("max-rounds".to_owned(), (gate.rounds_max() as i64).into());
    measure.insert("direct-blocks".to_owned(), DIRECT_BLOCKS.into());
    measure.insert("direct-slice-ms".to_owned(), DIRECT_SLICE_MS.into());
    let mut series = toml::Table::new();
    series.insert("framework".to_owned(), framework.into());
    series.insert("version".to_owned(), version.into());
    series.insert("python".to_owned(), held.python.clone().into());
    series.insert("server".to_owned(), held.server.clone().into());
    series.insert("kind".to_owned(), texts(&held.kinds).into());
    series.insert("workload".to_owned(), texts(&held.workloads).into());
    series.insert("with".to_owned(), texts(&with).into());
    let mut suite = toml::Table::new();
    suite.insert("suite".to_owned(), head.into());
    suite.insert("measure".to_owned(), measure.into());
    suite.insert("series".to_owned(), vec![toml::Value::Table(series)].into());
    Ok(toml::to_string(&suite)?)
}

/// The framework that carries the layers: the one that was named, or the one that is compared.
fn framework(side: &Side, held: &HeldArgs, shelf: &Shelf) -> anyhow::Result<String> {
    if let Some(framework) = &held.framework {
        return Ok(framework.clone());
    }
    let subjects = shelf.catalogue.subjects.values();
    let mut own = subjects.filter(|subject| subject.distribution == side.distribution);
    own.next().map(|subject| subject.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = shelf.catalogue.subjects.keys().map(String::as_str).collect();
        anyhow!(
            "{} is no framework that asgi-toll knows: say which one is to carry the layers with --framework ({})",
            side.distribution,
            names.join(", ")
        )
    })
}

fn instruments(held: &HeldArgs) -> Vec<String> {
    let default = [Instrument::Counts, Instrument::Direct];
    let asked = if held.instruments.is_empty() {
        &default[..]
    } else {
        &held.instruments
    };
    asked
        .iter()
        .map(|instrument| instrument.name().to_owned())
        .collect()
}

/// The most layers become levels that tell base, first layer, toll and bend apart.
fn middlewares(text: &str) -> anyhow::Result<toml::Value> {
    if let Ok(most) = text.trim().parse::<u32>() {
        let levels = toll_core::levels::ladder(most);
        return Ok(numbers(&levels));
    }
    Ok(match read_levels(text)? {
        Levels::Auto => toll_core::levels::AUTO.into(),
        Levels::Listed(levels) => numbers(&levels),
    })
}

fn numbers(levels: &[u32]) -> toml::Value {
    levels
        .iter()
        .map(|level| toml::Value::from(i64::from(*level)))
        .collect::<Vec<_>>()
        .into()
}

/// Both plans as one: the series of the first, then those of the second, paired by what they share.
fn paired(sides: [(&str, Planned); 2], held: &HeldArgs) -> anyhow::Result<Order> {
    let [(before, one), (after, other)] = sides;
    if one.shelf.differs_in_own(&other.shelf) {
        bail!(
            "{before} and {after} bring subjects of their own that lie in different folders: put both suites beside one `subjects/`"
        );
    }
    let mut plan = one.plan;
    let offset = plan.series.len();
    let mut pairs = Vec::new();
    let mut taken = Vec::new();
    for series in &other.plan.series {
        let free = |place: &usize| !taken.contains(place) && matches(&plan.series[*place], series);
        let partner = (0..offset).find(free);
        taken.extend(partner);
        let place = plan.series.len();
        let mut series = series.clone();
        if let Some(partner) = partner {
            pairs.push(pair((partner, before), (place, after), &series, offset > 1));
            series.apart.held_to = Some(partner);
            series.apart.levels_of = Some(partner);
            plan.series.push(series);
        }
    }
    if pairs.is_empty() {
        bail!(
            "no series of {before} has a partner in {after}: they pair by framework, kind and workload"
        );
    }
    plan.suite = format!("{before} vs {after}");
    let budget = held.budget.as_deref().unwrap_or(BUDGET);
    plan.settings.budget_s = settings::duration(budget)?.as_secs().max(1);
    let gate = Gate::default();
    // A round in which a cell failed is made up for.
    plan.settings.rounds_max = gate.rounds_max() as u32 + SPARE_ROUNDS;
    plan.settings.rounds_min = gate.next_look(0).unwrap_or(1) as u32;
    Ok(Order {
        plan,
        suite: SUITE.to_owned(),
        shelf: one.shelf,
        question: Question {
            pairs,
            margin: Some(margin(&held.margin)?),
        },
        out: None,
        seed: held.seed,
    })
}

/// Whether two series are the same but for what is compared.
fn matches(one: &SeriesPlan, other: &SeriesPlan) -> bool {
    let same = |axis| one.axes.get(axis) == other.axes.get(axis);
    [
        axes::FRAMEWORK,
        axes::PYTHON,
        axes::HTTP,
        axes::LOOP,
        axes::KIND,
        axes::WORKLOAD,
    ]
    .into_iter()
    .all(same)
}

fn pair(before: (usize, &str), after: (usize, &str), series: &SeriesPlan, several: bool) -> Pair {
    let what = [axes::FRAMEWORK, axes::KIND, axes::WORKLOAD].map(|axis| series.axes.get(axis));
    let label = if several {
        format!("{}: {} → {}", what.join(" "), before.1, after.1)
    } else {
        format!("{} → {}", before.1, after.1)
    };
    Pair {
        label,
        before: (before.0, before.1.to_owned()),
        after: (after.0, after.1.to_owned()),
    }
}

/// Reads `3%`, `0.3us` or `3%,0.3us`.
pub(crate) fn margin(text: &str) -> anyhow::Result<Margin> {
    let wrong = || anyhow!("`{text}` is no margin; write `3%`, `0.3us` or `3%,0.3us`");
    let mut margin = Margin {
        relative: 0.0,
        absolute_us: 0.0,
    };
    for part in text.split(',').map(str::trim) {
        let number = |suffix: &str| {
            let number = part.strip_suffix(suffix)?.trim().parse::<f64>().ok()?;
            (number.is_finite() && number >= 0.0).then_some(number)
        };
        if let Some(share) = number("%") {
            margin.relative = share / 100.0;
        } else if let Some(us) = number("us").or_else(|| number("µs")) {
            margin.absolute_us = us;
        } else {
            return Err(wrong());
        }
    }
    Ok(margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_read_or_refused() {
        let read = |text| {
            margin(text)
                .map(|margin| (margin.relative, margin.absolute_us))
                .ok()
        };
        assert_eq!(read("3%,0.3us"), Some((0.03, 0.3)));
        assert_eq!(read("0.5µs"), Some((0.0, 0.5)));
        assert_eq!(read("10 %"), Some((0.1, 0.0)));
        for wrong in ["", "3", "-1%", "3%,", "nan%"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sides_that_cannot_be_compared_are_refused() {
        let same = sides("starlette==1.0", "starlette==1.0").unwrap_err();
        assert!(same.to_string().contains("selftest"));
        let other = sides("starlette==1.0", "fastapi==1.0").unwrap_err();
        assert!(other.to_string().contains("different distributions"));
    }
}
