//! `asgi-toll app`: what does each middleware of *your* application cost?

mod asked;
mod budget;
mod ending;
mod judging;
mod look;
mod plan;
mod project;
mod refusal;
mod requests;
mod secrets;
mod served;
mod upgrade;
mod wishes;

use std::sync::Arc;

use anyhow::bail;
use toll_analysis::audit::results::AuditReport;
use toll_analysis::audit::{Asked, judge};
use toll_core::axes;
use toll_core::budget::Budget;
use toll_core::failure::Failure;
use toll_core::plan::{Plan, SeriesPlan};
use toll_core::sample::Instrument;
use toll_core::workload::Workload;
use toll_lab::bench::Station;

use crate::catalogue::{self, Shelf};
use crate::cli::{AppArgs, Global};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::job::{self, Order, Prepared, Question, Task, Workshop};
use crate::printer::Printer;
use crate::settings;

use budget::Guard;
use ending::{exit_of, has_number, show, write};
use judging::{Layers, side_by_side};
use plan::{Draft, Seen, UPGRADED};
use project::Project;
use upgrade::{Upgraded, upgraded};
use wishes::Wishes;

/// The name under which the catalogue is opened; there is no suite.
const SUITE: &str = "./command-line.toml";

pub(crate) fn run(args: &AppArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let wanted = requests::requests(args)?;
    let guard = Guard::of(args)?;
    let wishes = Wishes::of(args)?;
    let workshop = Workshop::open(global, None, printer.hushed())?;
    match audited(args, (&wanted, wishes, &guard), &workshop, printer) {
        // Whatever goes wrong after an interrupt goes wrong because of it.
        Err(_) if workshop.aborted() => {
            printer.talk("Interrupted before anything was measured");
            Ok(Exit::Interrupted)
        }
        ended => ended,
    }
}

/// An audit from the project to its exit code.
///
/// # Errors
/// It cannot be measured, or was stopped before there was a number.
fn audited(
    args: &AppArgs,
    (wanted, wishes, guard): (&[Workload], Wishes, &Guard),
    workshop: &Workshop,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let slowest = settings::duration(&args.slowest)?;
    let time = settings::duration(guard.time(args))?;
    let project = Project::open(args, workshop)?;
    printer.talk(format!(
        "Python {} by {}: {}",
        project.environment.python_version,
        project.found_by,
        settings::without_home(&project.environment.python.display().to_string())
    ));
    let server = served::chosen(args, &project)?;
    let event_loop = project.event_loop(args.event_loop.as_deref())?;
    let upgraded = upgraded(&args.upgrade, workshop, &project)?;
    let is_change_asked = !wishes.is_empty() || upgraded.is_some();
    let instruments = instruments(&args.instruments, is_change_asked)?;
    let audit = Audit {
        args,
        workshop,
        project: &project,
        guard,
        printer,
        draft: Draft {
            app: &args.app,
            event_loop: &event_loop,
            lifespan: &args.lifespan,
            budget_s: (time.as_secs() * wanted.len() as u64).max(1),
            is_brief: args.time.is_none() && !is_change_asked,
            instruments: &instruments,
            server,
        },
        wishes,
        upgraded,
    };
    let seen = audit.inspected(wanted, slowest)?;
    let (report, saved) = audit.measured(&seen)?;
    show(&report, args, printer)?;
    guard.tell_unsent(&report, printer);
    let is_saved = guard.save(saved, printer)?;
    Ok(match exit_of(&report, &args.fail_on, &instruments) {
        Exit::Done if !is_saved => Exit::SomeFailed,
        exit => exit,
    })
}

/// How it is measured. A change is a question about the whole, which the borders know nothing of.
fn instruments(named: &[Instrument], is_change_asked: bool) -> anyhow::Result<Vec<Instrument>> {
    let of_whole = [Instrument::Counts, Instrument::Ablation];
    let is_of_whole = |instrument| of_whole.contains(instrument);
    if is_change_asked && !named.is_empty() && !named.iter().any(is_of_whole) {
        bail!("a change is measured by counts and ablation: name one of them with --instrument");
    }
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let usual = [
        Instrument::Counts,
        Instrument::Exclusive,
        Instrument::Ablation,
    ];
    let is_used =
        |instrument: &Instrument| !(is_change_asked && *instrument == Instrument::Exclusive);
    Ok(usual.into_iter().filter(is_used).collect())
}

/// What came of an audit, and the budget that is to be saved, or why none is.
type Told = (AuditReport, Option<Result<Budget, String>>);

