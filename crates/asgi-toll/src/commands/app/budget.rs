//! `--save` and `--budget`: what the layers of an application take is written down, and held against it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use toll_analysis::Precision;
use toll_analysis::audit::budget::{self, Against, Conditions, family, standing};
use toll_analysis::audit::results::AuditReport;
use toll_analysis::audit::{Asked, precision};
use toll_analysis::compare::Rules;
use toll_analysis::compare::results::Verdict;
use toll_core::budget::Budget;
use toll_core::diagnostic::Source;
use toll_core::host::Host;
use toll_core::sample::{Instrument, MeasuredRun};
use toll_core::settings::Settings;
use toll_report::audit::machine;
use toll_store::{Store, StoreError};

use super::project::Project;
use crate::cli::AppArgs;
use crate::comparing;
use crate::exit::Exit;
use crate::folder;
use crate::job::Judge;
use crate::printer::Printer;

/// Wall time for each request, where none is asked for: the rounds end it earlier, but where an application
/// is slow to import. With a budget there are more of them.
const TIME: &str = "60s";
const TIME_GUARDED: &str = "2m";

/// What is asked for beyond an audit.
pub(super) struct Guard {
    save: Option<PathBuf>,
    budget: Option<Budget>,
    rules: Rules,
}

impl Guard {
    /// Reads the budget, before anything is started.
    pub(super) fn of(args: &AppArgs) -> anyhow::Result<Self> {
        let verdict = args
            .fail_on
            .iter()
            .find(|code| Verdict::from_name(code).is_some());
        if let Some(verdict) = verdict.filter(|_| args.budget.is_none()) {
            bail!(
                "--fail-on {verdict} needs something to hold the application against: --budget FILE"
            );
        }
        let budget = args
            .budget
            .as_deref()
            .map(|file| read(file, &args.app))
            .transpose()?;
        if let Some(file) = &args.save {
            refuse_unwritable(file)?;
            let times = [Instrument::Exclusive, Instrument::Ablation];
            let named = &args.instruments;
            if !named.is_empty() && !times.iter().any(|time| named.contains(time)) {
                bail!("--save needs times: add `exclusive` to --instrument");
            }
        }
        Ok(Self {
            save: args.save.clone(),
            budget,
            rules: budget::rules(comparing::margin(&args.margin)?),
        })
    }

    /// Wall time for each request.
    pub(super) fn time<'a>(&self, args: &'a AppArgs) -> &'a str {
        let default = if self.is_asked_for() {
            TIME_GUARDED
        } else {
            TIME
        };
        args.time.as_deref().unwrap_or(default)
    }

    fn is_asked_for(&self) -> bool {
        self.save.is_some() || self.budget.is_some()
    }

    /// What is measured more than for an audit alone.
    pub(super) fn measure_more(&self, settings: &mut Settings) {
        if self.is_asked_for() {
            budget::measure_more(settings, self.save.is_some());
        }
    }

    /// The budget that the application is held against, and what is measured now.
    pub(super) fn against(&self, conditions: &Conditions) -> Option<Against> {
        Some(Against {
            budget: self.budget.clone()?,
            conditions: conditions.clone(),
            rules: self.rules.clone(),
        })
    }

    /// Who says when it is enough, if anything is to be saved or judged.
    pub(super) fn judge(
        &self,
        asked: &[Asked],
        against: Option<&Against>,
        settings: &Settings,
    ) -> Option<Arc<dyn Judge>> {
        let tolls = Tolls {
            family: against.map_or(0, |against| family(asked, against)),
            asked: asked.to_vec(),
            against: against.cloned(),
            settings: settings.clone(),
        };
        self.is_asked_for()
            .then(|| Arc::new(tolls) as Arc<dyn Judge>)
    }

    /// What is to be saved; or why nothing is. `None` where nothing was to be.
    pub(super) fn to_save(
        &self,
        run: &MeasuredRun,
        both: (&[Asked], &AuditReport),
        conditions: &Conditions,
    ) -> Option<Result<Budget, String>> {
        self.save.as_ref()?;
        Some(budget::budget(run, both, (conditions, machine(&run.host))))
    }

    /// Saves it, and says so; whether there was nothing to be saved, or it was.
    pub(super) fn save(
        &self,
        saved: Option<Result<Budget, String>>,
        printer: Printer,
    ) -> anyhow::Result<bool> {
        let (Some(file), Some(saved)) = (&self.save, saved) else {
            return Ok(true);
        };
        match saved {
            Ok(budget) => {
                folder::write(file, budget.text().as_bytes())?;
                printer.talk(format!("Budget: {}", file.display()));
                Ok(true)
            }
            Err(why) => {
                printer.warning(format!("{} is not written: {why}", file.display()));
                Ok(false)
            }
        }
    }

    /// Requests that the budget has and nobody sent.
    pub(super) fn tell_unsent(&self, report: &AuditReport, printer: Printer) {
        let requests = self.budget.iter().flat_map(|budget| &budget.requests);
        for known in requests {
            let is_sent = |sent: &&str| *sent == known.request;
            if !report
                .requests
                .iter()
                .map(|one| one.request.as_str())
                .any(|sent| is_sent(&sent))
            {
                printer.talk(format!(
                    "The budget has `{}` too, which was not sent: --request '{}'",
                    known.request, known.request
                ));
            }
        }
    }
}

