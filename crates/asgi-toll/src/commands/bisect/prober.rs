//! Counting releases, one at a time or all at once, with everything else held still.

use anyhow::{anyhow, bail};
use toll_analysis::bisect::{Footprint, Probed, Skipped};
use toll_analysis::compare::results::Comparison;
use toll_core::failure::Failure;
use toll_core::sample::{Instrument, MeasuredRun};
use toll_lab::bench;
use toll_lab::provision::{EnvironmentRequest, Provisioner, first_day, is_circumstance};

use super::range::Range;
use super::state::{Known, State};
use crate::cli::HeldArgs;
use crate::comparing::{Planned, Side, carry_out, order};
use crate::job::{self, Prepared, Task, Tolls, Workshop};
use crate::printer::Printer;
use crate::settings;

/// What is known of a release: what it does, or why it has no number.
pub(in crate::commands) type Probe = Result<Probed, Skipped>;

/// The most layers at which releases are counted where nobody says: enough to tell a bend.
const MOST_LAYERS: &str = "10";

/// So many neighbours are tried as of their own day in vain before the others are not.
const IN_VAIN: u32 = 3;

/// Counts releases and remembers them.
pub(in crate::commands) struct Prober<'a> {
    pub(in crate::commands) state: &'a mut State,
    pub(in crate::commands) workshop: &'a Workshop,
    pub(in crate::commands) range: Range,
    pub(in crate::commands) printer: Printer,
    /// Numbers folders.
    made: usize,
}

impl<'a> Prober<'a> {
    pub(in crate::commands) fn new(
        state: &'a mut State,
        workshop: &'a Workshop,
        range: &Range,
        printer: Printer,
    ) -> Self {
        Self {
            state,
            workshop,
            range: range.clone(),
            printer,
            made: 0,
        }
    }

    /// Both ends. They are resolved first: what they consist of besides is held still for all others.
    pub(in crate::commands) fn ends(&mut self) -> anyhow::Result<[Footprint; 2]> {
        let last = self.range.versions.len() - 1;
        let ends = [self.probe(0)?, self.probe(last)?];
        let names = ["good", "bad"];
        let mut found = Vec::new();
        for (end, name) in ends.into_iter().zip(names) {
            match end {
                Ok(known) => found.push(known.footprint),
                Err(skipped) => bail!(
                    "the {name} end, {} {}, cannot be measured on Python {}: {}. Take another one, or another --python",
                    self.range.distribution,
                    skipped.version,
                    self.range.python,
                    skipped.reason
                ),
            }
        }
        <[Footprint; 2]>::try_from(found).map_err(|_| anyhow!("a range has two ends"))
    }

    /// What is known of the release at a place; it is counted where nothing is.
    pub(in crate::commands) fn probe(&mut self, place: usize) -> anyhow::Result<Probe> {
        let version = self.range.versions[place].clone();
        if let Some(known) = self.state.known.get(&version) {
            return Ok(known.clone().into());
        }
        self.count(std::slice::from_ref(&version))?;
        let known = self.state.known.get(&version).cloned();
        known
            .map(Probe::from)
            .ok_or_else(|| anyhow!("interrupted while {version} was counted"))
    }

    /// Counts every release of the range that is not known yet.
    pub(in crate::commands) fn probe_all(&mut self) -> anyhow::Result<()> {
        let known = &self.state.known;
        let versions = self.range.versions.iter();
        let rest: Vec<String> = versions
            .filter(|version| !known.contains_key(*version))
            .cloned()
            .collect();
        if rest.is_empty() {
            return Ok(());
        }
        self.printer
            .talk(format!("Counting {} releases", rest.len()));
        self.count(&rest)
    }

    /// Counts releases with the companions that are held still, and those that cannot be counted so as of
    /// the day on which they came out.
    fn count(&mut self, versions: &[String]) -> anyhow::Result<()> {
        let failed = self.count_as_of(versions, None)?;
        self.state.keep()?;
        let mut in_vain = 0;
        // The newest first: where some neighbours did not run with the companions of their own day either,
        // older ones do not for the same reason, mostly their Python.
        for (version, failure) in failed.into_iter().rev() {
            if self.workshop.aborted() {
                bail!("interrupted");
            }
            if is_circumstance(&failure) {
                bail!("{}", failure.message);
            }
            let day = if in_vain < IN_VAIN {
                self.day_of(&version)?
            } else {
                None
            };
            let again = match &day {
                Some(day) => self.count_as_of(std::slice::from_ref(&version), Some(day))?,
                None => vec![(version.clone(), failure.clone())],
            };
            // A release that was passed by has its own failure again, which is none of these.
            let circumstance = again.iter().find(|(_, failure)| is_circumstance(failure));
            if let Some((_, failure)) = circumstance {
                bail!("{}", failure.message);
            }
            in_vain = if again.is_empty() { 0 } else { in_vain + 1 };
            // The reason with the companions of all others says most.
            if !again.is_empty() {
                self.skip(version, &failure);
            }
            self.state.keep()?;
        }
        Ok(())
    }