/// What an audit is made with.
struct Audit<'a> {
    args: &'a AppArgs,
    wishes: Wishes,
    /// Another environment to be compared with the project's.
    upgraded: Option<Upgraded>,
    workshop: &'a Workshop,
    project: &'a Project,
    guard: &'a Guard,
    printer: Printer,
    draft: Draft<'a>,
}

impl Audit<'_> {
    /// Measures what was seen, and says what is to be saved of it.
    ///
    /// # Errors
    /// It was stopped before there was anything, or a file cannot be written.
    fn measured(&self, seen: &[Seen]) -> anyhow::Result<Told> {
        self.refuse_interrupted()?;
        let requests: Vec<Workload> = seen.iter().map(|one| one.request.clone()).collect();
        let mut plan = self.draft.to_measure(seen);
        self.guard.measure_more(&mut plan.settings);
        let scratch = tempfile::tempdir()?;
        // The record and what the application writes may hold secrets: only reports are kept.
        let order = Order {
            out: Some(scratch.path().join("audit")),
            ..self.order(plan, &requests)?
        };
        let (mut task, prepared) = self.prepared(order)?;
        let asked: Vec<Asked> = seen
            .iter()
            .map(|seen| self.asked(&task.plan, seen))
            .collect();
        let conditions = budget::conditions(self.project, self.draft.event_loop, prepared.host());
        let against = self.guard.against(&conditions);
        let settings = task.plan.settings.clone();
        let guarding = self.guard.judge(&asked, against.as_ref(), &settings);
        let pairs = judging::pairs(&asked);
        let layers = || Layers {
            settings: settings.clone(),
            pairs: pairs.clone(),
        };
        let judge = guarding.unwrap_or_else(|| Arc::new(layers()));
        let together = |stations: Vec<Station>| side_by_side(stations, &pairs);
        let printer = self.printer.muted();
        let measured = job::measure(&mut task, &prepared, &together, judge, printer)?;
        let mut report = self.hidden(self::judge(&measured.run, &self.args.app, &asked));
        if let Some(against) = &against {
            toll_analysis::audit::budget::judge(&measured.run, &asked, &mut report, against);
        }
        if !report.requests.iter().any(has_number) {
            self.refuse_interrupted()?;
        }
        if let Some(out) = &self.args.out {
            write(&Folder::for_reports(out)?, &report)?;
        }
        let saved = self
            .guard
            .to_save(&measured.run, (&asked, &report), &conditions);
        Ok((report, saved))
    }

    fn refuse_interrupted(&self) -> anyhow::Result<()> {
        if self.workshop.aborted() {
            bail!("interrupted");
        }
        Ok(())
    }

    fn order(&self, plan: Plan, requests: &[Workload]) -> anyhow::Result<Order> {
        let mut shelf: Shelf = catalogue::shelf(SUITE)?;
        self.draft.shelve(&mut shelf, requests);
        Ok(Order {
            plan,
            suite: SUITE.to_owned(),
            shelf,
            question: Question::default(),
            out: None,
            seed: self.args.seed,
        })
    }

    fn prepared(&self, order: Order) -> anyhow::Result<(Task, Prepared)> {
        let task = Task::new(order)?;
        let environment = |series: &SeriesPlan| match &self.upgraded {
            Some(other) if series.axes.get(axes::KIND) == UPGRADED => other.environment.clone(),
            _ => self.project.environment.clone(),
        };
        let environments = task.plan.series.iter().map(environment).collect();
        let home = self.project.home.clone();
        let prepared = Prepared::for_project(self.workshop, environments, home);
        Ok((task, prepared))
    }

    /// Why an application cannot be measured.
    fn refused(&self, request: &str, failure: &Failure) -> anyhow::Error {
        refusal::refused(request, &self.project.secrets.hidden_in(failure))
    }

    fn hidden(&self, mut report: AuditReport) -> AuditReport {
        let secrets = &self.project.secrets;
        for request in &mut report.requests {
            let of_load = request.load.as_mut().map(|load| &mut load.error);
            let of_layers = request.layers.iter_mut().map(|layer| &mut layer.error);
            let of_change = request.what_if.as_mut().map(|asked| &mut asked.error);
            let errors = std::iter::once(&mut request.error)
                .chain(of_load)
                .chain(of_change);
            for error in errors.chain(of_layers).flatten() {
                *error = secrets.hidden_in(error);
            }
        }
        report
    }
}