/// What is measured now.
pub(super) fn conditions(project: &Project, event_loop: &str, host: &Host) -> Conditions {
    Conditions {
        python: project.environment.python_version.clone(),
        implementation: project.implementation.clone(),
        event_loop: event_loop.to_owned(),
        processor: budget::processor(host),
    }
}

fn read(file: &Path, app: &str) -> anyhow::Result<Budget> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).with_context(|| {
        format!("the budget {name} cannot be read; one is written with --save {name}")
    })?;
    let source = Source {
        file: &name,
        text: &text,
    };
    let budget = Budget::read(source)?;
    if budget.app != app {
        bail!("{name} is the budget of {}, not of {app}", budget.app);
    }
    Ok(budget)
}

/// Found out before some minutes of measuring, not after.
fn refuse_unwritable(file: &Path) -> anyhow::Result<()> {
    let folder = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!(
            "--save {}: there is no folder {}",
            file.display(),
            folder.display()
        );
    }
    if file.is_dir() {
        bail!(
            "--save {}: this is a folder; name a file in it",
            file.display()
        );
    }
    Ok(())
}

/// Enough is when every toll is decided, or known well enough to be saved.
pub(super) struct Tolls {
    asked: Vec<Asked>,
    against: Option<Against>,
    settings: Settings,
    family: usize,
}

impl Judge for Tolls {
    fn judge(
        &self,
        store: &Store,
        series: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError> {
        let measured = store.load_series(series)?;
        let mut asked = self.asked.iter();
        let asked = asked.find(|asked| [asked.variants, asked.borders].contains(&Some(series)));
        let rules = (&self.settings, self.against.as_ref());
        Ok(match asked {
            Some(asked) => standing((&measured, instrument), asked, rules, self.family),
            None => precision(&measured, None, instrument, &self.settings),
        })
    }
}

/// How an audit ends by its budget, where it ends otherwise than well: with an objection where a verdict was
/// named, and never well where what was asked about could not be told.
pub(super) fn exit_of(report: &AuditReport, fail_on: &[String]) -> Option<Exit> {
    let named: Vec<Verdict> = fail_on
        .iter()
        .filter_map(|code| Verdict::from_name(code))
        .collect();
    if named.is_empty() {
        return None;
    }
    let audits = || {
        report
            .requests
            .iter()
            .filter_map(|request| request.budget.as_ref())
    };
    let of_tolls = audits()
        .flat_map(|audit| audit.layers.iter().chain(&audit.total))
        .map(|toll| toll.verdict);
    let of_unknown = audits().filter(|audit| audit.total.is_none());
    let verdicts: Vec<Verdict> = of_tolls
        .chain(of_unknown.map(|audit| audit.verdict))
        .collect();
    let objects = |verdict: &Verdict| named.contains(verdict) && *verdict != Verdict::Inconclusive;
    let is_open = verdicts.contains(&Verdict::Inconclusive)
        || audits().all(|audit| audit.verdict == Verdict::Missing);
    if verdicts.iter().any(objects) {
        Some(Exit::Objection)
    } else {
        is_open.then_some(Exit::Inconclusive)
    }
}