    fn skip(&mut self, version: String, failure: &Failure) {
        self.printer
            .talk(format!("{version}: skipped: {}", failure.message));
        let skipped = Skipped {
            version: version.clone(),
            code: failure.code.clone(),
            // Results are published, and where somebody's home lies is nobody's business.
            reason: settings::without_home(&failure.message),
        };
        self.state.known.insert(version, Known::Skipped(skipped));
    }

    /// Counts releases; gives back those that failed.
    fn count_as_of(
        &mut self,
        versions: &[String],
        day: Option<&str>,
    ) -> anyhow::Result<Vec<(String, Failure)>> {
        let planned = self.plan_of(versions, day)?;
        let (run, prepared) = self.counted(planned)?;
        if let (true, Some(Ok(environment))) =
            (self.state.lock.is_empty(), prepared.environments.first())
        {
            self.state.lock.clone_from(&environment.lock);
            self.state.python = Some(environment.python_version.clone());
        }
        let mut failed = Vec::new();
        let interrupted = self.workshop.aborted();
        for (version, series) in versions.iter().zip(&run.series) {
            match Footprint::of(series, &run.settings).filter(|_| is_whole(series)) {
                Some(footprint) => self.take(version, footprint, day),
                // What an interrupt stopped has not failed.
                None if interrupted => {}
                None => failed.push((version.clone(), why(series))),
            }
        }
        if interrupted {
            self.state.keep()?;
            bail!("interrupted");
        }
        Ok(failed)
    }

    fn take(&mut self, version: &str, footprint: Footprint, day: Option<&str>) {
        let calls = |counts: &std::collections::BTreeMap<String, f64>| {
            counts.get("python_calls").copied().unwrap_or(0.0)
        };
        let as_of = day
            .map(|day| format!(", companions as of {day}"))
            .unwrap_or_default();
        self.printer.talk(format!(
            "{version}: {:.0} calls, {:.1} more per layer{as_of}",
            calls(&footprint.base),
            calls(&footprint.toll)
        ));
        let probed = Probed {
            version: version.to_owned(),
            footprint,
            as_of: day.map(str::to_owned),
        };
        self.state
            .known
            .insert(version.to_owned(), Known::Probed(probed));
    }

    /// What is held still, for a Python that is chosen.
    pub(in crate::commands) fn held(&self, instruments: Vec<Instrument>) -> HeldArgs {
        let held = &self.state.held;
        let counted = instruments == [Instrument::Counts];
        HeldArgs {
            python: self.python(),
            middlewares: match held.middlewares.as_str() {
                "auto" if counted => MOST_LAYERS.to_owned(),
                asked => asked.to_owned(),
            },
            instruments,
            ..held.clone()
        }
    }

    /// The plan of some releases, each with what is held still.
    fn plan_of(&self, versions: &[String], day: Option<&str>) -> anyhow::Result<Planned> {
        let mut held = self.held(vec![Instrument::Counts]);
        if let Some(day) = day {
            held.exclude_newer = Some(day.to_owned());
        }
        let planned = Planned::joined(versions.iter().map(|version| {
            let side = Side::release(&self.range.distribution, version);
            let mut planned = Planned::of(&side, &held)?;
            for series in planned.plan.series.iter_mut().filter(|_| day.is_none()) {
                series.apart.prefer.clone_from(&self.state.lock);
            }
            Ok(planned)
        }))?;
        if planned.plan.series.len() != versions.len() {
            bail!("a search has one --kind and one --workload");
        }
        Ok(planned)
    }

    /// The plan of some places in the range, which all stand at the levels that are chosen for the first.
    pub(in crate::commands) fn at_same_levels(
        &self,
        places: &[usize],
        held: &HeldArgs,
    ) -> anyhow::Result<Planned> {
        Planned::joined(places.iter().enumerate().map(|(number, place)| {
            let side = Side::release(&self.range.distribution, &self.range.versions[*place]);
            let mut planned = Planned::of(&side, held)?;
            for series in &mut planned.plan.series {
                self.settle(series, *place);
                series.apart.levels_of = (number > 0).then_some(0);
            }
            Ok(planned)
        }))
    }

    /// Counts a plan: counts are exact, so one round that repeats once is enough.
    pub(in crate::commands) fn counted(
        &mut self,
        mut planned: Planned,
    ) -> anyhow::Result<(MeasuredRun, Prepared)> {
        planned.plan.settings.count_rounds = 1;
        planned.plan.settings.count_repeats = 2;
        let mut task = Task::new(planned.order(self.folder(), Some(1)))?;
        let prepared = job::prepare(&task, self.workshop)?;
        let judge = Tolls(task.plan.settings.clone());
        let apart = |stations: Vec<bench::Station>| {
            stations.into_iter().map(bench::Comparison::from).collect()
        };
        let judge = std::sync::Arc::new(judge);
        let printer = self.workshop.printer.muted();
        let measured = job::measure(&mut task, &prepared, &apart, judge, printer)?;
        Ok((measured.run, prepared))
    }

    /// Compares two releases of the range side by side; `rounds` is less than the gate's where a change is
    /// known to be there, and only its size is asked for.
    pub(in crate::commands) fn compare(
        &mut self,
        (low, high): (usize, usize),
        instruments: Vec<Instrument>,
        rounds: Option<usize>,
    ) -> anyhow::Result<Comparison> {
        let held = self.held(instruments);
        let sides = [low, high]
            .map(|place| Side::release(&self.range.distribution, &self.range.versions[place]));
        let mut order = order(&sides, &held)?;
        for (series, place) in order.plan.series.iter_mut().zip([low, high]) {
            self.settle(series, place);
        }
        order.out = Some(self.folder());
        if let Some(rounds) = rounds {
            order.plan.settings.rounds_max = rounds as u32;
        }
        let mut task = Task::new(order)?;
        let compared =
            carry_out(&mut task, self.workshop)?.filter(|compared| !compared.interrupted);
        let compared = compared.ok_or_else(|| anyhow!("interrupted"))?;
        compared
            .report
            .comparisons
            .into_iter()
            .next()
            .ok_or_else(|| anyhow!("nothing was compared"))
    }

    /// Gives a series the companions with which its release was counted.
    pub(in crate::commands) fn settle(
        &self,
        series: &mut toll_core::plan::SeriesPlan,
        place: usize,
    ) {
        let version = &self.range.versions[place];
        series.apart.held_to = None;
        match self.state.known.get(version) {
            Some(Known::Probed(Probed {
                as_of: Some(day), ..
            })) => {
                series.exclude_newer = Some(day.clone());
            }
            _ => series.apart.prefer.clone_from(&self.state.lock),
        }
    }

    /// The day on which a release came out, so that its companions can be those of that day.
    fn day_of(&self, version: &str) -> anyhow::Result<Option<String>> {
        let virtualenvs = self.workshop.virtualenvs()?;
        let request = toll_core::suite::python(&self.python())
            .map_err(|reason| anyhow!("--python: {reason}"))?;
        let chosen = virtualenvs
            .choose_python(&request)
            .map_err(|failure| anyhow!("{failure}"))?;
        let release = EnvironmentRequest {
            label: version.to_owned(),
            requirements: vec![format!("{}=={version}", self.range.distribution)],
            server: Vec::new(),
            interpreter: chosen.interpreter,
            exclude_newer: None,
            edition: String::new(),
            prefer: Vec::new(),
            exact: false,
        };
        first_day(&virtualenvs, &release).map_err(|failure| anyhow!("{}", failure.message))
    }

    /// The Python on which all are measured.
    pub(in crate::commands) fn python(&self) -> String {
        let used = self.state.python.clone();
        used.unwrap_or_else(|| self.range.python.clone())
    }

    /// A new folder for something that is measured.
    pub(in crate::commands) fn folder(&mut self) -> std::path::PathBuf {
        loop {
            self.made += 1;
            let path = self
                .state
                .folder
                .path()
                .join("measured")
                .join(format!("{:03}", self.made));
            if !path.exists() {
                return path;
            }
        }
    }

    /// The framework that carries the layers.
    pub(in crate::commands) fn framework(&self) -> String {
        let named = self.state.held.framework.clone();
        named.unwrap_or_else(|| self.range.distribution.clone())
    }

    /// The place of a release in the range.
    pub(in crate::commands) fn place(&self, version: &str) -> usize {
        let found = self
            .range
            .versions
            .iter()
            .position(|known| known == version);
        found.unwrap_or(0)
    }

    /// The levels at which releases are counted.
    pub(in crate::commands) fn counted_levels(&self) -> Vec<u32> {
        let held = self.held(vec![Instrument::Counts]);
        let most = held.middlewares.parse().ok();
        most.map(toll_core::levels::ladder).unwrap_or_default()
    }

    /// Releases without a number, in their order.
    pub(in crate::commands) fn skipped(&self) -> Vec<Skipped> {
        self.known().filter_map(Probe::err).collect()
    }

    /// Releases with a number, in their order.
    pub(in crate::commands) fn probed(&self) -> Vec<Probed> {
        self.known().filter_map(Probe::ok).collect()
    }

    fn known(&self) -> impl Iterator<Item = Probe> {
        let versions = self.range.versions.iter();
        versions.filter_map(|version| self.state.known.get(version).cloned().map(Probe::from))
    }
}

impl From<Known> for Probe {
    fn from(known: Known) -> Self {
        match known {
            Known::Probed(probed) => Ok(probed),
            Known::Skipped(skipped) => Err(skipped),
        }
    }
}

/// Whether every cell was counted: a release that drops layers is not a cheap one.
fn is_whole(series: &toll_core::sample::MeasuredSeries) -> bool {
    let cells = series.cells(Instrument::Counts);
    series.failure.is_none() && cells.iter().all(|cell| !cell.slices.is_empty())
}

/// Why a release has no number.
fn why(series: &toll_core::sample::MeasuredSeries) -> Failure {
    let of_cells = || {
        series
            .cells(Instrument::Counts)
            .iter()
            .find_map(|cell| cell.failures.last().cloned())
    };
    series.failure.clone().or_else(of_cells).unwrap_or_else(|| {
        Failure::new(
            toll_core::failure::Stage::Measure,
            "not-measured",
            "nothing was counted",
        )
    })
}
